/**
 * A frame of the attention view: what a query looks at, in every layer and head, and the numbers
 * of the heads. Pure; no element in sight.
 */
import { asBytes, asFloats } from "../lib/bytes";
import type { Numbered } from "../lib/frames";
import type { CommonTraits, InputPicture } from "../lib/model";

export type Show = "head" | "mean" | "rollout" | "flow";
export type Display = "picture" | "matrix";
export type Scale = "head" | "all";

/** One attention layer. */
export interface AttentionLayer {
  name: string;
  heads: number;
  queries: number;
  keys: number;
}

/** Patches as tokens, row by row from token `first` on; `others` are no patches. */
export interface TokenGrid {
  rows: number;
  columns: number;
  first: number;
  others: number[];
  patch: [number, number];
  words: string;
}

export interface Traits extends CommonTraits<AttentionFrame> {
  layers: AttentionLayer[];
  grid: TokenGrid | null;
  tokens: string[];
  /** Sentences about attention that cannot be shown. */
  notes: string[];
  layer: string;
  head: number;
  query: number;
  show: Show;
  display: Display;
  scale: Scale;
  picture: InputPicture | null;
}

/** As it comes from the kernel; `matrix` and `small` are uint8, the other binaries float32. */
export interface AttentionFrame extends Numbered {
  layer: string;
  head: number;
  show: Show;
  query: number;
  /** Share of a flow that is found. */
  progress: number;
  row: unknown;
  rows: unknown;
  entropy: unknown;
  distance?: unknown;
  small?: unknown;
  small_sides?: [number, number][];
  matrix?: unknown;
  matrix_rows?: number;
  matrix_cols?: number;
  matrix_high?: number;
}

/** A rectangle of values, each from 0 to `high`. */
export interface Codes {
  rows: number;
  cols: number;
  codes: Uint8Array;
  high: number;
}

export interface Weights {
  frame: AttentionFrame;
  /** What the query looks at, by key. */
  row: Float32Array;
  /** For each head of each layer what the query looks at. */
  heads: Float32Array[];
  entropy: Float32Array;
  distance: Float32Array | null;
  /** The matrices of all heads, small; only where tokens are no patches. */
  small: Codes[] | null;
  matrix: Codes | null;
}

export function readWeights(frame: AttentionFrame, layers: readonly AttentionLayer[]): Weights {
  const all = asFloats(frame.rows);
  let at = 0;
  const heads = layers.flatMap(({ heads, keys }) =>
    Array.from({ length: heads }, () => all.subarray(at, (at += keys))),
  );
  return {
    frame,
    heads,
    row: asFloats(frame.row),
    entropy: asFloats(frame.entropy),
    distance: frame.distance ? asFloats(frame.distance) : null,
    small: frame.small_sides ? readSmall(asBytes(frame.small), frame.small_sides) : null,
    matrix: frame.matrix
      ? {
          rows: frame.matrix_rows ?? 0,
          cols: frame.matrix_cols ?? 0,
          codes: asBytes(frame.matrix),
          high: frame.matrix_high ?? 1,
        }
      : null,
  };
}

function readSmall(bytes: Uint8Array, sides: [number, number][]): Codes[] {
  let at = 0;
  return sides.map(([rows, cols]) => {
    const codes = bytes.subarray(at, (at += rows * cols));
    return { rows, cols, codes, high: 1 };
  });
}

/** Values as codes from 0 to the largest of them, or to `high`. */
export function toCodes(values: Float32Array, rows: number, cols: number, high?: number): Codes {
  const most = high ?? largest(values);
  const codes = Uint8Array.from(values, (value) =>
    Math.round(255 * Math.min(1, Math.max(0, value / (most || 1)))),
  );
  return { rows, cols, codes, high: most };
}

/** The part of a row that lies on the patches. */
export function onGrid(row: Float32Array, { first, rows, columns }: TokenGrid): Float32Array {
  return row.subarray(first, first + rows * columns);
}

export function largest(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

/** A layer's own query, where its queries are not the tokens: learnt ones, or some of the tokens. */
export function ownQuery(layer: AttentionLayer, query: number): number | null {
  return layer.queries === layer.keys ? null : Math.min(query, layer.queries - 1);
}

/** Who looks, in words. */
export function lookerOf(layer: AttentionLayer, query: number, tokens: readonly string[]): string {
  const own = ownQuery(layer, query);
  return own === null ? (tokens[query] ?? "") : `query ${own}`;
}

/** Number of a head among those of all layers. */
export function headIndex(layers: readonly AttentionLayer[], name: string, head: number): number {
  const at = layers.findIndex((layer) => layer.name === name);
  return layers.slice(0, Math.max(0, at)).reduce((sum, { heads }) => sum + heads, 0) + head;
}

/** The layer and head of a number among those of all layers. */
export function headAt(layers: readonly AttentionLayer[], index: number): [string, number] | null {
  let left = index;
  for (const { name, heads } of layers) {
    if (left < heads) return [name, left];
    left -= heads;
  }
  return null;
}
