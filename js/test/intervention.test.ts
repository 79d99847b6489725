import assert from "node:assert/strict";
import { test } from "node:test";
import { percent } from "../src/intervention/classes-panel";
import {
  type InterventionFrame,
  readClasses,
  readEffects,
  readTiles,
  regionBetween,
  regionByKey,
} from "../src/intervention/frame";

const floats = (...values: number[]) => new DataView(new Float32Array(values).buffer);
const integers = (...values: number[]) => new DataView(new Int32Array(values).buffer);

test("a region holds both cells, whichever was first", () => {
  assert.deepEqual(regionBetween([4, 1], [2, 6]), [2, 1, 5, 7]);
  assert.deepEqual(regionBetween([3, 3], [3, 3]), [3, 3, 4, 4]);
});

test("keys move and resize a region, and stop at the edges of the map", () => {
  const region = [0, 2, 2, 4] as const;
  const press = (key: string, shift = false) => regionByKey([...region], key, shift, 5, 6);
  assert.deepEqual(press("ArrowUp"), [0, 2, 2, 4]);
  assert.deepEqual(press("ArrowRight"), [0, 3, 2, 5]);
  assert.deepEqual(press("ArrowDown", true), [0, 2, 3, 4]);
  assert.deepEqual(regionByKey([0, 0, 1, 1], "ArrowLeft", true, 5, 6), [0, 0, 1, 1]);
  assert.deepEqual(regionByKey([4, 5, 5, 6], "ArrowRight", true, 5, 6), [4, 5, 5, 6]);
  assert.equal(press("Escape"), null);
  assert.equal(press("a"), undefined);
  assert.deepEqual(regionByKey(null, "ArrowUp", false, 5, 6), [2, 3, 3, 4]);
});

test("numbers of a frame belong to their channels and classes", () => {
  const frame = {
    rows: 1,
    cols: 2,
    tile_channels: integers(7, 3),
    tile_ranges: floats(-1, 1, 0, 4),
    tile_means: floats(1, 2, 3, 4, 5, 6),
    before: Uint8Array.of(1, 2, 3, 4),
    after: Uint8Array.of(5, 6, 7, 8),
    difference: Uint8Array.of(9, 10, 11, 12),
    shown_classes: [5, 0],
    shares: floats(0.5, 0.25, 0, 1),
    logits: floats(1, 2, 3, 4),
    effect_channels: integers(9),
    effect_logits: floats(-2),
    effect_shares: floats(0.5),
  } as unknown as InterventionFrame;
  const tiles = readTiles(frame);
  assert.deepEqual(tiles.map(({ channel }) => channel), [7, 3]);
  assert.deepEqual([...tiles[1].after], [7, 8]);
  assert.deepEqual(tiles[1].range, [0, 4]);
  assert.deepEqual(tiles[0].means, [1, 2, 3]);
  const classes = readClasses(frame);
  assert.deepEqual(classes[1], { index: 0, shares: [0, 1], logits: [3, 4] });
  assert.deepEqual(readEffects(frame), [{ channel: 9, logit: -2, share: 0.5 }]);
});

test("a share is written as short as it can be told", () => {
  const written = [0, 0.0001, 0.034, 0.5, 1, NaN].map(percent);
  assert.deepEqual(written, ["0 %", "<0.1 %", "3.4 %", "50 %", "100 %", "NaN"]);
});
