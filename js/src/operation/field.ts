/**
 * What all places of a channel are made of, as the kernel sends it once. Pure.
 *
 * A number that is the same everywhere stands in the message; of one that differs from place to
 * place the message says where the first of them lies. Planes are the large maps.
 */
import { asBytes } from "../lib/bytes";
import type { Position } from "../lib/model";
import type { Figure, OperationFrame, Span } from "./frame";

/** A whole number: the first, and what each row and each column adds. */
export type Even = [first: number, down: number, right: number];

/** A number for all places, or where the numbers of all places begin. */
export type AtPlaces = Figure | [start: number];

/** Where a plane begins, and its sizes. */
export type Plane = [start: number, ...sizes: number[]];

/** How windows lie along an axis of a map. */
export interface Along {
  /** Which window is meant. */
  spot: Even;
  size: number;
  window: number;
  stride: number;
  before: number;
  dilation: number;
  spread: number;
}

export interface Slid {
  axes: Along[];
  maps: Plane;
  /** Of a convolution. */
  kernel: Span | null;
  /** Number of the first input channel. */
  first: number;
}

export interface LineField {
  operation: string;
  operand: AtPlaces | null;
  /** What came out in the network, where the operand does not say it. */
  given: AtPlaces | null;
}

export interface StepField {
  /** Of the element that it takes; [k] for the place on axis k of the window. */
  index: (Even | [axis: number])[];
  terms: AtPlaces[];
  result: AtPlaces | null;
  lines: LineField[];
  slid?: Slid;
  /** The inputs of a dense layer or a softmax, a row for every place. */
  rows?: Plane;
  weights?: Span | null;
  /** Which input of a softmax. */
  number?: Even;
  labels?: string[] | null;
}

export interface FieldTold {
  image: number;
  layer: string;
  channel: number;
  rows: number;
  cols: number;
  value: AtPlaces;
  /** Null where the kernel has to be asked for each place. */
  steps: StepField[] | null;
  then: StepField[];
  /** The map that the first step takes a single element of. */
  backdrop: { map: Plane; spots: [Even, Even] } | null;
  /** The name of the planes: `f4-…` or `f8-…`, by their type. */
  planes: string;
  numbers: unknown;
  /** Absent where the page has the planes of that name. */
  planeData?: unknown;
  /** There is nothing to send yet. */
  later?: boolean;
}

export interface Planes {
  name: string;
  values: Float32Array | Float64Array;
}

export interface Field extends Omit<FieldTold, "steps" | "planes" | "numbers" | "planeData"> {
  steps: StepField[];
  numbers: Float64Array;
  planes: Planes;
}

/**
 * A field with its binary values read, or null where its planes are not at hand.
 *
 * @param have the planes that the page has
 */
export function readField(told: FieldTold, have: Planes | null): Field | null {
  if (told.steps === null) return null;
  const planes = told.planeData === undefined ? have : readPlanes(told.planes, told.planeData);
  if (planes?.name !== told.planes) return null;
  const numbers = new Float64Array(asBytes(told.numbers).slice().buffer);
  return { ...told, steps: told.steps, numbers, planes };
}

function readPlanes(name: string, data: unknown): Planes {
  const { buffer } = asBytes(data).slice();
  return { name, values: name.startsWith("f4") ? new Float32Array(buffer) : new Float64Array(buffer) };
}

/** Whether a frame and a field are of the same channel of the same image. */
export function isOf(frame: OperationFrame, field: { image: number; layer: string; channel: number }): boolean {
  return frame.image === field.image && frame.layer === field.layer && frame.channel === field.channel;
}

/** A whole number at a place. */
export function evenAt([first, down, right]: Even, [row, col]: Position): number {
  return first + down * row + right * col;
}

/** A number at a place. */
export function valueAt(field: Field, values: AtPlaces, [row, col]: Position): number {
  if (!Array.isArray(values)) return Number(values);
  return field.numbers[values[0] + row * field.cols + col];
}

/** One of several planes that lie one after the other. */
export function planeAt({ planes }: Field, [start, ...sizes]: Plane, at: number): Float32Array | Float64Array {
  const size = sizes.slice(1).reduce((product, each) => product * each, 1);
  return planes.values.subarray(start + at * size, start + (at + 1) * size);
}
