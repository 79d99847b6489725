import assert from "node:assert/strict";
import { test } from "node:test";
import { shrinkTiles } from "../src/lib/resample";

test("tiles are averaged over the cells that fall on each pixel", () => {
  const codes = Uint8Array.of(
    0,
    100,
    10,
    10,
    200,
    100,
    30,
    30,
    /* next tile */ 8,
    8,
    8,
    8,
    8,
    8,
    8,
    8,
  );
  assert.deepEqual([...shrinkTiles(codes, 2, 2, 4, 1, 2)], [100, 20, 8, 8]);
});

test("the mean of a tile is kept where sizes divide", () => {
  const codes = Uint8Array.from({ length: 12 * 12 }, (_, i) => (i * 37) % 256);
  const mean = (values: Uint8Array) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  assert.ok(Math.abs(mean(shrinkTiles(codes, 1, 12, 12, 4, 3)) - mean(codes)) < 0.5);
});

test("sizes that do not divide use every cell once", () => {
  const codes = new Uint8Array(7 * 5).fill(90);
  assert.deepEqual([...new Set(shrinkTiles(codes, 1, 7, 5, 3, 2))], [90]);
});

test("nothing is copied at the same size", () => {
  const codes = Uint8Array.of(1, 2, 3, 4);
  assert.equal(shrinkTiles(codes, 1, 2, 2, 2, 2), codes);
});
