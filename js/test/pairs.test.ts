import assert from "node:assert/strict";
import { test } from "node:test";
import type { Picture } from "../src/lib/canvas";
import {
  columnsFor,
  commonSize,
  type DeconvolutionFrame,
  placed,
  readPairs,
  type UnitInfo,
} from "../src/deconvolution/pairs";

function unit(...box: UnitInfo["box"]): UnitInfo {
  return { row: 0, column: 0, activation: 1, box };
}

/** Bytes that count up, at an odd place of a larger buffer. */
function counting(length: number, from: number): DataView {
  const bytes = Uint8Array.from({ length: length + 1 }, (_, k) => from + k - 1);
  return new DataView(bytes.buffer, 1);
}

const FRAME: DeconvolutionFrame = {
  number: 1,
  show: "image",
  layer: "relu",
  channel: 0,
  units: [unit(0, 0, 1, 2), unit(4, 4, 6, 5)],
  patches: counting(12, 0),
  reconstructions: counting(12, 100),
  notes: [],
};

/** The red of every pixel, and -1 where there is none. */
function reds({ rgba }: Picture): number[] {
  return Array.from({ length: rgba.length / 4 }, (_, k) => (rgba[4 * k + 3] ? rgba[4 * k] : -1));
}

test("pictures of different sizes are read one after the other", () => {
  const [first, second] = readPairs(FRAME);
  assert.deepEqual([first.patch.width, first.patch.height], [2, 1]);
  assert.deepEqual(reds(first.patch), [0, 3]);
  assert.deepEqual(reds(first.reconstruction), [100, 103]);
  assert.deepEqual([second.patch.width, second.patch.height], [1, 2]);
  assert.deepEqual(reds(second.reconstruction), [106, 109]);
  assert.equal(first.source, null);
});

test("in a search each has the number of its picture", () => {
  const pairs = readPairs({ ...FRAME, show: "top", pictures: [7, 3] });
  assert.deepEqual(pairs.map(({ source }) => source), [7, 3]);
});

test("no pair is no trouble", () => {
  const none = { ...FRAME, units: [], patches: counting(0, 0), reconstructions: counting(0, 0) };
  assert.deepEqual(readPairs(none), []);
  assert.deepEqual(commonSize([]), [1, 1]);
});

test("a patch that was cut off lies where its field was in the image", () => {
  const pairs = readPairs(FRAME);
  const size = commonSize(pairs);
  assert.deepEqual(size, [2, 2]);
  // Begins with the image's top, so its field went on above; the other one ended at the right.
  assert.deepEqual(reds(placed(pairs[0].patch, pairs[0].unit, size)), [-1, -1, 0, 3]);
  assert.deepEqual(reds(placed(pairs[1].patch, pairs[1].unit, size)), [6, -1, 9, -1]);
});

test("a patch of the common size stays as it is", () => {
  const [pair] = readPairs(FRAME);
  assert.equal(placed(pair.patch, pair.unit, [2, 1]), pair.patch);
});

test("pairs stand in three columns at most", () => {
  assert.deepEqual([0, 1, 2, 4, 5, 9].map(columnsFor), [1, 1, 2, 2, 3, 3]);
});
