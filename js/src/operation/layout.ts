/**
 * How large the cells of grids are that stand beside each other. Pure numbers, in CSS pixels.
 */

/** A cell of at least this many pixels has room for its number. */
export const READABLE = 30;
const LARGEST = 48;

/** Cells without numbers: large enough to be pointed at. */
const COLORED = 14;

/** Grids of more columns are not put below each other: too long a way from one to the next. */
const STACKABLE = 5;

const SMALLEST = 3;

export interface GridSizes {
  cell: number;
  /** One below the other. */
  stacked: boolean;
  numbers: boolean;
}

/**
 * @param width of the card
 * @param cols of one grid
 * @param grids how many there are
 * @param sign width of what stands between two of them
 */
export function gridSizes(width: number, cols: number, grids: number, sign: number): GridSizes {
  const fit = (count: number) => Math.floor((width - (count - 1) * sign) / (count * cols));
  const across = fit(grids);
  if (across >= READABLE) return { cell: Math.min(LARGEST, across), stacked: false, numbers: true };
  const whole = fit(1);
  const stacked = grids > 1 && cols <= STACKABLE && whole >= READABLE;
  if (stacked || (grids === 1 && whole >= READABLE)) {
    return { cell: Math.min(LARGEST, whole), stacked, numbers: true };
  }
  return { cell: Math.max(SMALLEST, Math.min(COLORED, across)), stacked: false, numbers: false };
}

/** The rectangle around a window's places, as far as it lies on the map. */
export function windowRect(
  [rows, cols]: readonly [readonly number[], readonly number[]],
  height: number,
  width: number,
): { x: number; y: number; width: number; height: number } | null {
  const span = (places: readonly number[], size: number): [number, number] => {
    const low = Math.max(0, Math.min(...places));
    return [low, Math.min(size, Math.max(...places) + 1)];
  };
  const [top, bottom] = span(rows, height);
  const [left, right] = span(cols, width);
  if (bottom <= top || right <= left) return null;
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** Whether places leave some out between them, as with a dilation. */
export function sparse(places: readonly number[]): boolean {
  return places.some((place, at) => at > 0 && Math.abs(place - places[at - 1]) > 1);
}

/** What of a map the window has not come to yet: the rest of its row, and the rows below. */
export function notYet(
  [row, col]: readonly [number, number],
  rows: number,
  cols: number,
): { x: number; y: number; width: number; height: number }[] {
  return [
    { x: col + 1, y: row, width: cols - col - 1, height: 1 },
    { x: 0, y: row + 1, width: cols, height: rows - row - 1 },
  ].filter(({ width, height }) => width > 0 && height > 0);
}
