import assert from "node:assert/strict";
import { test } from "node:test";
import { rgbaToRgb, rgbToRgba } from "../src/lib/bytes";
import { LONGEST, shrunkSize } from "../src/image-chooser/shrink";

test("large pictures keep their shape at the longest side allowed", () => {
  assert.deepEqual(shrunkSize(2000, 1000, LONGEST), [512, 256]);
  assert.deepEqual(shrunkSize(300, 20_000, LONGEST), [8, 512]);
});

test("small pictures stay as they are", () => {
  assert.deepEqual(shrunkSize(64, 48, LONGEST), [64, 48]);
});

test("no side vanishes", () => {
  assert.deepEqual(shrunkSize(20_000, 3, LONGEST), [512, 1]);
});

test("the largest upload stays below a megabyte", () => {
  const [width, height] = shrunkSize(20_000, 20_000, LONGEST);
  assert.ok(width * height * 3 < 1e6);
});

test("RGB survives the way through RGBA", () => {
  const rgb = Uint8Array.of(1, 2, 3, 250, 251, 252);
  assert.deepEqual(rgbaToRgb(rgbToRgba(rgb, 2)), rgb);
});
