import assert from "node:assert/strict";
import { test } from "node:test";
import {
  cssColor,
  palette,
  paletteIndex,
  type ColormapName,
  type Theme,
} from "../src/lib/colormap";
import published from "./fixtures/published-colormaps.json";

const SHOWN: [name: keyof typeof published, ColormapName, Theme][] = [
  ["viridis", "viridis", "light"],
  ["magma", "magma", "dark"],
  ["cividis", "cividis", "light"],
  ["vik", "diverging", "light"],
  ["berlin", "diverging", "dark"],
];

function channels(color: number): [number, number, number] {
  return [color & 255, (color >> 8) & 255, (color >> 16) & 255];
}

for (const [table, name, theme] of SHOWN) {
  test(`${table}: every colour is within 4 of 255 of the published one`, () => {
    const colors = palette(name, theme);
    for (let index = 0; index < 256; index++) {
      const at = index * 6;
      const expected = [0, 2, 4].map((i) =>
        parseInt(published[table].slice(at + i, at + i + 2), 16),
      );
      channels(colors[index]).forEach((value, channel) => {
        assert.ok(Math.abs(value - expected[channel]) <= 4, `entry ${index}, channel ${channel}`);
      });
    }
  });
}

test("all colours are opaque", () => {
  for (const color of palette("gray", "light")) assert.equal(color >>> 24, 255);
});

/** Lightness L* of CIE Lab, from sRGB. */
function lightness(color: number): number {
  const [r, g, b] = channels(color).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return y > 0.008856 ? 116 * Math.cbrt(y) - 16 : 903.3 * y;
}

test("sequential maps grow lighter all the way, so they can be read without colour", () => {
  for (const name of ["viridis", "magma", "cividis", "gray"] as const) {
    const colors = palette(name, "light");
    for (let index = 8; index < 256; index += 8) {
      assert.ok(lightness(colors[index]) > lightness(colors[index - 8]), `${name} at ${index}`);
    }
  }
});

test("zero of the diverging map is near the page: light on light, dark on dark", () => {
  assert.ok(lightness(palette("diverging", "light")[128]) > 88);
  assert.ok(lightness(palette("diverging", "dark")[128]) < 12);
});

test("negative is blue and positive is red in both themes", () => {
  for (const theme of ["light", "dark"] as const) {
    const [low, high] = [
      channels(palette("diverging", theme)[50]),
      channels(palette("diverging", theme)[205]),
    ];
    assert.ok(low[2] > low[0], theme);
    assert.ok(high[0] > high[2], theme);
  }
});

test("a value's place is clamped to the range, and the middle of an empty one", () => {
  assert.equal(paletteIndex(0, 0, 2), 0);
  assert.equal(paletteIndex(2, 0, 2), 255);
  assert.equal(paletteIndex(-7, 0, 2), 0);
  assert.equal(paletteIndex(9, 0, 2), 255);
  assert.equal(paletteIndex(3, 3, 3), 128);
});

test("a colour as CSS", () => {
  assert.equal(cssColor(palette("gray", "light")[255]), "rgb(255 255 255)");
  assert.equal(cssColor(palette("viridis", "light")[0]), "rgb(68 1 84)");
});
