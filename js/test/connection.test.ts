import assert from "node:assert/strict";
import { test } from "node:test";
import { followConnection } from "../src/lib/connection";
import type { State } from "../src/lib/model";

/** A model whose kernel goes away when the test says so. */
class Model {
  readonly told: State[] = []; // the state at each loss that was told of
  private readonly controller = new AbortController();
  private readonly handlers = new Set<() => void>();

  constructor(public state: State) {
    followConnection(this as never, () => this.told.push(this.state), this.controller.signal);
  }

  get(): State {
    return this.state;
  }

  set(_name: string, state: State): void {
    this.state = state;
  }

  on(name: string, run: () => void): void {
    assert.equal(name, "comm_live_update");
    this.handlers.add(run);
  }

  off(_name: string, run: () => void): void {
    this.handlers.delete(run);
  }

  lose(): void {
    for (const run of this.handlers) run();
  }

  close(): void {
    this.controller.abort();
  }
}

test("what ran does not run without a kernel", () => {
  for (const state of ["running", "paused"] as const) {
    const model = new Model(state);
    model.lose();
    assert.equal(model.state, "idle");
    assert.deepEqual(model.told, ["idle"]);
  }
});

test("what had come to rest stays as it is", () => {
  for (const state of ["idle", "done", "error"] as const) {
    const model = new Model(state);
    model.lose();
    assert.deepEqual(model.told, [state]);
  }
});

test("a closed view follows nothing", () => {
  const model = new Model("running");
  model.close();
  model.lose();
  assert.equal(model.state, "running");
  assert.deepEqual(model.told, []);
});
