/**
 * What the kernel tells of one number: the steps that made it, with all their numbers.
 *
 * Arrays lie in one binary value, as float64; a step names the place of its own.
 */
import { asBytes } from "../lib/bytes";
import type { Numbered } from "../lib/frames";
import type { Position } from "../lib/model";

/** A number; NaN and the infinities come as words. */
export type Figure = number | string;

/** Where an array lies among the numbers, and how long it is. */
export type Span = [start: number, count: number];

/** An operation on the number at hand, its second operand, and what comes out. */
export type Line = [operation: string, operand: Figure | null, result: Figure];

interface Common {
  name: string;
  operation: string;
  /** The layer that the number comes from; "" inside of a layer. */
  source: string;
  index: number[];
  result: Figure;
}

export interface WindowTold {
  rows: number;
  cols: number;
  /** Rows and columns of the map below, or null where there is none to show. */
  places: [number[], number[]] | null;
  /** 0 a value, 1 padding, 2 a zero between two values. Empty where the window is too large. */
  states: number[];
  window: Span;
}

export interface ConvolutionTold extends Common, WindowTold {
  kind: "convolution";
  kernel: Span;
  products: Span;
  /** The input channel that is told in full. */
  open: number;
  sum: Figure;
  channels: number[];
  sums: Span;
  rest: Figure;
  count: number;
  total: Figure;
  tail: Line[];
}

export interface Rival {
  channel: number;
  label: string;
  result: Figure;
  contributions: [number: number, product: Figure][];
  rest: Figure;
}

export interface DenseTold extends Common {
  kind: "dense";
  numbers: number[];
  inputs: Span;
  weights: Span;
  products: Span;
  rest: Figure;
  count: number;
  total: Figure;
  tail: Line[];
  rivals: Rival[];
}

export interface ActivationTold extends Common {
  kind: "activation";
  input: Figure;
  xs: Span;
  ys: Span;
}

export interface SoftmaxTold extends Common {
  kind: "softmax";
  number: number;
  inputs: Span;
  listed: number[];
  labels: string[];
  total: Figure;
  logarithm: boolean;
}

export interface PoolTold extends Common, WindowTold {
  kind: "pool";
  how: "max" | "min" | "sum";
  winner: number | null;
  count: number;
  total: Figure;
  tail: Line[];
}

export interface ScalingTold extends Common {
  kind: "scaling";
  input: Figure;
  tail: Line[];
  /** mean, variance, scale and shift of a norm, as far as they are known. */
  parameters: Record<string, Figure>;
}

export interface CombinationTold extends Common {
  kind: "combination";
  terms: [name: string, value: Figure][];
  total: Figure;
  tail: Line[];
}

export interface ConcatenationTold extends Common {
  kind: "concatenation";
  sources: string[];
  number: number;
  place: number;
}

export interface CopyTold extends Common {
  kind: "copy";
}

export interface OpaqueTold extends Common {
  kind: "opaque";
  words: string;
}

export type StepTold =
  | ConvolutionTold
  | DenseTold
  | ActivationTold
  | SoftmaxTold
  | PoolTold
  | ScalingTold
  | CombinationTold
  | ConcatenationTold
  | CopyTold
  | OpaqueTold;

export interface MapInfo {
  rows: number;
  cols: number;
  low: number;
  high: number;
}

export interface OperationFrame extends Numbered {
  /** Number of the image: another one has another. */
  image: number;
  layer: string;
  channel: number;
  position: Position;
  /** Of the class that the channel stands for, or "". */
  label: string;
  value: Figure;
  steps: StepTold[];
  then: StepTold[];
  numbers: unknown;
  output: MapInfo;
  outputCodes: unknown;
  input?: MapInfo;
  inputCodes?: unknown;
  places?: [number[], number[]];
  inputName?: string;
  inputChannel?: number;
  /** The window is on its way over the map. */
  walking?: boolean;
}

/** All numbers of a frame; copied, since the offset of a binary value may be odd. */
export function readNumbers(frame: OperationFrame): Float64Array {
  return new Float64Array(asBytes(frame.numbers).slice().buffer);
}

/** A frame with the very maps of the last one where they are the same, which need no painting. */
export function keepMaps(frame: OperationFrame, last: OperationFrame | null): OperationFrame {
  const kept = { ...frame };
  if (last && sameMap(frame.output, last.output) && sameBytes(frame.outputCodes, last.outputCodes)) {
    kept.outputCodes = last.outputCodes;
  }
  if (last && sameMap(frame.input, last.input) && sameBytes(frame.inputCodes, last.inputCodes)) {
    kept.inputCodes = last.inputCodes;
  }
  return kept;
}

function sameMap(one: MapInfo | undefined, other: MapInfo | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function sameBytes(one: unknown, other: unknown): boolean {
  const [a, b] = [asBytes(one), asBytes(other)];
  return a.length === b.length && a.every((value, at) => value === b[at]);
}

/** One array of a frame. */
export function slice(numbers: Float64Array, [start, count]: Span): Float64Array {
  return numbers.subarray(start, start + count);
}
