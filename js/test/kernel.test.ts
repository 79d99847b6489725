import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";
import { Kernel } from "../src/lib/kernel";
import { Saver } from "../src/lib/model";

/** A model that keeps what is sent, and whose kernel answers when the test says so. */
class Model {
  sent: unknown[] = [];
  saves = 0;
  closed = false;
  state = "idle";
  handlers = new Map<string, Set<() => void>>();
  on(name: string, run: () => void) {
    this.handlers.set(name, (this.handlers.get(name) ?? new Set()).add(run));
  }
  off(name: string, run: () => void) {
    this.handlers.get(name)?.delete(run);
  }
  send(message: unknown) {
    if (this.closed) throw new Error("Cannot send");
    this.sent.push(message);
  }
  get(name: string) {
    return { state: this.state, layer: "conv2", channel: 5 }[name];
  }
  save_changes() {
    this.saves++;
  }
  answer(name: string) {
    for (const run of this.handlers.get(name) ?? []) run();
  }
}

function makeKernel(patience: number) {
  const controller = new AbortController();
  const model = new Model();
  const said: boolean[] = [];
  const saver = new Saver(model, controller.signal, 1);
  const silent = (overdue: boolean) => said.push(overdue);
  const kernel = new Kernel(model as never, saver, silent, controller.signal, patience);
  return { controller, model, said, kernel };
}

test("an answer that is overdue is told, and taken back when it comes", async () => {
  const { model, said, kernel } = makeKernel(5);
  kernel.ask({ type: "command" });
  assert.deepEqual(model.sent, [{ type: "command" }]);
  await sleep(30);
  assert.deepEqual(said, [true]);
  model.answer("change:frame");
  assert.deepEqual(said, [true, false]);
});

test("who gets no answer asks whether anyone is there before saying that no one is", async () => {
  const { model, said, kernel } = makeKernel(60);
  kernel.askBySaving(); // of what was changed back: there is nothing to answer
  await sleep(45);
  assert.deepEqual(model.sent, [{ type: "ping" }]);
  model.answer("msg:custom"); // the pong
  await sleep(80);
  assert.ok(!said.includes(true));
});

test("an order says what it is about, and goes after the change of it", () => {
  const { model, kernel } = makeKernel(1000);
  kernel.order({ type: "edit", kind: "mute" }, "layer", "channel");
  assert.equal(model.saves, 1);
  assert.deepEqual(model.sent, [{ type: "edit", kind: "mute", chosen: { layer: "conv2", channel: 5 } }]);
});

test("nothing is said when the answer comes in time", async () => {
  const { model, said, kernel } = makeKernel(40);
  kernel.askBySaving();
  assert.equal(model.saves, 1);
  model.answer("msg:custom");
  await sleep(80);
  assert.ok(!said.includes(true));
});

test("a closed connection is told at once and breaks nothing", () => {
  const { model, said, kernel } = makeKernel(1000);
  model.closed = true;
  kernel.send({ type: "painted", number: 1 });
  assert.deepEqual(said, [true]);
});

test("a closed view waits for nothing and listens to nothing", async () => {
  const { controller, model, said, kernel } = makeKernel(5);
  kernel.ask({ type: "command" });
  controller.abort();
  await sleep(30);
  assert.deepEqual(said, []);
  for (const handlers of model.handlers.values()) assert.equal(handlers.size, 0);
});

test("a job that falls silent is asked after, and its silence is told", async () => {
  const { model, said, controller } = makeKernel(10);
  model.state = "running";
  model.answer("change:state");
  await sleep(15);
  assert.deepEqual(model.sent, [{ type: "ping" }]);
  model.answer("msg:custom"); // the pong
  assert.ok(!said.includes(true));
  await sleep(60);
  assert.equal(model.sent.length, 2);
  assert.equal(said.at(-1), true);
  controller.abort();
});

test("a job that is heard of is not asked", async () => {
  const { model, said, controller } = makeKernel(40);
  model.state = "running";
  for (let frame = 0; frame < 8; frame++) {
    model.answer("msg:custom");
    await sleep(10);
  }
  model.state = "done";
  model.answer("change:state");
  await sleep(60);
  assert.deepEqual(model.sent, []);
  assert.ok(!said.includes(true));
  controller.abort();
});
