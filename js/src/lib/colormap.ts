/**
 * Colour maps: 256 colours, ready to be written into canvas pixels.
 *
 * Perceptual and readable with colour-blindness, all of them. The diverging map has its neutral
 * middle where the page is: near white on a light page (vik), near black on a dark one (berlin), so
 * that zero is quiet in both themes and blue always means negative, red positive.
 */
import { BERLIN, CIVIDIS, MAGMA, VIK, VIRIDIS } from "./colormap-anchors";

export type ColormapName = "viridis" | "magma" | "cividis" | "gray" | "diverging";
export type Theme = "light" | "dark";

/** 256 colours as canvas pixels: 0xAABBGGRR, the byte order of little-endian machines. */
export type Palette = Uint32Array;

const ANCHORS: Record<ColormapName, Record<Theme, string>> = {
  viridis: { light: VIRIDIS, dark: VIRIDIS },
  magma: { light: MAGMA, dark: MAGMA },
  cividis: { light: CIVIDIS, dark: CIVIDIS },
  gray: { light: "000000ffffff", dark: "000000ffffff" },
  diverging: { light: VIK, dark: BERLIN },
};

/** The colours of a map, from the lowest value to the highest. */
export function palette(name: ColormapName, theme: Theme): Palette {
  const anchors = ANCHORS[name][theme];
  const last = anchors.length / 6 - 1;
  const colors = new Uint32Array(256);
  for (let index = 0; index < 256; index++) {
    const place = (index / 255) * last;
    const before = Math.min(Math.floor(place), last - 1);
    const share = place - before;
    const mix = (channel: number) => {
      const low = hexByte(anchors, before * 6 + channel * 2);
      const high = hexByte(anchors, before * 6 + 6 + channel * 2);
      return Math.round(low + (high - low) * share);
    };
    colors[index] = pack(mix(0), mix(1), mix(2));
  }
  return colors;
}

/** A palette colour as CSS text. */
export function cssColor(color: number): string {
  return `rgb(${color & 255} ${(color >> 8) & 255} ${(color >> 16) & 255})`;
}

/** The place of a value in a range, as a palette index; the middle where the range is empty. */
export function paletteIndex(value: number, low: number, high: number): number {
  const share = high > low ? (value - low) / (high - low) : 0.5;
  return Math.round(255 * Math.min(1, Math.max(0, share)));
}

function hexByte(text: string, at: number): number {
  return parseInt(text.slice(at, at + 2), 16);
}

function pack(red: number, green: number, blue: number): number {
  return (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
}
