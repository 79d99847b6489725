/**
 * What the kernel sends: what the network makes of the image without and with the edits.
 */
import { asBytes, asFloats, asIntegers } from "../lib/bytes";
import type { Numbered } from "../lib/frames";
import type { CommonTraits, InputPicture, LayerInfo } from "../lib/model";

export type Region = [top: number, left: number, bottom: number, right: number];
export type Range = [low: number, high: number];

export interface EditInfo {
  kind: string;
  layer: string;
  channels: number[] | null;
  region: Region | null;
  place: string;
  name: string;
  title: string;
  on: boolean;
  /** Null where there is no one number to change. */
  value: number | null;
}

export interface InterventionFrame extends Numbered {
  layer: string;
  channel: number;
  target: number;
  own: { rows: number; cols: number; low: number; high: number };
  own_codes: unknown;
  seen: string;
  rows: number;
  cols: number;
  channels: number;
  changed: number;
  nonfinite: number;
  most: number;
  tile_channels: unknown;
  tile_ranges: unknown;
  tile_means: unknown;
  before: unknown;
  after: unknown;
  difference: unknown;
  shown_classes: number[];
  shares: unknown;
  logits: unknown;
  attribution: { signed: boolean; most: number; apart: number } | null;
  refused: string;
  attribution_before?: unknown;
  attribution_after?: unknown;
  attribution_difference?: unknown;
  /** Whether a ranking is on its way. */
  ranking: boolean;
  effects?: {
    layer: string;
    target: number;
    progress: number;
    measured: number;
    current: boolean;
  };
  effect_channels?: unknown;
  effect_logits?: unknown;
  effect_shares?: unknown;
}

export interface Traits extends CommonTraits<InterventionFrame> {
  layers: LayerInfo[];
  layer: string;
  channel: number;
  region: Region | null;
  whole: boolean;
  seen: string;
  target: number | null;
  method: string;
  classes: string[];
  methods: [name: string, title: string][];
  donors: string[];
  means: boolean;
  stack: EditInfo[];
  history: { undo: boolean; redo: boolean; clear: boolean };
  picture: InputPicture | null;
}

/** One channel of the watched layer. */
export interface Tile {
  channel: number;
  range: Range;
  /** Means before, after, and of the difference. */
  means: [before: number, after: number, difference: number];
  before: Uint8Array;
  after: Uint8Array;
  difference: Uint8Array;
}

export function readTiles(frame: InterventionFrame): Tile[] {
  const channels = asIntegers(frame.tile_channels);
  const ranges = asFloats(frame.tile_ranges);
  const means = asFloats(frame.tile_means);
  const size = frame.rows * frame.cols;
  const [before, after, difference] = [frame.before, frame.after, frame.difference].map(asBytes);
  return Array.from(channels, (channel, at) => {
    const part = (codes: Uint8Array) => codes.subarray(at * size, (at + 1) * size);
    return {
      channel,
      range: [ranges[2 * at], ranges[2 * at + 1]],
      means: [means[3 * at], means[3 * at + 1], means[3 * at + 2]],
      before: part(before),
      after: part(after),
      difference: part(difference),
    };
  });
}

export interface ClassChange {
  index: number;
  shares: [before: number, after: number];
  logits: [before: number, after: number];
}

/** The classes that are shown, the likeliest first. */
export function readClasses(frame: InterventionFrame): ClassChange[] {
  const [shares, logits] = [asFloats(frame.shares), asFloats(frame.logits)];
  return frame.shown_classes.map((index, at) => ({
    index,
    shares: [shares[2 * at], shares[2 * at + 1]],
    logits: [logits[2 * at], logits[2 * at + 1]],
  }));
}

export interface Effect {
  channel: number;
  logit: number;
  share: number;
}

/** The ranked channels, the largest effect first. */
export function readEffects(frame: InterventionFrame): Effect[] {
  const logits = asFloats(frame.effect_logits);
  const shares = asFloats(frame.effect_shares);
  return Array.from(asIntegers(frame.effect_channels), (channel, at) => ({
    channel,
    logit: logits[at],
    share: shares[at],
  }));
}

/** The region between two cells, both of them in it. */
export function regionBetween(
  first: readonly [number, number],
  second: readonly [number, number],
): Region {
  return [
    Math.min(first[0], second[0]),
    Math.min(first[1], second[1]),
    Math.max(first[0], second[0]) + 1,
    Math.max(first[1], second[1]) + 1,
  ];
}

/**
 * The region after a key: arrows move it, with Shift they move its lower right corner. Null for all
 * of the map; undefined for a key that means nothing here.
 */
export function regionByKey(
  region: Region | null,
  key: string,
  shift: boolean,
  rows: number,
  cols: number,
): Region | null | undefined {
  if (key === "Escape") return null;
  const moves: Record<string, [number, number]> = {
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
  };
  const move = moves[key];
  if (!move) return undefined;
  if (!region) {
    const [row, col] = [Math.floor(rows / 2), Math.floor(cols / 2)];
    return [row, col, row + 1, col + 1];
  }
  const [top, left, bottom, right] = region;
  if (shift) {
    return [
      top,
      left,
      Math.min(rows, Math.max(top + 1, bottom + move[0])),
      Math.min(cols, Math.max(left + 1, right + move[1])),
    ];
  }
  const down = Math.min(rows - bottom, Math.max(-top, move[0]));
  const across = Math.min(cols - right, Math.max(-left, move[1]));
  return [top + down, left + across, bottom + down, right + across];
}
