import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AtlasFrame,
  cellByKey,
  cellOf,
  cellWords,
  isReading,
  progressWords,
  readAtlas,
  shareOf,
} from "../src/activation-atlas/atlas";
import { cellRect, moved, placeAt, showing, WHOLE, zoomed } from "../src/activation-atlas/camera";

const cells = [
  [1, 1, 9],
  [0, 1, 4],
  [1, 3, 1],
];

function frame(more: Partial<AtlasFrame> = {}): AtlasFrame {
  return {
    number: 1,
    run: 1,
    layer: "relu_4",
    layout: "pca",
    grid: 4,
    side: 1,
    values: 14,
    places: new DataView(Float32Array.of(0.4, 0.4, 0.9, 1).buffer),
    cells: new DataView(Int32Array.from(cells.flat()).buffer),
    votes: [[["cat", 1.5], ["moon", 0.25]], [], [["rocket", 0.5]]],
    painted: 1,
    notes: [],
    pixels: new DataView(Uint8Array.of(1, 2, 3, 4, 5, 6).buffer),
    ...more,
  };
}

test("cells come with their pictures, as far as there are any", () => {
  const atlas = readAtlas(frame());
  assert.deepEqual(atlas.cells.map(({ row, column, count }) => [row, column, count]), cells);
  assert.deepEqual([...atlas.cells[1].picture!.rgba], [4, 5, 6, 255]);
  assert.equal(atlas.cells[2].picture, null);
  assert.deepEqual(atlas.cells.map(({ done }) => done), [true, false, false]);
  assert.equal(progressWords(atlas), "14 activations in 3 cells, 1 painted");
  assert.equal(progressWords(readAtlas(frame({ painted: 3 }))), "14 activations in 3 cells");
});

test("a cell is told in words", () => {
  const [first, second] = readAtlas(frame()).cells;
  assert.equal(
    cellWords(first),
    "Cell at row 1, column 1: 9 activations, votes for cat 1.50, moon 0.250",
  );
  assert.equal(cellWords(second), "Cell at row 0, column 1: 4 activations, votes for no class");
});

test("reading comes before painting", () => {
  assert.ok(isReading({ number: 1, layer: "relu", read: 3, of: 9 }));
  assert.ok(!isReading(frame()));
});

test("arrow keys go to the nearest cell on their side", () => {
  const atlas = readAtlas(frame());
  const [middle, above, right] = atlas.cells;
  assert.equal(cellByKey(atlas, middle, "ArrowUp"), above);
  assert.equal(cellByKey(atlas, middle, "ArrowRight"), right);
  assert.equal(cellByKey(atlas, middle, "ArrowLeft"), null);
  assert.equal(cellByKey(atlas, right, "ArrowLeft"), middle);
  assert.equal(cellByKey(atlas, middle, "Tab"), null);
  assert.equal(cellOf(atlas, [1, 3]), right);
  assert.equal(cellOf(atlas, [3, 3]), undefined);
  assert.equal(cellOf(atlas, null), undefined);
});

test("fuller cells are larger", () => {
  const shares = readAtlas(frame()).cells.map((cell) => shareOf(cell, 9));
  assert.equal(shares[0], 1);
  assert.ok(shares[0] > shares[1] && shares[1] > shares[2] && shares[2] > 0.55);
});

test("a point of the stage and the cell there agree at every zoom", () => {
  const camera = moved(zoomed(WHOLE, 2.5, 400, 100, 300), -30, 20, 400);
  const { x, y, width } = cellRect(camera, 8, 5, 2, 400);
  assert.equal(width, 125);
  assert.deepEqual(placeAt(camera, 8, x + 1, y + width - 1, 400), [5, 2]);
});

test("zooming keeps the point under the pointer, and the plane on the stage", () => {
  const camera = zoomed(WHOLE, 2, 400, 100, 300);
  assert.deepEqual(camera, { scale: 2, x: -100, y: -300 });
  assert.deepEqual(zoomed(camera, 0.01, 400), WHOLE);
  assert.deepEqual(moved(camera, 1000, -1000, 400), { scale: 2, x: 0, y: -400 });
  assert.equal(zoomed(camera, 1e9, 400).scale, 12);
});

test("a cell off the stage is brought onto it, one on it stays", () => {
  const camera = zoomed(WHOLE, 4, 400, 0, 0);
  const there = cellRect(showing(camera, 8, 7, 3, 400), 8, 7, 3, 400);
  assert.ok(there.x >= 0 && there.y >= 0 && there.x + there.width <= 400 && there.y + there.width <= 400);
  assert.deepEqual(showing(camera, 8, 0, 0, 400), camera);
});
