/**
 * What the kernel tells of the layers' activations, and what the page makes of it. Pure.
 */
import { asBytes, asFloats } from "../lib/bytes";
import { formatCount, formatValue, plural } from "../lib/format";
import type { Numbered } from "../lib/frames";
import type { CommonTraits, LayerInfo } from "../lib/model";

export interface LayerRow {
  layer: string;
  kind: string;
  operation: string;
  channels: number;
  /** Edges of the first and the last bin. */
  first: number;
  last: number;
  /** Values that are not exactly 0, by bin. */
  counts: number[];
  /** How many of these bins are one of a channel. */
  rough: number;
  /** Numbers, or words for what JSON cannot hold. */
  low: number | string;
  high: number | string;
  mean: number | string;
  spread: number | string;
  /** Shares from 0 to 1; `saturated` is null where there are no bounds. */
  zeros: number;
  saturated: number | null;
  /** Channels; null where it cannot be told. */
  dead: number | null;
  always: number | null;
  nonfinite: number;
  /** Whether its channels are told. */
  told: boolean;
}

/** `numbers0`, `marks0` and `heat0` are those of the channels of the first layer, and so on. */
export interface StatisticsFrame extends Numbered {
  images: number;
  of: number;
  layers: LayerRow[];
  [buffer: string]: unknown;
}

export type Order = "index" | "dead" | "always" | "mean" | "spread" | "zeros";

export interface Traits extends CommonTraits<StatisticsFrame> {
  layers: LayerInfo[];
  layer: string;
  channel: number;
  order: Order;
}

export const DEAD = 1;
export const ALWAYS = 2;

/** The channels of a layer. */
export interface Channels {
  count: number;
  mean: Float32Array;
  spread: Float32Array;
  zeros: Float32Array;
  saturated: Float32Array;
  low: Float32Array;
  high: Float32Array;
  /** `DEAD`, `ALWAYS` or 0. */
  marks: Uint8Array;
  /** Of each channel its bins, the fullest at 255; in steps of square roots. */
  heat: Uint8Array;
  bins: number;
}

export function readChannels(frame: StatisticsFrame, at: number): Channels | null {
  const row = frame.layers[at];
  if (!row?.told) return null;
  const numbers = asFloats(frame[`numbers${at}`]);
  const { channels: count } = row;
  const part = (place: number) => numbers.subarray(place * count, (place + 1) * count);
  const heat = asBytes(frame[`heat${at}`]);
  return {
    count,
    mean: part(0),
    spread: part(1),
    zeros: part(2),
    saturated: part(3),
    low: part(4),
    high: part(5),
    marks: asBytes(frame[`marks${at}`]),
    heat,
    bins: heat.length / count,
  };
}

/** The channels in an order: those that it asks for first, of equals the lower number. */
export function ordered(channels: Channels, order: Order): number[] {
  const numbers = Array.from({ length: channels.count }, (_, at) => at);
  const keys: Record<Order, (at: number) => number> = {
    index: () => 0,
    dead: (at) => (channels.marks[at] === DEAD ? 2 : channels.zeros[at]),
    always: (at) => (channels.marks[at] === ALWAYS ? 2 : -channels.zeros[at]),
    mean: (at) => channels.mean[at],
    spread: (at) => channels.spread[at],
    zeros: (at) => channels.zeros[at],
  };
  const key = keys[order];
  const of = numbers.map((at) => (Number.isNaN(key(at)) ? -Infinity : key(at)));
  return numbers.sort((a, b) => of[b] - of[a] || a - b);
}

/** A layer in words, for who does not see its histogram. */
export function layerWords(row: LayerRow): string {
  const parts = [
    `mean ${formatValue(Number(row.mean))}`,
    `deviation ${formatValue(Number(row.spread))}`,
    `from ${formatValue(Number(row.low))} to ${formatValue(Number(row.high))}`,
    `${percent(row.zeros)} exactly zero`,
  ];
  if (row.saturated !== null) parts.push(`${percent(row.saturated)} saturated`);
  if (row.dead) parts.push(`${plural(row.dead, "channel")} with one value`);
  if (row.always) parts.push(`${plural(row.always, "channel")} always on`);
  if (row.nonfinite) parts.push(`${formatCount(row.nonfinite)} NaN or infinite`);
  return parts.join(", ");
}

export function channelWords(channels: Channels, at: number): string {
  const mark = { [DEAD]: ", one value for all images", [ALWAYS]: ", never switched off" }[channels.marks[at]] ?? "";
  const mean = `mean ${formatValue(channels.mean[at])} ± ${formatValue(channels.spread[at])}`;
  return `channel ${at}: ${mean}, ${percent(channels.zeros[at])} zero${mark}`;
}

export function percent(share: number): string {
  const value = 100 * share;
  if (value > 0 && value < 0.1) return "< 0.1 %";
  if (value > 99.9 && value < 100) return "> 99.9 %";
  return `${value === 0 || value === 100 ? value : value.toFixed(1)} %`;
}
