import assert from "node:assert/strict";
import { test } from "node:test";
import { type Course, extent, largestAt, rowOrder } from "../src/lib/course";
import { decidedAt, seenBy } from "../src/hidden-states/frame";
import { envelope, narrowed, wavFile } from "../src/lib/wave";

/** Two rows over four steps: the first leads at step 1 only. */
const COURSE: Course = {
  steps: 4,
  rows: 2,
  values: new Float32Array([0.1, 0.9, 0.6, 0.4, 0.3, 0.7, 0.2, 0.8]),
};

test("the largest row of a step, and from where on it stays", () => {
  assert.deepEqual([0, 1, 2, 3].map((step) => largestAt(COURSE, step)), [1, 0, 1, 1]);
  assert.equal(decidedAt(COURSE, false), 2);
  assert.equal(decidedAt(COURSE, true), 0); // read from its end, it changes at the last moment
  assert.equal(largestAt({ steps: 1, rows: 1, values: new Float32Array([NaN]) }, 0), -1);
});

test("a wave in fewer columns keeps its ends, in more it repeats them", () => {
  const bounds = new Float32Array([-0.5, 0.25, -0.75, 0.125, -0.25, 1, 0, 0.5]);
  assert.deepEqual([...narrowed(bounds, 2)], [-0.75, 0.25, -0.25, 1]);
  const lows = [...narrowed(bounds, 8)].filter((_, k) => k % 2 === 0);
  assert.deepEqual(lows, [-0.5, -0.5, -0.75, -0.75, -0.25, -0.25, 0, 0]);
});

test("rows by number and by strength", () => {
  assert.deepEqual(rowOrder(COURSE, "index"), [0, 1]);
  assert.deepEqual(rowOrder(COURSE, "strongest"), [1, 0]);
});

test("the range leaves out what is no number", () => {
  assert.deepEqual(extent([NaN, 2, -1, Infinity]), [-1, 2]);
  assert.deepEqual(extent([]), [0, 0]);
});

test("what a step sees is cut to the input", () => {
  assert.deepEqual(seenBy([0, 0, 1, 1], 5, 28), [5, 6]);
  assert.deepEqual(seenBy([0, -1, 2, 4], 0, 18), [0, 3]);
  assert.deepEqual(seenBy([0, -1, 2, 4], 8, 18), [15, 18]);
});

test("a WAV file holds the samples", async () => {
  const bytes = new DataView(await wavFile(new Float32Array([0, 1, -1, 2, NaN]), 8000).arrayBuffer());
  const text = (at: number) => String.fromCharCode(...[0, 1, 2, 3].map((k) => bytes.getUint8(at + k)));
  assert.deepEqual([text(0), text(8), text(36)], ["RIFF", "WAVE", "data"]);
  assert.equal(bytes.byteLength, 54);
  assert.equal(bytes.getUint32(24, true), 8000);
  assert.equal(bytes.getUint32(40, true), 10);
  const samples = [0, 1, 2, 3, 4].map((k) => bytes.getInt16(44 + 2 * k, true));
  assert.deepEqual(samples, [0, 32767, -32767, 32767, 0]);
});

test("an envelope keeps every peak", () => {
  const samples = new Float32Array(1000);
  samples[501] = 0.5;
  samples[502] = -0.25;
  const bounds = envelope(samples, 10);
  assert.deepEqual([...bounds].slice(10, 12), [-0.25, 0.5]);
  assert.deepEqual([...envelope(new Float32Array([0.5, -0.5]), 4)], [0.5, 0.5, 0.5, 0.5, -0.5, -0.5, -0.5, -0.5]);
});
