import assert from "node:assert/strict";
import { test } from "node:test";
import { followConnection } from "../src/lib/connection";
import type { State } from "../src/lib/model";

/** A model and its view's element in a page that marks what has no kernel. */
class Page {
  state: State;
  connected = true;
  readonly said: boolean[] = [];
  private readonly controller = new AbortController();
  private readonly handlers = new Set<() => void>();

  constructor(state: State, connected = true) {
    this.state = state;
    this.connected = connected;
    const model = {
      get: () => this.state,
      set: (_name: string, value: State) => (this.state = value),
      on: (name: string, run: () => void) => {
        assert.equal(name, "comm_live_update");
        this.handlers.add(run);
      },
      off: (_name: string, run: () => void) => this.handlers.delete(run),
    };
    const element = { closest: () => (this.connected ? null : {}) };
    const said = (connected: boolean) => this.said.push(connected);
    followConnection(model as never, element as never, said, this.controller.signal);
  }

  connect(connected: boolean) {
    this.connected = connected;
    for (const run of this.handlers) run();
  }

  close() {
    this.controller.abort();
  }
}

test("what ran does not run without a kernel", () => {
  for (const state of ["running", "paused"] as const) {
    const page = new Page(state);
    assert.equal(page.state, state);
    page.connect(false);
    assert.equal(page.state, "idle");
    assert.deepEqual(page.said, [false]);
  }
});

test("what had come to rest stays as it is", () => {
  for (const state of ["idle", "done", "error"] as const) {
    const page = new Page(state);
    page.connect(false);
    page.connect(true);
    assert.equal(page.state, state);
    assert.deepEqual(page.said, [false, true]);
  }
});

test("a page opened without a kernel is quiet about it, and shows nothing as running", () => {
  const page = new Page("running", false);
  assert.equal(page.state, "idle");
  assert.deepEqual(page.said, []);
});

test("a closed view follows nothing", () => {
  const page = new Page("running");
  page.close();
  page.connect(false);
  assert.equal(page.state, "running");
});
