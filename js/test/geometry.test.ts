import assert from "node:assert/strict";
import { test } from "node:test";
import {
  barLayout,
  cellAt,
  fitBox,
  gridHeight,
  gridLayout,
  gridWidth,
  slotAt,
  slotByKey,
  slotRect,
} from "../src/lib/geometry";

const LIMITS = { gap: 2, smallest: 14, largest: 200 };

test("a grid stays inside its box, at any width and number of channels", () => {
  for (const count of [1, 3, 10, 64, 96, 512, 2048]) {
    for (const width of [360, 500, 777, 1500, 3000]) {
      const grid = gridLayout(count, 14, 14, width, 620, LIMITS);
      assert.ok(gridWidth(grid) <= width, `${count} in ${width}`);
      assert.ok(grid.columns * grid.lines >= count);
      assert.ok(grid.columns * (grid.lines - 1) < count, "no empty line");
      assert.ok(grid.tileWidth >= 14 && grid.tileWidth <= 200);
      if (grid.tileWidth > 14) assert.ok(gridHeight(grid) <= 620);
    }
  }
});

test("64 channels make whole lines of eight in a square box", () => {
  const grid = gridLayout(64, 20, 20, 500, 500, LIMITS);
  assert.deepEqual([grid.columns, grid.lines], [8, 8]);
  assert.equal(grid.tileWidth, 60, "three times the map, the whole multiple just below 60.75");
});

test("no layout of the same channels gives clearly larger tiles", () => {
  const grid = gridLayout(30, 7, 7, 700, 400, LIMITS);
  for (let side = Math.ceil(grid.tileWidth / 0.75); side <= 200; side++) {
    const columns = Math.floor((700 + 2) / (side + 2));
    const lines = Math.floor((400 + 2) / (side + 2));
    assert.ok(columns * lines < 30, `30 tiles of ${side} would fit`);
  }
});

test("maps that are not square keep their shape", () => {
  const wide = gridLayout(16, 20, 40, 800, 600, LIMITS);
  assert.equal(wide.tileWidth, 2 * wide.tileHeight);
  const line = gridLayout(16, 1, 128, 800, 600, LIMITS);
  assert.ok(line.tileHeight >= 14, "a map of one row is a band that can be seen");
});

test("every point of a tile, and no point outside the grid, hits its slot", () => {
  const grid = gridLayout(10, 8, 8, 300, 300, LIMITS);
  for (let slot = 0; slot < 10; slot++) {
    const { x, y, width, height } = slotRect(grid, slot);
    assert.equal(slotAt(grid, x, y), slot);
    assert.equal(slotAt(grid, x + width - 1, y + height - 1), slot);
  }
  assert.equal(slotAt(grid, -1, 5), -1);
  assert.equal(slotAt(grid, 5, 5000), -1);
  const { x, y } = slotRect(grid, grid.columns * grid.lines - 1);
  if (grid.columns * grid.lines > 10) assert.equal(slotAt(grid, x, y), -1);
});

test("arrow keys walk the grid and stop at its ends", () => {
  const grid = { ...gridLayout(10, 8, 8, 300, 300, LIMITS), columns: 4, lines: 3 };
  assert.equal(slotByKey(grid, 1, "ArrowRight"), 2);
  assert.equal(slotByKey(grid, 0, "ArrowLeft"), 0);
  assert.equal(slotByKey(grid, 1, "ArrowDown"), 5);
  assert.equal(slotByKey(grid, 7, "ArrowDown"), 7, "there is no tile below");
  assert.equal(slotByKey(grid, 1, "ArrowUp"), 1);
  assert.equal(slotByKey(grid, 3, "End"), 9);
  assert.equal(slotByKey(grid, 3, "a"), null);
});

test("bars stay inside their box and break into lines when there are many", () => {
  const few = barLayout(10, 600, 400, 1);
  assert.equal(few.lines, 1);
  const many = barLayout(4096, 600, 400, 2);
  assert.ok(gridWidth(many) <= 600);
  assert.ok(many.lines > 1 && many.columns * many.lines >= 4096);
});

test("a point on a map gives its cell, and none beside it", () => {
  assert.deepEqual(cellAt(10, 20, 200, 100, 0, 0), [0, 0]);
  assert.deepEqual(cellAt(10, 20, 200, 100, 199, 99), [9, 19]);
  assert.equal(cellAt(10, 20, 200, 100, 200, 50), null);
  assert.equal(cellAt(10, 20, 200, 100, 5, -1), null);
});

test("a picture fits its box at its own shape", () => {
  assert.deepEqual(fitBox(2, 100, 100), [100, 50]);
  assert.deepEqual(fitBox(0.5, 100, 100), [50, 100]);
});
