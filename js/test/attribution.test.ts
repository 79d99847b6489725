import assert from "node:assert/strict";
import { test } from "node:test";
import { overlay } from "../src/lib/overlay";
import { type AttributionFrame, Run } from "../src/attribution/run";
import { palette } from "../src/lib/colormap";

function bytes(array: Float32Array | Int32Array | Uint8Array): DataView {
  return new DataView(array.buffer);
}

function frame(step: number, more: Partial<AttributionFrame> = {}): AttributionFrame {
  return {
    number: step + 1,
    run: 1,
    step,
    names: ["saliency", "lrp"],
    rows: 1,
    cols: 2,
    codes: bytes(Uint8Array.of(step, 1, 2, 3)),
    limits: bytes(Float32Array.of(0, 1, -2, 2)),
    progress: bytes(Float32Array.of(1, 0.5)),
    samples: bytes(Int32Array.of(1, 8)),
    layers: ["", "conv1"],
    notes: [[], ["a note"]],
    trust: [[], []],
    refused: ["", ""],
    target: 0,
    before: [[0, 1]],
    seen: [[0, 1]],
    epsilon: 0,
    ...more,
  };
}

test("a frame holds one map after another", () => {
  const run = new Run(frame(5));
  run.add(frame(5));
  const [first, second] = run.maps(5)!;
  assert.deepEqual([...first.codes], [5, 1]);
  assert.deepEqual([...second.codes], [2, 3]);
  assert.deepEqual(second.range, [-2, 2]);
  assert.equal(second.progress, 0.5);
  assert.equal(second.samples, 8);
  assert.deepEqual(second.notes, ["a note"]);
});

test("what is known of a map at the end belongs to the run", () => {
  const run = new Run(frame(0));
  run.add(frame(0));
  run.add(frame(0, { trust: [[{ text: "good", tone: "good" }], []] }));
  assert.equal(run.newest, 0);
  assert.equal(run.latest.trust[0][0].text, "good");
});

test("a step that the page lacks is asked for, and shown where an answer came", () => {
  const run = new Run(frame(0));
  run.add(frame(9, { kept: bytes(Int32Array.of(0, 4, 9)) }));
  assert.equal(run.available(3), 4);
  assert.equal(run.maps(4), undefined);
  run.replay(frame(4, { replay: true }), 4);
  assert.deepEqual([...run.maps(4)![0].codes], [4, 1]);
  assert.equal(run.newest, 9);
});

test("a map covers the grey picture as far as it is opaque", () => {
  const colors = palette("gray", "light");
  const rgb = Uint8Array.of(255, 0, 0, 10, 10, 10);
  const codes = Uint8Array.of(0, 255);
  const none = overlay(rgb, codes, colors, 0, 2, 1);
  assert.deepEqual([...none.rgba], [255, 0, 0, 255, 10, 10, 10, 255]);
  const all = overlay(rgb, codes, colors, 1, 2, 1);
  assert.deepEqual([...all.rgba], [0, 0, 0, 255, 255, 255, 255, 255]);
  const half = overlay(rgb, codes, colors, 0.5, 2, 1);
  assert.deepEqual([...half.rgba.slice(0, 4)], [38, 38, 38, 255]);
});
