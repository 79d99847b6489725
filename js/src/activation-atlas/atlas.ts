/**
 * An atlas as the page knows it: cells on a grid, of which some are painted. Pure.
 */
import { asBytes, asFloats, asIntegers, rgbToRgba } from "../lib/bytes";
import type { Picture } from "../lib/canvas";
import { formatValue, plural } from "../lib/format";
import type { Numbered } from "../lib/frames";

/** While the layer is read: how many pictures it has been read for. */
export interface ReadingFrame extends Numbered {
  layer: string;
  read: number;
  of: number;
}

export interface AtlasFrame extends Numbered {
  run: number;
  layer: string;
  layout: string;
  /** Cells on each side of the plane. */
  grid: number;
  /** Pixels on each side of a cell's picture. */
  side: number;
  /** How many activations there are. */
  values: number;
  /** float32, down and across for each activation, 0 to 1. */
  places: unknown;
  /** int32, row, column and count of each cell, in the order of their painting. */
  cells: unknown;
  /** Of each cell, the classes that it speaks for most. */
  votes: [name: string, logits: number][][];
  /** How many cells are done. */
  painted: number;
  notes: string[];
  /** uint8 RGB, of the cells that have a picture. */
  pixels: unknown;
}

export interface Cell {
  row: number;
  column: number;
  count: number;
  votes: [name: string, logits: number][];
  /** Not yet there, or not yet done. */
  picture: Picture | null;
  done: boolean;
}

export interface Atlas {
  layer: string;
  layout: string;
  grid: number;
  side: number;
  values: number;
  places: Float32Array;
  cells: Cell[];
  painted: number;
}

export function isReading(frame: AtlasFrame | ReadingFrame): frame is ReadingFrame {
  return "read" in frame;
}

export function readAtlas(frame: AtlasFrame): Atlas {
  const { layer, layout, grid, side, values, painted, votes } = frame;
  const numbers = asIntegers(frame.cells);
  const pixels = asBytes(frame.pixels);
  const size = 3 * side * side;
  const cells = Array.from({ length: numbers.length / 3 }, (_, at): Cell => {
    const [row, column, count] = numbers.subarray(3 * at, 3 * at + 3);
    const there = (at + 1) * size <= pixels.length;
    const bytes = pixels.subarray(at * size, (at + 1) * size);
    const picture = there ? { width: side, height: side, rgba: rgbToRgba(bytes, side * side) } : null;
    return { row, column, count, votes: votes[at] ?? [], picture, done: at < painted };
  });
  return { layer, layout, grid, side, values, places: asFloats(frame.places), cells, painted };
}

export function cellOf(atlas: Atlas, place: readonly number[] | null): Cell | undefined {
  return place ? atlas.cells.find((each) => same(each, place)) : undefined;
}

/** The cell that an arrow key leads to: the nearest one on that side, or null. */
export function cellByKey(atlas: Atlas, from: Cell, key: string): Cell | null {
  const [down, right] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[
    key
  ] ?? [0, 0];
  let best: Cell | null = null;
  let least = Infinity;
  for (const cell of atlas.cells) {
    const along = (cell.row - from.row) * down + (cell.column - from.column) * right;
    const across = Math.abs((cell.row - from.row) * right) + Math.abs((cell.column - from.column) * down);
    const cost = along + 2 * across;
    if (along > 0 && across <= along && cost < least) [best, least] = [cell, cost];
  }
  return best;
}

/** How large a cell is drawn, as a share of its place: fuller ones are larger. */
export function shareOf(cell: Cell, fullest: number): number {
  return 0.55 + 0.45 * Math.sqrt(cell.count / Math.max(1, fullest));
}

/** How far the painting is, in words. */
export function progressWords({ painted, cells, values }: Atlas): string {
  const all = `${plural(values, "activation")} in ${plural(cells.length, "cell")}`;
  return painted < cells.length ? `${all}, ${painted} painted` : all;
}

/** A cell in one sentence, for who does not see it. */
export function cellWords(cell: Cell): string {
  const votes = cell.votes.map(([name, logits]) => `${name} ${formatValue(logits)}`);
  const said = votes.length ? `votes for ${votes.join(", ")}` : "votes for no class";
  return `Cell at row ${cell.row}, column ${cell.column}: ${plural(cell.count, "activation")}, ${said}`;
}

function same(cell: Cell, [row, column]: readonly number[]): boolean {
  return cell.row === row && cell.column === column;
}
