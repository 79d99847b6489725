/**
 * A sheet of tiles: all channels of one layer for one image, as codes with a range for each tile.
 *
 * Everything the person changes (channel, colour map, scale, order) is arithmetic on this sheet,
 * so none of it asks the kernel. Pure; no element in sight.
 */
import { asBytes, asFloats } from "../lib/bytes";
import { type ColormapName, type Palette, paletteIndex } from "../lib/colormap";
import type { Numbered } from "../lib/frames";
import type { Range } from "../lib/color-bar";

export type Scale = "channel" | "layer";
export type Order = "index" | "strongest";

/** The frame as it comes from the kernel; tiles are uint8, the other binaries float32. */
export interface SheetFrame extends Numbered {
  layer: string;
  rows: number;
  cols: number;
  channels: number;
  tiles: unknown;
  low: unknown;
  high: unknown;
  strength: unknown;
  nonfinite: number;
}

export interface Sheet {
  layer: string;
  rows: number;
  cols: number;
  channels: number;
  /** Channel by channel, row by row; value = low + code / 255 * (high - low). */
  codes: Uint8Array;
  low: Float32Array;
  high: Float32Array;
  strength: Float32Array;
  nonfinite: number;
  /** Lowest and highest finite value of the layer. */
  range: Range;
}

export function readSheet(frame: SheetFrame): Sheet {
  const { layer, rows, cols, channels, nonfinite } = frame;
  const low = asFloats(frame.low);
  const high = asFloats(frame.high);
  return {
    layer,
    rows,
    cols,
    channels,
    nonfinite,
    low,
    high,
    codes: asBytes(frame.tiles),
    strength: asFloats(frame.strength),
    range: [least(low, 1), -least(high, -1)],
  };
}

/** One number a channel: a dense layer, or a pooled one. */
export function isVector(sheet: Sheet): boolean {
  return sheet.rows === 1 && sheet.cols === 1;
}

export function valueAt(sheet: Sheet, channel: number, row: number, col: number): number {
  const code = sheet.codes[(channel * sheet.rows + row) * sheet.cols + col];
  return sheet.low[channel] + (code / 255) * (sheet.high[channel] - sheet.low[channel]);
}

/** Dead: nothing but zeros. Broken: no finite range. */
export function channelHealth(sheet: Sheet, channel: number): "live" | "dead" | "broken" {
  const low = sheet.low[channel];
  const high = sheet.high[channel];
  if (!Number.isFinite(low) || !Number.isFinite(high)) return "broken";
  return low === 0 && high === 0 ? "dead" : "live";
}

/** How many channels are dead. */
export function deadCount(sheet: Sheet): number {
  let count = 0;
  for (let channel = 0; channel < sheet.channels; channel++) {
    if (channelHealth(sheet, channel) === "dead") count++;
  }
  return count;
}

/** The map to paint with: "auto" is diverging where there are negative values, else viridis. */
export function resolveColormap(name: ColormapName | "auto", sheet: Sheet): ColormapName {
  if (name !== "auto") return name;
  return sheet.range[0] < 0 ? "diverging" : "viridis";
}

/**
 * The values at the two ends of the colours; a diverging map has zero in the middle.
 *
 * A channel that is one number has no range of its own: it takes the layer's.
 */
export function colorRange(
  sheet: Sheet,
  channel: number,
  scale: Scale,
  colormap: ColormapName,
): Range {
  const wide = scale === "layer" || isVector(sheet);
  const [low, high]: Range = wide ? sheet.range : [sheet.low[channel], sheet.high[channel]];
  if (colormap !== "diverging") return [low, high];
  const largest = Math.max(Math.abs(low), Math.abs(high));
  return [-largest, largest];
}

/** The colour of each code of a channel, when `range` spans the palette. */
export function codeColors(sheet: Sheet, channel: number, range: Range, colors: Palette): Palette {
  const low = sheet.low[channel];
  const step = (sheet.high[channel] - low) / 255;
  const mapped = new Uint32Array(256);
  for (let code = 0; code < 256; code++) {
    mapped[code] = colors[paletteIndex(low + code * step, range[0], range[1])];
  }
  return mapped;
}

/** How many channels are stronger. */
export function strongerCount(sheet: Sheet, channel: number): number {
  const own = sheet.strength[channel];
  return sheet.strength.reduce((count, strength) => count + (strength > own ? 1 : 0), 0);
}

/** The channels in the order of the grid's slots; the strongest first, ties by index. */
export function channelOrder(sheet: Sheet, order: Order): number[] {
  const channels = Array.from({ length: sheet.channels }, (_, channel) => channel);
  if (order === "strongest") {
    // A NaN strength would make the comparison inconsistent; it goes last.
    const rank = (channel: number) => {
      const strength = sheet.strength[channel];
      return Number.isNaN(strength) ? -Infinity : strength;
    };
    channels.sort((a, b) => (rank(a) === rank(b) ? a - b : rank(b) - rank(a)));
  }
  return channels;
}

/** The least of the finite values, each times `sign`; 0 when there is none. */
function least(values: Float32Array, sign: 1 | -1): number {
  const found = values.reduce(
    (low, value) => (Number.isFinite(value) ? Math.min(low, sign * value) : low),
    Infinity,
  );
  return found === Infinity ? 0 : found;
}
