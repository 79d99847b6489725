import assert from "node:assert/strict";
import { test } from "node:test";
import { ALWAYS, channelWords, DEAD, type LayerRow, layerWords, ordered, percent, readChannels, type StatisticsFrame } from "../src/activations/frame";

const row: LayerRow = {
  layer: "relu",
  kind: "activation",
  operation: "relu",
  channels: 3,
  first: 0,
  last: 2,
  counts: [1, 2, 3, 4],
  rough: 2,
  low: 0,
  high: "Infinity",
  mean: 0.5,
  spread: 0.25,
  zeros: 0.5,
  saturated: null,
  dead: 1,
  always: 1,
  nonfinite: 2,
  told: true,
};
const numbers = [
  [1, 0, NaN], // means
  [0.5, 0, 1],
  [0.2, 1, 0],
  [0, 0, 0],
  [0, 0, 1],
  [2, 0, 3],
].flat();
const frame: StatisticsFrame = {
  number: 1,
  images: 30,
  of: 60,
  layers: [{ ...row, told: false }, row],
  numbers1: new DataView(Float32Array.from(numbers).buffer),
  marks1: new DataView(Uint8Array.of(0, DEAD, ALWAYS).buffer),
  heat1: new DataView(Uint8Array.of(255, 0, 0, 0, 128, 255).buffer),
};

test("channels are read where they are told", () => {
  assert.equal(readChannels(frame, 0), null);
  const channels = readChannels(frame, 1)!;
  assert.deepEqual([channels.count, channels.bins], [3, 2]);
  assert.deepEqual([...channels.zeros].map((share) => share.toFixed(1)), ["0.2", "1.0", "0.0"]);
  assert.deepEqual([...channels.heat.subarray(4)], [128, 255]);
});

test("channels are put in order, NaN last", () => {
  const channels = readChannels(frame, 1)!;
  assert.deepEqual(ordered(channels, "index"), [0, 1, 2]);
  assert.deepEqual(ordered(channels, "dead"), [1, 0, 2]);
  assert.deepEqual(ordered(channels, "always"), [2, 0, 1]);
  assert.deepEqual(ordered(channels, "mean"), [0, 1, 2]);
  assert.deepEqual(ordered(channels, "spread"), [2, 0, 1]);
});

test("layers and channels are told in words", () => {
  const words = layerWords(row);
  assert.match(words, /^mean 0\.500, deviation 0\.250, from 0 to ∞, 50\.0 % exactly zero/);
  assert.match(words, /1 channel with one value, 1 channel always on, 2 NaN or infinite$/);
  const channels = readChannels(frame, 1)!;
  assert.equal(channelWords(channels, 1), "channel 1: mean 0 ± 0, 100 % zero, one value for all images");
  assert.deepEqual([0, 0.0004, 0.5, 0.9999, 1].map(percent), ["0 %", "< 0.1 %", "50.0 %", "> 99.9 %", "100 %"]);
});
