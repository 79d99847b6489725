import assert from "node:assert/strict";
import { test } from "node:test";
import { type AboutTold, filtersOf, Likeness, magnitudes, norms, ordered, type Pictures, readChannel, slicesOf } from "../src/weights/frame";
import { cellUnder, levelFor, moved, tilesFor, wholeOf, zoomed } from "../src/weights/levels";
import { weightPicture } from "../src/weights/paint";

const bytes = (array: ArrayBufferView) => new DataView(array.buffer, array.byteOffset, array.byteLength);

test("filters in colour have the colours of a cell side by side", () => {
  const given = Float32Array.from({ length: 2 * 3 * 2 * 2 }, (_, at) => at);
  const about = { outputs: 2, rows: 2, cols: 2, color: true, filters: bytes(given) } as unknown as AboutTold;
  const found = filtersOf(about)!;
  assert.equal(found.depth, 3);
  // filter 1, cell 2: planes of 4 cells, filters of 12
  assert.deepEqual([...found.values.slice(12 + 6, 12 + 9)], [12 + 2, 12 + 4 + 2, 12 + 8 + 2]);
  assert.equal(filtersOf({ outputs: 2 } as AboutTold), null);
});

test("the slices of a channel lie where the frame says", () => {
  const numbers = Float32Array.from([9, 1, -5, 2, 0, 3, 4, 8]);
  const channel = readChannel({
    kernel: 1,
    taken: bytes(Int32Array.of(4, 7)),
    sourceChannels: bytes(Int32Array.of(4, -1)),
    numbers: bytes(numbers),
    codes: null,
  } as never);
  const found = slicesOf(channel, { rows: 1, cols: 3 } as AboutTold);
  assert.deepEqual([...found.values], [1, -5, 2, 0, 3, 4]);
  assert.deepEqual([...magnitudes(found)], [5, 4]);
  assert.deepEqual([...norms(found)].map((n) => Math.round(n * n)), [30, 25]);
  assert.deepEqual([...channel.sourceChannels], [4, -1]);
});

test("what is not a number counts for nothing and has a colour of its own", () => {
  const pictures: Pictures = { values: Float32Array.of(NaN, 2, Infinity, -1), count: 2, depth: 1, rows: 1, cols: 2 };
  assert.deepEqual([...magnitudes(pictures)], [2, 1]);
  const colors = Uint32Array.from({ length: 256 }, (_, at) => 0xff000000 | at);
  const { rgba } = weightPicture(pictures, 0, 2, colors);
  assert.deepEqual([...rgba], [255, 255, 0, 255, 255, 0, 0, 255]);
});

test("zero is the middle of the colours, and grey where a cell is a colour", () => {
  const colors = Uint32Array.from({ length: 256 }, (_, at) => 0xff000000 | at);
  const pictures: Pictures = { values: Float32Array.of(-2, 0, 2), count: 1, depth: 1, rows: 1, cols: 3 };
  const { rgba } = weightPicture(pictures, 0, 2, colors);
  assert.deepEqual([rgba[0], rgba[4], rgba[8]], [0, 128, 255]);
  const color = weightPicture({ ...pictures, depth: 3, cols: 1 }, 0, 2, colors);
  assert.deepEqual([...color.rgba], [0, 128, 255, 255]);
});

test("the strongest come first, ties by index", () => {
  assert.deepEqual(ordered([1, 3, 3, 2], "strongest"), [1, 2, 3, 0]);
  assert.deepEqual(ordered([1, 3, 3, 2], "index"), [0, 1, 2, 3]);
});

test("likeness finds the nearest filter and pairs", () => {
  const cosines = Uint8Array.of(254, 250, 0, 250, 254, 127, 0, 127, 254);
  const found = new Likeness({ numbers: bytes(Int32Array.of(2, 5, 9)), cosines: bytes(cosines) } as never);
  assert.equal(found.at(0, 0), 1);
  assert.equal(found.at(0, 2), -1);
  assert.equal(found.nearest(0), 1);
  assert.equal(found.nearest(2), 1);
  assert.equal(found.pairs(0.95), 1);
});

test("a part of a matrix zooms about a point and stays inside", () => {
  const whole = wholeOf(4096, 25088);
  const part = zoomed(whole, 2, 4096, 25088, 0, 1);
  assert.deepEqual(part, { left: 0, top: 2048, width: 12544, height: 2048 });
  assert.deepEqual(zoomed(part, 0.1, 4096, 25088), whole);
  assert.deepEqual(moved(part, -5, 5, 4096, 25088), part);
  assert.equal(moved(part, 0.5, 0, 4096, 25088).left, 6272);
  const near = zoomed(whole, 1e9, 4096, 25088);
  assert.deepEqual([near.width, near.height], [6, 6]);
  assert.deepEqual(cellUnder(part, 0.5, 0), [2048, 6272]);
  assert.equal(zoomed(wholeOf(3, 100), 1e9, 3, 100).height, 3);
});

test("the tiles of a level cover the part that is seen", () => {
  const whole = wholeOf(4096, 25088);
  const level = levelFor(whole, 600, 300, 7);
  assert.equal(level, 5); // 42 cells a pixel: blocks of 32
  assert.equal(tilesFor(whole, level, 4096, 25088).length, 4);
  assert.deepEqual(tilesFor(whole, 7, 4096, 25088), [{ level: 7, row: 0, column: 0 }]);
  const part = { left: 255, top: 10, width: 2, height: 2 };
  assert.equal(levelFor(part, 600, 300, 7), 0);
  assert.deepEqual(tilesFor(part, 0, 4096, 25088).map(({ column }) => column), [0, 1]);
  assert.equal(levelFor(whole, 1, 1, 7), 7);
});
