/**
 * One dream as the page knows it: where it has got to, and the pictures it still has.
 *
 * The page keeps the pictures it was sent, thinned as they grow many; the kernel keeps some as
 * well. `available` is what the Iteration slider can stop at: either of both. Pure.
 */
import { asBytes, asIntegers, rgbToRgba } from "../lib/bytes";
import type { Picture } from "../lib/canvas";
import { formatValue } from "../lib/format";
import type { Numbered } from "../lib/frames";
import { History, nearest } from "../lib/history";

/** The frame as it comes from the kernel. */
export interface DreamFrame extends Numbered {
  /** Which run: a new one starts afresh. */
  run: number;
  /** What is dreamt of, in words. */
  label: string;
  /** Counted through all octaves; the last one is `steps`. */
  step: number;
  steps: number;
  octave: number;
  octaves: number;
  /** Within the octave. */
  iteration: number;
  score: number;
  /** What is wrong with the picture, in words. */
  note: string;
  /** Width and height of the dream itself; a large one is shrunk for the page. */
  size: [number, number];
  width: number;
  height: number;
  /** uint8 RGB. */
  pixels: unknown;
  /** int32, the steps the kernel has pictures of; in settled frames. */
  kept?: unknown;
  /** An answer to "show": one picture, no news about the run. */
  replay?: boolean;
}

/** One moment: a picture with what is to be said of it. */
export interface Moment {
  picture: Picture;
  size: [number, number];
  step: number;
  octave: number;
  iteration: number;
  score: number;
  note: string;
}

/** Bytes of pictures that a page keeps; the kernel has more. */
const MEMORY = 64e6;

export class Dream {
  readonly id: number;
  readonly label: string;
  readonly steps: number;
  readonly octaves: number;
  newest = 0;
  private readonly moments: History<Moment>;
  private replayed: Moment | null = null;
  private kept: number[] = [];

  /** @param pixels of the photograph, by which room for pictures is made */
  constructor(first: DreamFrame, pixels: number) {
    this.id = first.run;
    this.label = first.label;
    this.steps = first.steps;
    this.octaves = first.octaves;
    this.moments = new History(Math.max(8, Math.floor(MEMORY / (4 * pixels))));
  }

  add(frame: DreamFrame): void {
    this.moments.add(frame.step, toMoment(frame));
    this.newest = frame.step;
    if (frame.kept !== undefined) this.kept = [...asIntegers(frame.kept)];
  }

  /**
   * Takes in a picture that was asked for.
   *
   * @param asked the step that was meant; where the kernel no longer has it, it sends a near one
   */
  replay(frame: DreamFrame, asked: number | null): void {
    this.replayed = toMoment(frame);
    if (frame.kept !== undefined) this.kept = [...asIntegers(frame.kept)];
    this.kept = this.kept.filter((step) => step !== asked);
    this.kept.push(frame.step);
  }

  moment(step: number): Moment | undefined {
    return this.replayed?.step === step ? this.replayed : this.moments.get(step);
  }

  /** The step nearest to a wanted one of which the page or the kernel has a picture. */
  available(wanted: number): number {
    return nearest([...this.moments.steps(), ...this.kept], wanted);
  }
}

/** Where each octave begins, as a share of all steps; all octaves have equally many. */
export function octaveMarks(octaves: number): number[] {
  return Array.from({ length: octaves }, (_, octave) => octave / octaves);
}

/** How far a dream is, in words. */
export function momentWords(moment: Moment, { octaves, steps }: Dream): string {
  const each = Math.round(steps / octaves);
  return [
    `octave ${moment.octave + 1} of ${octaves}`,
    `iteration ${moment.iteration} of ${each}`,
    `score ${formatValue(moment.score)}`,
  ].join(", ");
}

function toMoment(frame: DreamFrame): Moment {
  const { size, step, octave, iteration, score, note, width, height } = frame;
  const rgba = rgbToRgba(asBytes(frame.pixels), width * height);
  return { picture: { width, height, rgba }, size, step, octave, iteration, score, note };
}
