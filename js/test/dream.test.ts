import assert from "node:assert/strict";
import { test } from "node:test";
import { Dream, type DreamFrame, momentWords, octaveMarks } from "../src/deep-dream/dream";
import { octavesFor, stopOf, stopsWith, strengthWords } from "../src/deep-dream/strength";

function frame(step: number, more: Partial<DreamFrame> = {}): DreamFrame {
  return {
    number: step + 1,
    run: 1,
    label: "conv3",
    step,
    steps: 6,
    octave: Math.min(1, Math.floor(step / 3)),
    octaves: 2,
    iteration: step === 6 ? 3 : step % 3,
    score: step / 10,
    note: "",
    size: [2, 1],
    width: 2,
    height: 1,
    pixels: new DataView(Uint8Array.of(step, 1, 2, 3, 4, 5).buffer),
    ...more,
  };
}

const kept = (...steps: number[]) => new DataView(Int32Array.from(steps).buffer);

test("every moment has its picture and its place in the octaves", () => {
  const dream = new Dream(frame(0), 2);
  for (let step = 0; step <= 6; step++) dream.add(frame(step));
  assert.equal(dream.newest, 6);
  assert.deepEqual([...dream.moment(4)!.picture.rgba], [4, 1, 2, 255, 3, 4, 5, 255]);
  assert.equal(momentWords(dream.moment(4)!, dream), "octave 2 of 2, iteration 1 of 3, score 0.400");
  assert.equal(momentWords(dream.moment(6)!, dream), "octave 2 of 2, iteration 3 of 3, score 0.600");
});

test("what the kernel alone still has can be asked for", () => {
  const dream = new Dream(frame(6), 2);
  dream.add(frame(6, { kept: kept(0, 2, 4, 6) }));
  assert.equal(dream.available(3), 2);
  assert.equal(dream.moment(2), undefined);
  dream.replay(frame(2, { replay: true, kept: kept(0, 2, 4, 6) }), 2);
  assert.equal(dream.moment(2)!.iteration, 2);
  assert.equal(dream.newest, 6);
});

test("a step that the kernel has dropped meanwhile is not offered again", () => {
  const dream = new Dream(frame(6), 2);
  dream.add(frame(6, { kept: kept(0, 3, 6) }));
  dream.replay(frame(4, { replay: true, kept: kept(0, 4, 6) }), 3);
  assert.equal(dream.available(3), 4);
});

test("a page keeps no more pictures than it has room for", () => {
  const large = new Dream(frame(0), 2e6);
  for (let step = 0; step <= 40; step++) large.add(frame(step, { steps: 40 }));
  const there = Array.from({ length: 41 }, (_, step) => large.moment(step)).filter(Boolean);
  assert.ok(there.length <= 9);
  assert.ok(large.moment(40) && large.moment(0));
});

test("octaves begin at equal distances", () => {
  assert.deepEqual(octaveMarks(4), [0, 0.25, 0.5, 0.75]);
});

test("fewer or more octaves end where the present ones do", () => {
  assert.deepEqual(octavesFor(2, [-3, -2, -1, 0]), [-1, 0]);
  assert.deepEqual(octavesFor(4, [1, 2]), [-1, 0, 1, 2]);
});

test("a strength that is no stop of the slider becomes one", () => {
  assert.equal(stopOf(1.5, stopsWith(1.5)), 5);
  const stops = stopsWith(7);
  assert.equal(stops[stopOf(7, stops)], 7);
  assert.ok(stops.every((stop, at) => at === 0 || stop > stops[at - 1]));
  assert.deepEqual([0.25, 1.275, 1.5, 4, 2.5].map(strengthWords), ["0.25", "1.27", "1.5", "4", "2.5"]);
});
