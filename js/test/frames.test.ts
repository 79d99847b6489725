import assert from "node:assert/strict";
import { test } from "node:test";
import { joinBuffers, Painter, readTraits, receiveFrames } from "../src/lib/frames";
import { FakeModel } from "../dev/fake-model";

/** A screen whose refreshes the test decides. */
class Screen {
  waiting: (() => void)[] = [];
  schedule = (run: () => void) => {
    this.waiting.push(run);
    return () => {
      this.waiting = this.waiting.filter((other) => other !== run);
    };
  };
  refresh(): void {
    const due = this.waiting;
    this.waiting = [];
    for (const run of due) run();
  }
}

function makePainter(paint = () => {}) {
  const screen = new Screen();
  const log: (string | number)[] = [];
  const painter = new Painter(
    () => {
      paint();
      log.push("paint");
    },
    (number) => log.push(number),
    screen.schedule,
  );
  return { screen, log, painter };
}

test("of the frames between two refreshes the newest is painted, then acknowledged", () => {
  const { screen, log, painter } = makePainter();
  painter.request(1);
  painter.request(2);
  painter.request(3);
  assert.deepEqual(log, [], "nothing is painted before the refresh");
  screen.refresh();
  assert.deepEqual(log, ["paint", 3]);
  screen.refresh();
  assert.deepEqual(log, ["paint", 3], "and nothing twice");
});

test("a repaint without a frame acknowledges nothing", () => {
  const { screen, log, painter } = makePainter();
  painter.request();
  screen.refresh();
  assert.deepEqual(log, ["paint"]);
});

test("a frame is acknowledged even when a plain repaint was asked for after it", () => {
  const { screen, log, painter } = makePainter();
  painter.request(7);
  painter.request();
  screen.refresh();
  assert.deepEqual(log, ["paint", 7]);
});

test("the person's own act is painted at once, and only once", () => {
  const { screen, log, painter } = makePainter();
  painter.flush();
  assert.deepEqual(log, [], "nothing was asked for");
  painter.request(4);
  painter.flush();
  assert.deepEqual(log, ["paint", 4]);
  screen.refresh();
  assert.deepEqual(log, ["paint", 4]);
});

test("a frame that cannot be painted is acknowledged, and the next one is painted", () => {
  let broken = true;
  const { screen, log, painter } = makePainter(() => {
    if (broken) throw new Error("no");
  });
  painter.request(1);
  assert.throws(() => screen.refresh());
  broken = false;
  painter.request(2);
  screen.refresh();
  assert.deepEqual(log, [1, "paint", 2]);
});

test("a closed view neither paints nor answers", () => {
  const { screen, log, painter } = makePainter();
  painter.request(1);
  painter.dispose();
  painter.request(2);
  painter.flush();
  screen.refresh();
  assert.deepEqual(log, []);
});

test("buffers go back to the keys that they are named for", () => {
  const [pixels, scores] = [new DataView(new ArrayBuffer(3)), new DataView(new ArrayBuffer(8))];
  const message = { type: "frame", buffers: ["pixels", "scores"], number: 9, step: 4 };
  const frame = joinBuffers<Record<string, unknown>>(message, [pixels, scores]);
  assert.equal(frame.number, 9);
  assert.equal(frame.pixels, pixels);
  assert.equal(frame.scores, scores);
});

/** As much of a model as receiving frames needs. */
class Kernel {
  handlers = new Map<string, Set<(...values: any[]) => void>>();
  frame: { number: number } | null = null;
  get = () => this.frame;
  on(name: string, run: () => void) {
    this.handlers.set(name, (this.handlers.get(name) ?? new Set()).add(run));
  }
  off(name: string, run: () => void) {
    this.handlers.get(name)?.delete(run);
  }
  emit(name: string, ...values: unknown[]) {
    for (const run of this.handlers.get(name) ?? []) run(...values);
  }
}

test("frames come from the trait as it is, from its changes and from messages", () => {
  const kernel = new Kernel();
  const seen: number[] = [];
  const controller = new AbortController();
  kernel.frame = { number: 5 };
  receiveFrames(kernel as never, (frame) => seen.push(frame.number), controller.signal);
  kernel.emit("msg:custom", { type: "frame", number: 6, buffers: [] }, []);
  kernel.emit("msg:custom", { type: "other", number: 99 }, []);
  kernel.frame = { number: 7 };
  kernel.emit("change:frame");
  kernel.frame = null;
  kernel.emit("change:frame");
  assert.deepEqual(seen, [5, 6, 7]);

  controller.abort();
  for (const handlers of kernel.handlers.values()) assert.equal(handlers.size, 0);
});

test("traits that came with a frame stay as they were", () => {
  const model = new FakeModel({ picture: "first", layers: ["conv1"], state: "done" }).asModel();
  const given = readTraits<Record<string, unknown>, string>(model, "picture", "layers");
  model.set("picture", "second");
  assert.deepEqual(given, { picture: "first", layers: ["conv1"] });
});
