import assert from "node:assert/strict";
import { test } from "node:test";
import { palette } from "../src/lib/colormap";
import {
  channelHealth,
  channelOrder,
  codeColors,
  colorRange,
  deadCount,
  readSheet,
  resolveColormap,
  strongerCount,
  valueAt,
} from "../src/feature-maps/sheet";

/** Binary as it arrives: a DataView at an odd offset of a larger buffer. */
function binary(array: ArrayBufferView): DataView {
  const buffer = new ArrayBuffer(array.byteLength + 5);
  new Uint8Array(buffer, 5).set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return new DataView(buffer, 5);
}

/** Three channels of 2x2: rectified, signed, dead. */
function makeSheet(changes: { low?: number[]; high?: number[]; strength?: number[] } = {}) {
  return readSheet({
    number: 1,
    layer: "conv",
    rows: 2,
    cols: 2,
    channels: 3,
    tiles: binary(Uint8Array.of(0, 51, 102, 255, 0, 85, 170, 255, 0, 0, 0, 0)),
    low: binary(Float32Array.from(changes.low ?? [0, -1, 0])),
    high: binary(Float32Array.from(changes.high ?? [5, 2, 0])),
    strength: binary(Float32Array.from(changes.strength ?? [2, 1, 0])),
    nonfinite: 0,
  });
}

test("codes become values over the channel's own range", () => {
  const sheet = makeSheet();
  const first = [0, 1, 2, 3].map((cell) => valueAt(sheet, 0, cell >> 1, cell & 1));
  assert.deepEqual(first, [0, 1, 2, 5]);
  const second = [0, 1, 2, 3].map((cell) => valueAt(sheet, 1, cell >> 1, cell & 1));
  [-1, 0, 1, 2].forEach((value, cell) => assert.ok(Math.abs(second[cell] - value) < 1e-6));
});

test("auto is diverging where anything is negative, and only there", () => {
  assert.equal(resolveColormap("auto", makeSheet()), "diverging");
  assert.equal(resolveColormap("auto", makeSheet({ low: [0, 0, 0] })), "viridis");
  assert.equal(resolveColormap("gray", makeSheet()), "gray");
});

test("ranges: the channel's or the layer's, symmetric about zero for a diverging map", () => {
  const sheet = makeSheet();
  assert.deepEqual(sheet.range, [-1, 5]);
  assert.deepEqual(colorRange(sheet, 1, "channel", "viridis"), [-1, 2]);
  assert.deepEqual(colorRange(sheet, 1, "layer", "viridis"), [-1, 5]);
  assert.deepEqual(colorRange(sheet, 1, "channel", "diverging"), [-2, 2]);
  assert.deepEqual(colorRange(sheet, 0, "layer", "diverging"), [-5, 5]);
});

test("the colour of a code is the colour of its value", () => {
  const sheet = makeSheet();
  const colors = palette("diverging", "light");
  const mapped = codeColors(sheet, 1, colorRange(sheet, 1, "channel", "diverging"), colors);
  assert.equal(mapped[85], colors[128], "zero is the neutral middle");
  assert.equal(mapped[255], colors[255]);
  assert.equal(mapped[0], colors[64], "-1 of -2 to 2 is a quarter up");
  const plain = codeColors(sheet, 0, colorRange(sheet, 0, "channel", "viridis"), colors);
  assert.deepEqual(plain, colors, "over its own range a code is its own index");
});

test("dead and broken channels are told from live ones", () => {
  const sheet = makeSheet({ low: [0, NaN, 0], high: [5, NaN, 0] });
  assert.deepEqual(
    [0, 1, 2].map((channel) => channelHealth(sheet, channel)),
    ["live", "broken", "dead"],
  );
  assert.equal(deadCount(sheet), 1);
  assert.deepEqual(sheet.range, [0, 5], "a broken channel has no say in the layer's range");
});

test("a layer of nothing but broken channels has an empty range, not an infinite one", () => {
  const sheet = makeSheet({ low: [NaN, NaN, NaN], high: [NaN, NaN, NaN] });
  assert.deepEqual(sheet.range.map(Math.abs), [0, 0]);
});

test("strongest first, ties by index, NaN last", () => {
  assert.deepEqual(channelOrder(makeSheet({ strength: [1, 3, 2] }), "strongest"), [1, 2, 0]);
  assert.deepEqual(channelOrder(makeSheet({ strength: [1, 1, 1] }), "strongest"), [0, 1, 2]);
  assert.deepEqual(channelOrder(makeSheet({ strength: [NaN, 1, 2] }), "strongest"), [2, 1, 0]);
  assert.deepEqual(channelOrder(makeSheet({ strength: [1, 3, 2] }), "index"), [0, 1, 2]);
  assert.equal(strongerCount(makeSheet({ strength: [1, 3, 2] }), 0), 2);
});
