import assert from "node:assert/strict";
import { test } from "node:test";
import { History, nearest } from "../src/lib/history";

test("all steps are kept while there is room", () => {
  const history = new History<string>(4);
  for (const step of [0, 1, 2]) history.add(step, `picture ${step}`);
  assert.deepEqual(history.steps().sort(), [0, 1, 2]);
  assert.equal(history.get(1), "picture 1");
  assert.equal(history.get(3), undefined);
});

test("a long run stays within its limit, evenly spread, with its newest step", () => {
  const history = new History<number>(50);
  for (let step = 0; step < 10_000; step++) {
    history.add(step, step);
    assert.ok(history.steps().length <= 51);
    assert.equal(history.get(step), step);
  }
  const steps = history.steps().sort((a, b) => a - b);
  const gaps = steps.slice(1).map((step, index) => step - steps[index]);
  const stride = Math.max(...gaps);
  assert.ok(steps.length >= 25, "at least half of the room is used");
  assert.equal(steps[0], 0);
  for (const gap of gaps.slice(0, -1)) assert.equal(gap, stride);
});

test("frames that come several steps apart are kept too", () => {
  const history = new History<number>(10);
  for (let step = 0; step <= 800; step += 8) history.add(step, step);
  assert.ok(history.steps().length >= 5 && history.steps().length <= 11);
});

test("the nearest step, the earlier of two equally near, or none", () => {
  assert.equal(nearest([0, 10, 20], 12), 10);
  assert.equal(nearest([0, 10, 20], 15), 10);
  assert.equal(nearest([0, 10, 20], 99), 20);
  assert.equal(nearest([], 3), -1);
});
