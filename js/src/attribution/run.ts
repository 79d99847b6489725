/**
 * One run of some methods on one image, as the page knows it.
 *
 * The page keeps the maps that it was sent, thinned as they grow many; the kernel keeps some as
 * well. What is known of a map only when it is done belongs to the run, not to a step. Pure.
 */
import { asBytes, asFloats, asIntegers } from "../lib/bytes";
import type { Range } from "../lib/color-bar";
import type { Numbered } from "../lib/frames";
import { History, nearest } from "../lib/history";

/** A class and how likely it is. */
export type Seen = [index: number, share: number];

export interface Trust {
  text: string;
  tone: "good" | "bad" | "plain";
}

/** The frame as it comes from the kernel. */
export interface AttributionFrame extends Numbered {
  run: number;
  step: number;
  names: string[];
  rows: number;
  cols: number;
  /** uint8, one map after another. */
  codes: unknown;
  /** float32, the values of the first and the last code of each map. */
  limits: unknown;
  /** float32, share of the work that is done. */
  progress: unknown;
  /** int32, passes in the estimate. */
  samples: unknown;
  layers: string[];
  notes: string[][];
  trust: Trust[][];
  /** Why a method could not run; "" where it could. */
  refused: string[];
  target: number;
  /** The likeliest classes of the image as it is given, and as it is shown. */
  before: Seen[];
  seen: Seen[];
  epsilon: number;
  kept?: unknown;
  /** An answer to "show": old maps, no news about the run. */
  replay?: boolean;
}

/** One method's map at one step. */
export interface MapState {
  codes: Uint8Array;
  range: Range;
  progress: number;
  samples: number;
  layer: string;
  notes: string[];
}

/** Bytes of maps that a page keeps; the kernel has more. */
const MEMORY = 48e6;

export class Run {
  newest = -1;
  private readonly steps: History<MapState[]>;
  private replayed: { step: number; maps: MapState[] } | null = null;
  private kept: number[] = [];

  constructor(public latest: AttributionFrame) {
    const { rows, cols, names } = latest;
    this.steps = new History(Math.max(8, Math.floor(MEMORY / (rows * cols * names.length))));
  }

  /** Takes in a frame of the run's progress. */
  add(frame: AttributionFrame): void {
    this.latest = frame;
    this.newest = Math.max(this.newest, frame.step);
    this.steps.add(frame.step, readMaps(frame));
    if (frame.kept !== undefined) this.kept = [...asIntegers(frame.kept)];
  }

  /** Takes in maps that were asked for; where the kernel no longer has them, it sends near ones. */
  replay(frame: AttributionFrame, asked: number | null): void {
    this.replayed = { step: frame.step, maps: readMaps(frame) };
    this.kept = this.kept.filter((step) => step !== asked);
    this.kept.push(frame.step);
  }

  maps(step: number): MapState[] | undefined {
    return this.replayed?.step === step ? this.replayed.maps : this.steps.get(step);
  }

  /** The step nearest to a wanted one of which the page or the kernel has the maps. */
  available(wanted: number): number {
    return nearest([...this.steps.steps(), ...this.kept], wanted);
  }
}

function readMaps(frame: AttributionFrame): MapState[] {
  const size = frame.rows * frame.cols;
  const codes = asBytes(frame.codes).slice(); // the buffer around them is of the whole message
  const limits = asFloats(frame.limits);
  const progress = asFloats(frame.progress);
  const samples = asIntegers(frame.samples);
  return frame.names.map((_, index) => ({
    codes: codes.subarray(index * size, (index + 1) * size),
    range: [limits[2 * index], limits[2 * index + 1]],
    progress: progress[index],
    samples: samples[index],
    layer: frame.layers[index],
    notes: frame.notes[index],
  }));
}
