import assert from "node:assert/strict";
import { test } from "node:test";
import { cellSeeing, receptiveRect } from "../src/lib/receptive";

// Two 3x3 convolutions with padding 1, the second with stride 2: a 5x5 window every 2 pixels.
const FIELD = {
  size: [5, 5] as [number, number],
  stride: [2, 2] as [number, number],
  start: [-2, -2] as [number, number],
};

test("a cell in the middle sees its whole window", () => {
  assert.deepEqual(receptiveRect(FIELD, [3, 5], 28, 28), { x: 8, y: 4, width: 5, height: 5 });
});

test("a window is clipped at the edges of the picture", () => {
  assert.deepEqual(receptiveRect(FIELD, [0, 0], 28, 28), { x: 0, y: 0, width: 3, height: 3 });
  assert.deepEqual(receptiveRect(FIELD, [13, 13], 27, 26), { x: 24, y: 24, width: 3, height: 2 });
});

test("a cell beyond the picture sees nothing", () => {
  const { width, height } = receptiveRect(FIELD, [40, 40], 28, 28);
  assert.deepEqual([width, height], [0, 0]);
});

test("rows and columns are kept apart", () => {
  const tall = { size: [9, 1], stride: [4, 1], start: [0, 0] } as typeof FIELD;
  assert.deepEqual(receptiveRect(tall, [1, 7], 30, 20), { x: 7, y: 4, width: 1, height: 9 });
});

test("without a receptive field, or with one that covers all, it is the whole picture", () => {
  const whole = { x: 0, y: 0, width: 40, height: 30 };
  assert.deepEqual(receptiveRect(null, [0, 0], 40, 30), whole);
  const huge = { size: [500, 500], stride: [32, 32], start: [-240, -240] } as typeof FIELD;
  assert.deepEqual(receptiveRect(huge, [0, 0], 40, 30), whole);
});

test("the cell that sees a point in its middle is found again", () => {
  for (const cell of [[0, 0], [3, 5], [12, 13]] as [number, number][]) {
    const [row, col] = cell;
    const [y, x] = [-2 + 2 * row + 2.5, -2 + 2 * col + 2.5];
    assert.deepEqual(cellSeeing(FIELD, 14, 14, x, y), cell);
  }
});

test("a point past the last middle goes to the last cell", () => {
  assert.deepEqual(cellSeeing(FIELD, 14, 12, 28, 28), [13, 11]);
  assert.deepEqual(cellSeeing(FIELD, 14, 12, 0, 0), [0, 0]);
});
