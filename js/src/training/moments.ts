/**
 * What the page knows of a training: the curves so far, and the looks at the network it was sent.
 *
 * Looks are kept by unit and step, so that going back to one that was here needs no kernel. Pure.
 */
import { asBytes, asFloats, asIntegers } from "../lib/bytes";
import type { Numbered } from "../lib/frames";
import { nearest } from "../lib/history";

/** A layer's name, and its gradient, update and dead share; null where one is not known. */
export type Figures = [layer: string, ...numbers: (number | string | null)[]];

/** The frame as it comes from the kernel. */
export interface TrainingFrame extends Numbered {
  /** How many steps were made. */
  step: number;
  /** The share of the time that watching took. */
  cost: number;
  /** int32, the steps whose network the kernel has. */
  kept: unknown;
  curves: { name: string; other: boolean; points: number }[];
  /** float32 of all curves, one after the other. */
  steps: unknown;
  values: unknown;
  /** The look: of which step, layer and channel. None is there before the first. */
  at?: number | undefined;
  layer: string;
  channel: number;
  figures: Figures[];
  map: unknown;
  map_size: [rows: number, cols: number];
  map_range: [low: number, high: number];
  filters: unknown;
  filters_size: [count: number, rows: number, cols: number, channels: number];
  filters_of: string;
  filters_range: number;
  ascent: unknown;
  ascent_size: [rows: number, cols: number];
}

export interface Curve {
  name: string;
  /** Of an earlier training, to compare with. */
  other: boolean;
  steps: Float32Array;
  values: Float32Array;
}

export interface Look {
  step: number;
  layer: string;
  channel: number;
  figures: Figures[];
  map: { codes: Uint8Array; rows: number; cols: number; low: number; high: number };
  /** uint8, 128 for zero; filter by filter, row by row, the colours last. */
  filters: { codes: Uint8Array; count: number; rows: number; cols: number; channels: number };
  filtersOf: string;
  filtersRange: number;
  /** uint8 RGB. */
  ascent: { rgb: Uint8Array; rows: number; cols: number };
}

/** How many looks a page keeps. */
const MOST = 400;

export class Moments {
  step = 0;
  cost = 0;
  kept: number[] = [];
  curves: Curve[] = [];
  private readonly looks = new Map<string, Look>();
  private newestLook: Look | null = null;

  add(frame: TrainingFrame): void {
    this.step = frame.step;
    this.cost = frame.cost;
    this.kept = [...asIntegers(frame.kept)];
    this.curves = readCurves(frame);
    if (frame.at === undefined) return;
    const look = readLook(frame);
    if (!this.newestLook || look.step >= this.newestLook.step) this.newestLook = look;
    const name = key(look.layer, look.channel, look.step);
    this.looks.delete(name); // so that it is the youngest
    this.looks.set(name, look);
    if (this.looks.size > MOST) this.looks.delete(this.looks.keys().next().value!);
  }

  /** The step nearest to a wanted one that there is a network of; -1 stands for the newest. */
  available(wanted: number): number {
    return wanted < 0 ? Math.max(-1, ...this.kept) : nearest(this.kept, wanted);
  }

  /** A look that was sent. */
  look(layer: string, channel: number, step: number): Look | null {
    return this.looks.get(key(layer, channel, step)) ?? null;
  }

  get newest(): Look | null {
    return this.newestLook;
  }
}

function key(layer: string, channel: number, step: number): string {
  return JSON.stringify([layer, channel, step]);
}

function readCurves({ curves, steps, values }: TrainingFrame): Curve[] {
  const [x, y] = [asFloats(steps), asFloats(values)];
  let from = 0;
  return curves.map(({ name, other, points }) => {
    const to = from + points;
    const curve = { name, other, steps: x.subarray(from, to), values: y.subarray(from, to) };
    from = to;
    return curve;
  });
}

function readLook(frame: TrainingFrame): Look {
  const [count, rows, cols, channels] = frame.filters_size;
  return {
    step: frame.at!,
    layer: frame.layer,
    channel: frame.channel,
    figures: frame.figures,
    map: {
      codes: asBytes(frame.map),
      rows: frame.map_size[0],
      cols: frame.map_size[1],
      low: frame.map_range[0],
      high: frame.map_range[1],
    },
    filters: { codes: asBytes(frame.filters), count, rows, cols, channels },
    filtersOf: frame.filters_of,
    filtersRange: frame.filters_range,
    ascent: {
      rgb: asBytes(frame.ascent),
      rows: frame.ascent_size[0],
      cols: frame.ascent_size[1],
    },
  };
}

/** Curves that share a chart: "loss" with "val_loss". */
export function charts(curves: readonly Curve[]): { name: string; curves: Curve[] }[] {
  const found = new Map<string, Curve[]>();
  for (const curve of curves) {
    const name = curve.name.replace(/^(val|valid|validation|test|train)[_/ ]/, "");
    found.set(name, [...(found.get(name) ?? []), curve]);
  }
  return [...found].map(([name, curves]) => ({ name, curves }));
}

/** The value of a curve at a step, or at the last one before it that it has. */
export function valueAt(curve: Curve, step: number): number {
  return pointAt(curve, step)[1];
}

/** The last point of a curve up to a step. */
export function pointAt({ steps, values }: Curve, step: number): [step: number, value: number] {
  let at = -1;
  for (let k = 0; k < steps.length && steps[k] <= step; k++) at = k;
  return at < 0 ? [NaN, NaN] : [steps[at], values[at]];
}

/** A bar's length for a number whose powers of ten matter, from 0 to 1. */
export function logShare(value: number, low: number, high: number): number {
  if (!(value > 0)) return 0;
  const share = (Math.log10(value) - Math.log10(low)) / (Math.log10(high) - Math.log10(low));
  return Math.min(1, Math.max(0.02, share));
}
