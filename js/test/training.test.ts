import assert from "node:assert/strict";
import { test } from "node:test";
import { view } from "../dev/fake-model";
import { gradientShare, headline, unasked } from "../src/health/report";
import { charts, logShare, Moments, type TrainingFrame, valueAt } from "../src/training/moments";

function frame(at: number, changes: Partial<TrainingFrame> = {}): TrainingFrame {
  return {
    number: at + 1,
    step: at,
    cost: 0.02,
    kept: view(Int32Array.from([0, 5, 10])),
    curves: [
      { name: "loss", other: false, points: 2 },
      { name: "val_loss", other: false, points: 1 },
      { name: "accuracy", other: false, points: 1 },
    ],
    steps: view(Float32Array.from([1, 2, 2, 2])),
    values: view(Float32Array.from([0.5, 0.25, 0.75, 1])),
    at,
    layer: "conv1",
    channel: 3,
    figures: [["conv1", 0.1, null, "NaN"]],
    map: view(Uint8Array.from([0, 255])),
    map_size: [1, 2],
    map_range: [-1, 1],
    filters: view(new Uint8Array(0)),
    filters_size: [0, 0, 0, 0],
    filters_of: "",
    filters_range: 0,
    ascent: view(new Uint8Array(0)),
    ascent_size: [0, 0],
    ...changes,
  };
}

test("curves are cut out of their buffers and share charts", () => {
  const moments = new Moments();
  moments.add(frame(2));
  const found = charts(moments.curves);
  assert.deepEqual(found.map(({ name, curves }) => [name, curves.length]), [["loss", 2], ["accuracy", 1]]);
  assert.deepEqual([...moments.curves[0].values], [0.5, 0.25]);
  assert.deepEqual([...moments.curves[1].values], [0.75]);
});

test("a look that was here is found again, whatever came after it", () => {
  const moments = new Moments();
  moments.add(frame(5));
  moments.add(frame(10, { channel: 4 }));
  assert.equal(moments.look("conv1", 3, 5)?.step, 5);
  assert.equal(moments.look("conv1", 4, 5), null);
  assert.equal(moments.newest?.step, 10);
  assert.equal(moments.available(-1), 10);
  assert.equal(moments.available(7), 5);
  moments.add(frame(5)); // an answer about the past is no news
  assert.equal(moments.newest?.step, 10);
});

test("only curves: what was seen stays", () => {
  const moments = new Moments();
  moments.add(frame(5));
  moments.add(frame(8, { at: undefined }));
  assert.equal(moments.step, 8);
  assert.equal(moments.newest?.step, 5);
});

test("the value at a step is the last one before it", () => {
  const curve = { name: "loss", other: false, steps: Float32Array.of(2, 4), values: Float32Array.of(1, 3) };
  assert.ok(Number.isNaN(valueAt(curve, 1)));
  assert.equal(valueAt(curve, 3), 1);
  assert.equal(valueAt(curve, 9), 3);
});

test("bars of powers of ten", () => {
  assert.equal(logShare(0, 1e-6, 1), 0);
  assert.equal(logShare(1e-3, 1e-6, 1), 0.5);
  assert.equal(logShare(100, 1e-6, 1), 1);
  assert.equal(gradientShare(1e-4, 1), 0.5);
  assert.equal(gradientShare(0, 1), 0);
  assert.equal(gradientShare(2, 2), 1);
});

test("findings are counted by how bad they are", () => {
  const finding = (severity: "error" | "warning" | "note") => ({
    kind: "dead units", severity, words: "", layer: null,
    channels: [], more_channels: 0, images: [], more_images: 0,
  });
  assert.equal(headline({ findings: [], images: 1 }), "Nothing found with 1 image");
  const findings = [finding("error"), finding("note"), finding("note")];
  assert.equal(headline({ findings, images: 60 }), "1 error, 2 notes with 60 images");
});

test("health tells what it was given nothing for", () => {
  const unlike = { far: 0, layer: "conv1" };
  assert.match(unasked({ calibration: null, unlike }), /accuracy, for which it takes labels\.$/);
  assert.match(unasked({ calibration: null, unlike: null }), /labels; .* takes a reference\.$/);
  const calibration = { confidence: 1, accuracy: 1, error: 0, bins: [] };
  assert.equal(unasked({ calibration, unlike }), "");
});
