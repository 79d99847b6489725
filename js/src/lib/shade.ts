/**
 * A colour behind words for a value, and black or white for the words, whichever is seen better.
 */
import type { Range } from "./color-bar";
import { cssColor, type Palette, paletteIndex } from "./colormap";

export interface Shade {
  background: string;
  ink: string;
}

/** @param range the values of the first and the last colour */
export function shade(colors: Palette, range: Range): (value: number) => Shade {
  return (value) => {
    const color = colors[paletteIndex(value, ...range)] || colors[0]; // NaN has none of its own
    return { background: cssColor(color), ink: luminance(color) > 0.179 ? "#000" : "#fff" };
  };
}

/** Relative luminance as WCAG 2.2 has it; at 0.179 black and white are equally far. */
function luminance(color: number): number {
  const linear = (byte: number) => {
    const share = byte / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  const [red, green, blue] = [color & 255, (color >> 8) & 255, (color >> 16) & 255].map(linear);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
