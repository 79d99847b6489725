import assert from "node:assert/strict";
import { test } from "node:test";
import { type AscentFrame, Run } from "../src/gradient-ascent/run";

function frame(step: number, more: Partial<AscentFrame> = {}): AscentFrame {
  const pixels = new DataView(Uint8Array.of(step % 256, 1, 2, 3, 4, 5).buffer);
  return {
    number: step + 1,
    run: 1,
    step,
    score: step / 10,
    width: 2,
    height: 1,
    pixels,
    steps: 100,
    ...more,
  };
}

function bytes(array: Float32Array | Int32Array): DataView {
  return new DataView(array.buffer);
}

test("a picture's RGB becomes opaque RGBA", () => {
  const run = new Run(1, 8);
  run.add(frame(7));
  assert.deepEqual([...run.moment(7)!.pictures[0].rgba], [7, 1, 2, 255, 3, 4, 5, 255]);
});

test("skipped frames leave holes in the curve, which a settled frame fills", () => {
  const run = new Run(1, 8);
  run.add(frame(0));
  run.add(frame(4));
  assert.deepEqual(run.curve(), [
    [0, 0],
    [4, 0.4],
  ]);
  assert.equal(run.score(3), 0.4);
  run.add(frame(4, { scores: bytes(Float32Array.of(0, 0.5, 1, 1.5, 2)), score: 2 }));
  assert.deepEqual(run.curve(), [
    [0, 0],
    [1, 0.5],
    [2, 1],
    [3, 1.5],
    [4, 2],
  ]);
  assert.equal(run.newest, 4);
});

test("a score that is no number is left out of the curve", () => {
  const run = new Run(1, 8);
  run.add(frame(0));
  run.add(frame(1, { score: NaN }));
  assert.deepEqual(run.curve(), [[0, 0]]);
});

test("the slider can stop at what the page has and at what the kernel has", () => {
  const run = new Run(1, 8);
  run.add(frame(40, { kept: bytes(Int32Array.of(0, 10, 20, 30, 40)) }));
  assert.equal(run.available(12), 10);
  assert.equal(run.moment(10), undefined);
  assert.equal(run.available(38), 40);
});

test("an answer adds a picture, and says nothing about the run's progress", () => {
  const run = new Run(1, 8);
  run.add(frame(40, { kept: bytes(Int32Array.of(0, 10, 20, 30, 40)) }));
  run.replay(frame(10), 10);
  assert.ok(run.moment(10));
  assert.equal(run.newest, 40);
  assert.deepEqual(run.curve(), [[40, 4]]);
});

test("a step that the kernel has dropped meanwhile is not asked for again", () => {
  const run = new Run(1, 8);
  run.add(frame(40, { kept: bytes(Int32Array.of(0, 10, 20, 30, 40)) }));
  run.replay(frame(0), 10);
  assert.notEqual(run.available(10), 10);
  assert.equal(run.available(4), 0);
  assert.ok(run.moment(0));
});

test("the pictures of a long run stay within the memory for them", () => {
  const run = new Run(1, 1_000_000); // 48 of these fit
  for (let step = 0; step < 1000; step++) run.add(frame(step));
  const held = Array.from({ length: 1000 }, (_, step) => run.moment(step)).filter(Boolean);
  assert.ok(held.length <= 49 && held.length >= 20, `${held.length} pictures`);
});

test("several pictures of a step are told apart", () => {
  const run = new Run(1, 16);
  const pixels = new DataView(Uint8Array.from({ length: 12 }, (_, at) => at).buffer);
  const tiles = [0, 1].map((channel) => ({ label: `conv1:${channel}`, layer: "conv1", channel }));
  run.add(frame(3, { pixels, tiles, each: [0.5, 0.1] }));
  const moment = run.moment(3)!;
  assert.deepEqual(
    moment.pictures.map(({ rgba }) => [...rgba]),
    [
      [0, 1, 2, 255, 3, 4, 5, 255],
      [6, 7, 8, 255, 9, 10, 11, 255],
    ],
  );
  assert.deepEqual(moment.each, [0.5, 0.1]);
  assert.deepEqual(run.tiles, tiles);
});

test("a frame of an older kernel holds one picture", () => {
  const run = new Run(1, 8);
  run.add(frame(0, { objective: "conv3:5" }));
  assert.equal(run.moment(0)!.pictures.length, 1);
  assert.deepEqual(run.tiles, [{ label: "conv3:5", layer: null, channel: null }]);
});
