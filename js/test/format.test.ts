import assert from "node:assert/strict";
import { test } from "node:test";
import {
  formatCount,
  formatShape,
  formatTick,
  formatValue,
  layerShape,
  plural,
} from "../src/lib/format";

test("values have three significant digits and a true minus sign", () => {
  assert.equal(formatValue(0), "0");
  assert.equal(formatValue(1.23456), "1.23");
  assert.equal(formatValue(-0.25198), "−0.252");
  assert.equal(formatValue(12345.6), "12346");
  assert.equal(formatValue(0.00012), "1.2e−4");
  assert.equal(formatValue(3.2e7), "3.2e7");
  assert.equal(formatValue(NaN), "NaN");
  assert.equal(formatValue(-Infinity), "−∞");
});

test("ticks have as many decimals as their spacing needs", () => {
  assert.equal(formatTick(0.6000000001, 0.2), "0.6");
  assert.equal(formatTick(15, 5), "15");
  assert.equal(formatTick(-1.2, 0.2), "−1.2");
  assert.equal(formatTick(0, 1e-6), "0");
});

test("counts, nouns and shapes", () => {
  assert.equal(formatCount(1234567), "1\u202f234\u202f567");
  assert.equal(formatCount(999), "999");
  assert.equal(plural(1, "channel"), "1 channel");
  assert.equal(plural(2, "channel"), "2 channels");
  assert.equal(formatShape([28, 28, 32]), "28×28×32");
  assert.equal(formatShape([]), "scalar");
  assert.equal(layerShape({ rows: 1, cols: 1, channels: 10 }), "10");
  assert.equal(layerShape({ rows: 1, cols: 50, channels: 10 }), "1×50×10");
});
