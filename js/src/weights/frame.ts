/**
 * What the kernel tells of a layer's weights, read and put in order. Pure; no element in sight.
 */
import { asBytes, asFloats, asIntegers } from "../lib/bytes";
import type { Numbered } from "../lib/frames";

export interface Statistics {
  count: number;
  nonfinite: number;
  sampled: number;
  nearZero: number | string;
  first: number;
  last: number;
  mean: number | string;
  std: number | string;
  low: number | string;
  high: number | string;
  norm: number | string;
}

/** Codes of a tile: value = code / 32767 * scale. Without means, blocks are single cells. */
export interface TileTold {
  tileRows: number;
  tileCols: number;
  extreme: unknown;
  extremeScale: number;
  mean?: unknown;
  meanScale?: number;
}

export interface MatrixTold extends TileTold {
  rows: number;
  cols: number;
  /** The level at which all is one tile. */
  top: number;
}

/** What holds for all channels of a layer; without a kernel there are words alone. */
export interface AboutTold {
  layer: string;
  words: string;
  nearest?: string[];
  kind: string;
  outputs: number;
  inputs: number;
  groups: number;
  window: number[];
  rows: number;
  cols: number;
  sources: string[];
  statistics: Statistics;
  counts: unknown;
  matrix: MatrixTold;
  /** Whether the filters look at red, green and blue. */
  color?: boolean;
  /** All weights, where filters can be shown side by side. */
  filters?: unknown;
}

export interface MapTold {
  at: number;
  rows: number;
  cols: number;
  low: number | string;
  high: number | string;
}

export interface Partner {
  channel: number;
  strength: number;
  total: number;
  kernel: number;
  rows: number;
  cols: number;
  map: MapTold | null;
}

export interface LinksTold {
  layer: string;
  count: number;
  strength: number;
  total: number;
  partners: Partner[];
}

/** One channel: its kernel and its ties. */
export interface ChannelFrame extends Numbered {
  layer: string;
  channel: number;
  none?: boolean;
  norm: number | string;
  kernel: number;
  taken: unknown;
  sourceChannels: unknown;
  before: LinksTold[];
  after: LinksTold[];
  more: [before: number, after: number];
  own: MapTold | null;
  numbers: unknown;
  codes: unknown;
}

/** The binary values of a frame, read once. */
export interface Channel {
  frame: ChannelFrame;
  numbers: Float32Array;
  codes: Uint8Array;
  taken: Int32Array;
  sourceChannels: Int32Array;
}

export function readChannel(frame: ChannelFrame): Channel {
  return {
    frame,
    numbers: asFloats(frame.numbers),
    codes: asBytes(frame.codes),
    taken: asIntegers(frame.taken),
    sourceChannels: asIntegers(frame.sourceChannels),
  };
}

/** Small pictures of weights, all of one size, one after the other. */
export interface Pictures {
  values: Float32Array;
  count: number;
  /** Weights of a cell: 3 are red, green and blue. */
  depth: 1 | 3;
  rows: number;
  cols: number;
}

/** All filters of a layer, cell by cell with the input channel last. */
export function filtersOf(about: AboutTold): Pictures | null {
  if (!about.filters) return null;
  const given = asFloats(about.filters);
  const { outputs, rows, cols } = about;
  const depth = about.color ? 3 : 1;
  const cells = rows * cols;
  const values = new Float32Array(given.length);
  for (let filter = 0; filter < outputs; filter++) {
    for (let plane = 0; plane < depth; plane++) {
      for (let cell = 0; cell < cells; cell++) {
        const from = (filter * depth + plane) * cells + cell;
        values[(filter * cells + cell) * depth + plane] = given[from];
      }
    }
  }
  return { values, count: outputs, depth, rows, cols };
}

/** The kernel of one channel, a picture for each input channel. */
export function slicesOf(channel: Channel, { rows, cols }: AboutTold): Pictures {
  const { kernel } = channel.frame;
  const count = channel.taken.length;
  const values = channel.numbers.subarray(kernel, kernel + count * rows * cols);
  return { values, count, depth: 1, rows, cols };
}

/** The largest magnitude of each picture. */
export function magnitudes({ values, count }: Pictures): Float32Array {
  const size = values.length / Math.max(1, count);
  return Float32Array.from({ length: count }, (_, at) => largest(values, at * size, (at + 1) * size));
}

/** The largest finite magnitude in a stretch of numbers; 0 if there is none. */
export function largest(values: ArrayLike<number>, from = 0, to = values.length): number {
  let most = 0;
  for (let at = from; at < to; at++) {
    const size = Math.abs(values[at]);
    if (size > most && size < Infinity) most = size;
  }
  return most;
}

/** The L2 norm of each picture. */
export function norms({ values, count }: Pictures): Float32Array {
  const size = values.length / Math.max(1, count);
  return Float32Array.from({ length: count }, (_, at) => {
    let sum = 0;
    for (let k = at * size; k < (at + 1) * size; k++) sum += values[k] * values[k] || 0;
    return Math.sqrt(sum);
  });
}

/** Places in the order in which they are shown: the largest first, ties and all else by index. */
export function ordered(sizes: ArrayLike<number>, order: "index" | "strongest"): number[] {
  const places = Array.from({ length: sizes.length }, (_, at) => at);
  if (order === "strongest") places.sort((a, b) => sizes[b] - sizes[a] || a - b);
  return places;
}

export interface ArrangementTold {
  layer: string;
  what: string;
  words: string;
  numbers?: unknown;
  places?: unknown;
  explained?: number | null;
  cosines?: unknown;
  values?: unknown;
  complete?: boolean;
  energy?: number;
  most?: number;
  needed?: number | null;
}

/** Cosines between filters, read from bytes. */
export class Likeness {
  readonly numbers: Int32Array;
  private readonly codes: Uint8Array;

  constructor(told: ArrangementTold) {
    this.numbers = asIntegers(told.numbers);
    this.codes = asBytes(told.cosines);
  }

  at(row: number, column: number): number {
    return (this.codes[row * this.numbers.length + column] - 127) / 127;
  }

  /** The place of the filter that is most like one, by magnitude too if it may be opposite. */
  nearest(row: number): number | null {
    let best: number | null = null;
    for (let column = 0; column < this.numbers.length; column++) {
      if (column !== row && (best === null || this.at(row, column) > this.at(row, best))) best = column;
    }
    return best;
  }

  /** How many pairs are at least so much alike. */
  pairs(least: number): number {
    let count = 0;
    for (let row = 0; row < this.numbers.length; row++) {
      for (let column = 0; column < row; column++) if (this.at(row, column) >= least) count++;
    }
    return count;
  }
}
