/**
 * Which part of the input one cell of a layer sees. Pure numbers, in input pixels.
 */
import type { Rect } from "./geometry";
import type { Position, Receptive } from "./model";

/**
 * The rectangle of the input that a cell sees, clipped to the picture.
 *
 * A layer without a receptive field (`null`: behind a dense or global layer) sees the whole
 * picture.
 */
export function receptiveRect(
  receptive: Receptive | null,
  [row, col]: Position,
  width: number,
  height: number,
): Rect {
  if (receptive === null) return { x: 0, y: 0, width, height };
  const [top, bottom] = interval(receptive, 0, row, height);
  const [left, right] = interval(receptive, 1, col, width);
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** The cell that sees a point of the input nearest to its middle. */
export function cellSeeing(
  { size, stride, start }: Receptive,
  rows: number,
  cols: number,
  x: number,
  y: number,
): Position {
  const nearest = (axis: 0 | 1, at: number, count: number) => {
    const cell = Math.round((at - start[axis] - size[axis] / 2) / stride[axis]);
    return Math.min(count - 1, Math.max(0, cell));
  };
  return [nearest(0, y, rows), nearest(1, x, cols)];
}

function interval(
  { size, stride, start }: Receptive,
  axis: 0 | 1,
  cell: number,
  length: number,
): [number, number] {
  const first = start[axis] + cell * stride[axis];
  const clip = (value: number) => Math.min(length, Math.max(0, value));
  return [clip(first), clip(first + size[axis])];
}
