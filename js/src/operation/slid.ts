/**
 * Windows that slide over a map, as the methods' `windows` module lays them. Pure.
 */
import type { Position } from "../lib/model";
import { type Along, evenAt } from "./field";

/** What a place of a window is. */
const [INSIDE, PADDING, GAP] = [0, 1, 2];

/** Where a window lies along one axis. */
export interface Reach {
  /** On the map's own axis; broken where zeros were put between its values. */
  places: number[];
  /** The nearest places that there are. */
  taken: number[];
  states: number[];
}

export interface SlidWindow {
  rows: number;
  cols: number;
  places: [number[], number[]];
  states: number[];
  /** Where each cell lies on a map. */
  cells: number[];
  reaches: Reach[];
}

export function reach(along: Along, at: number): Reach {
  const { size, window, stride, before, dilation, spread } = along;
  const found: Reach = { places: [], taken: [], states: [] };
  for (let k = 0; k < window; k++) {
    const spot = at * stride - before + k * dilation;
    const outside = spot < 0 || spot > (size - 1) * spread;
    found.states.push(outside ? PADDING : spot % spread === 0 ? INSIDE : GAP);
    found.places.push(spot / spread);
    found.taken.push(Math.min(size - 1, Math.max(0, Math.floor(spot / spread))));
  }
  return found;
}

/** The window that belongs to a place of the layer. */
export function windowAt(axes: readonly Along[], position: Position): SlidWindow {
  const reaches = axes.map((along) => reach(along, evenAt(along.spot, position)));
  const line: Reach = { places: [0], taken: [0], states: [INSIDE] };
  const [down, across] = reaches.length > 1 ? reaches : [line, reaches[0]];
  const width = axes[axes.length - 1].size;
  const states: number[] = [];
  const cells: number[] = [];
  down.states.forEach((first, row) => {
    across.states.forEach((second, col) => {
      // Padding hides a gap: what is outside of the picture is not between two pixels.
      states.push(first === PADDING || second === PADDING ? PADDING : first || second);
      cells.push(down.taken[row] * width + across.taken[col]);
    });
  });
  const places: [number[], number[]] = [down.places, across.places];
  return { rows: down.places.length, cols: across.places.length, places, states, cells, reaches };
}

/** What a window sees of a map. */
export function look(
  { cells, states }: SlidWindow,
  map: ArrayLike<number>,
  nothing: number,
): number[] {
  return cells.map((cell, at) => (states[at] === INSIDE ? map[cell] : nothing));
}
