/**
 * One ascent as the page knows it: the score of every step, and the pictures it still has.
 *
 * The page keeps the pictures it was sent, thinned as they grow many; the kernel keeps some as
 * well. `available` is what the Iteration slider can stop at: either of both. Pure.
 */
import { asBytes, asFloats, asIntegers, rgbToRgba } from "../lib/bytes";
import type { Picture } from "../lib/canvas";
import type { Numbered } from "../lib/frames";
import { History, nearest } from "../lib/history";

/** What one picture of a run climbs; the layer and the channel if it is one. */
export interface TileInfo {
  label: string;
  layer: string | null;
  channel: number | null;
}

/** The frame as it comes from the kernel. */
export interface AscentFrame extends Numbered {
  /** Which run: a new one starts afresh. */
  run: number;
  step: number;
  score: number;
  width: number;
  height: number;
  /** uint8 RGB of all pictures, one after the other; each is `width` by `height`. */
  pixels: unknown;
  /** What each picture climbs; one picture if left out. */
  tiles?: TileInfo[];
  /** The score of each picture; `score` is their mean. */
  each?: number[];
  /** float32, sequences of one value a step, in place of pixels; each is `length` long. */
  samples?: unknown;
  length?: number;
  /** How many steps are planned. */
  steps: number;
  /** float32, one score a step; in settled frames, and in the first one of a view. */
  scores?: unknown;
  /** int32, the steps the kernel has pictures of; in settled frames. */
  kept?: unknown;
  /** An answer to "show": one picture, no news about the run. */
  replay?: boolean;
  /** What is maximised, in words. */
  objective?: string;
}

/** Bytes of pictures that a page keeps; the kernel has more. */
const MEMORY = 48e6;

/** A picture, or a sequence of one value a step, which is drawn as a wave. */
export interface Shown extends Picture {
  samples?: Float32Array;
}

/** All pictures of a step, and their scores. */
export interface Moment {
  pictures: Shown[];
  each: number[];
}

export class Run {
  /** How many steps are planned. */
  planned = 0;
  objective = "";
  tiles: TileInfo[] = [];
  /** The newest step. */
  newest = 0;
  private readonly pictures: History<Moment>;
  /** The last picture that was asked for, beside the evenly spread ones. */
  private replayed: { step: number; moment: Moment } | null = null;
  private kept: number[] = [];
  /** Scores by step, with holes where frames were skipped. */
  private readonly scores: number[] = [];

  constructor(
    readonly id: number,
    pictureBytes: number,
  ) {
    this.pictures = new History(Math.max(8, Math.floor(MEMORY / pictureBytes)));
  }

  /** Takes in a frame of the run's progress. */
  add(frame: AscentFrame): void {
    this.tiles = tilesOf(frame);
    this.pictures.add(frame.step, toMoment(frame));
    this.planned = frame.steps;
    this.objective = frame.objective ?? this.objective;
    this.newest = frame.step;
    if (frame.kept !== undefined) this.kept = [...asIntegers(frame.kept)];
    if (frame.scores !== undefined) {
      asFloats(frame.scores).forEach((score, step) => this.note(step, score));
    }
    this.note(frame.step, frame.score);
  }

  /**
   * Takes in a picture that was asked for.
   *
   * @param asked the step that was meant; where the kernel no longer has it, it sends a near one
   */
  replay(frame: AscentFrame, asked: number | null): void {
    this.replayed = { step: frame.step, moment: toMoment(frame) };
    this.kept = this.kept.filter((step) => step !== asked);
    this.kept.push(frame.step);
  }

  /** What there is to see of a step, if it is here. */
  moment(step: number): Moment | undefined {
    return this.replayed?.step === step ? this.replayed.moment : this.pictures.get(step);
  }

  /** The step nearest to a wanted one of which the page or the kernel has a picture. */
  available(wanted: number): number {
    return nearest([...this.pictures.steps(), ...this.kept], wanted);
  }

  /** The score of a step, or of the nearest with a known one. */
  score(step: number): number {
    for (let away = 0; away <= this.scores.length; away++) {
      const found = this.scores[step - away] ?? this.scores[step + away];
      if (found !== undefined) return found;
    }
    return NaN;
  }

  /** Steps and their known scores, in order. */
  curve(): [step: number, score: number][] {
    const points: [number, number][] = [];
    this.scores.forEach((score, step) => points.push([step, score])); // passes over holes
    return points;
  }

  private note(step: number, score: number): void {
    if (Number.isFinite(score)) this.scores[step] = score;
  }
}

function tilesOf(frame: AscentFrame): TileInfo[] {
  return frame.tiles ?? [{ label: frame.objective ?? "", layer: null, channel: null }];
}

/** The frame's pictures; they share one buffer. */
function toMoment(frame: AscentFrame): Moment {
  const { width, height } = frame;
  const count = tilesOf(frame).length;
  if (frame.samples !== undefined) return { pictures: toWaves(frame), each: frame.each ?? [frame.score] };
  const rgba = rgbToRgba(asBytes(frame.pixels), width * height * count);
  const size = 4 * width * height;
  const pictures = Array.from({ length: count }, (_, at) => {
    return { width, height, rgba: rgba.subarray(at * size, (at + 1) * size) };
  });
  return { pictures, each: frame.each ?? [frame.score] };
}

/** The frame's waves; the buffer around them is of the whole message. */
function toWaves({ width, height, samples, length = 0 }: AscentFrame): Shown[] {
  const all = asFloats(samples).slice();
  const rgba = new Uint8ClampedArray();
  return Array.from({ length: all.length / Math.max(1, length) }, (_, at) => {
    return { width, height, rgba, samples: all.subarray(at * length, (at + 1) * length) };
  });
}
