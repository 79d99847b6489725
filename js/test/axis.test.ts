import assert from "node:assert/strict";
import { test } from "node:test";
import { axis, place, roundAxis } from "../src/lib/axis";

test("ticks are round numbers inside the axis", () => {
  assert.deepEqual(axis(0, 256, 5).ticks, [0, 100, 200]);
  assert.deepEqual(axis(0, 1, 5).ticks, [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(axis(-0.3, 0.3, 6).ticks, [-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3]);
});

test("whole ticks are whole, however short the axis", () => {
  assert.deepEqual(axis(0, 2, 10, true).ticks, [0, 1, 2]);
});

test("a round axis begins and ends at ticks around all values", () => {
  for (const [low, high] of [
    [0.41, 14.2],
    [-3.3, 1e-4],
    [1e-7, 3e-7],
    [-2e6, 5e6],
  ]) {
    const { low: from, high: to, ticks } = roundAxis(low, high, 5);
    assert.ok(from <= low && to >= high, `${low} to ${high}`);
    assert.equal(ticks[0], Number(from.toPrecision(12)));
    assert.equal(ticks[ticks.length - 1], Number(to.toPrecision(12)));
    assert.ok(ticks.length >= 3 && ticks.length <= 12, `${ticks.length} ticks`);
  }
});

test("an axis of one value or of none is not empty", () => {
  for (const [low, high] of [
    [5, 5],
    [0, 0],
    [Infinity, -Infinity],
  ]) {
    const found = roundAxis(low, high, 4);
    assert.ok(found.high > found.low);
    assert.ok(found.ticks.length >= 2);
  }
});

test("values are placed between the ends, also upside down", () => {
  const steps = axis(0, 200, 4);
  assert.equal(place(steps, 50, 100, 500), 200);
  assert.equal(place(steps, 200, 300, 20), 20);
});
