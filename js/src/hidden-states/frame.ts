/**
 * What the kernel tells of a sequence: every number of every step, so that moving through the steps
 * asks nothing of it.
 */
import { asFloats } from "../lib/bytes";
import { type Course, largestAt } from "../lib/course";
import type { Numbered } from "../lib/frames";

export interface MapTold {
  name: string;
  gate: boolean;
  units: number;
}

export interface StatesFrame extends Numbered {
  layer: string;
  steps: number;
  units: number;
  maps: MapTold[];
  /** float32, one map after another, each by step and then by unit. */
  values: unknown;
  /** Of what is read at a step; 0 where that is not known. */
  features: number;
  inputs?: unknown;
  /** What the predictions mean, in words. */
  predicted: string;
  classes: string[];
  predictions?: unknown;
  /** Axis, start, stride and size of the places of the input that a step sees. */
  reads: [axis: number, start: number, stride: number, size: number] | null;
  reverse: boolean;
  notes: string[];
}

/** The maps of a frame by name, in its order. */
export function readMaps(frame: StatesFrame): Map<string, Course & { gate: boolean }> {
  const all = asFloats(frame.values);
  const maps = new Map<string, Course & { gate: boolean }>();
  let start = 0;
  for (const { name, gate, units } of frame.maps) {
    const end = start + frame.steps * units;
    maps.set(name, { steps: frame.steps, rows: units, values: all.subarray(start, end), gate });
    start = end;
  }
  return maps;
}

export function readInputs(frame: StatesFrame): Course | null {
  if (!frame.inputs) return null;
  return { steps: frame.steps, rows: frame.features, values: asFloats(frame.inputs) };
}

export function readPredictions(frame: StatesFrame): Course | null {
  if (!frame.predictions) return null;
  return { steps: frame.steps, rows: frame.classes.length, values: asFloats(frame.predictions) };
}

/** The step after which the largest row never changes again; null where it does at the last. */
export function decidedAt(course: Course, reverse: boolean): number {
  const order = Array.from({ length: course.steps }, (_, k) => (reverse ? k : course.steps - 1 - k));
  const last = largestAt(course, order[0]);
  let decided = order[0];
  for (const step of order) {
    if (largestAt(course, step) !== last) break;
    decided = step;
  }
  return decided;
}

/** The places of the input, along one axis, that a step sees, cut to those that there are. */
export function seenBy(
  [, start, stride, size]: [number, number, number, number],
  step: number,
  length: number,
): [from: number, to: number] {
  const from = start + step * stride;
  const cut = (place: number) => Math.min(length, Math.max(0, place));
  return [cut(from), cut(from + size)];
}
