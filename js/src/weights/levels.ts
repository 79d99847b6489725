/**
 * Which part of a matrix is on a stage, and which tiles of which level show it. Pure numbers.
 */

/** Blocks on a side of a tile, as the kernel cuts them. */
export const TILE = 256;

/** The fewest cells that are shown across. */
const CLOSEST = 6;

/** The part that is seen, in cells: rows `top` to `top + height`. */
export interface Part {
  left: number;
  top: number;
  width: number;
  height: number;
}

export interface TileAt {
  level: number;
  row: number;
  column: number;
}

export function wholeOf(rows: number, cols: number): Part {
  return { left: 0, top: 0, width: cols, height: rows };
}

/** Zooms by a factor (above 1: closer) about a point, given as shares of the stage. */
export function zoomed(part: Part, by: number, rows: number, cols: number, x = 0.5, y = 0.5): Part {
  const size = (now: number, all: number) =>
    Math.min(all, Math.max(Math.min(CLOSEST, all), now / by));
  const [width, height] = [size(part.width, cols), size(part.height, rows)];
  const left = part.left + x * (part.width - width);
  const top = part.top + y * (part.height - height);
  return kept({ left, top, width, height }, rows, cols);
}

/** Moves by shares of the stage. */
export function moved(part: Part, right: number, down: number, rows: number, cols: number): Part {
  const left = part.left + right * part.width;
  return kept({ ...part, left, top: part.top + down * part.height }, rows, cols);
}

/** The level whose blocks are as large as a pixel, or a little smaller. */
export function levelFor(part: Part, width: number, height: number, top: number): number {
  const cells = Math.max(part.width / width, part.height / height);
  return Math.min(top, Math.max(0, Math.floor(Math.log2(Math.max(1, cells)))));
}

/** The tiles of a level that show a part. */
export function tilesFor(part: Part, level: number, rows: number, cols: number): TileAt[] {
  const side = TILE * 2 ** level;
  const range = (from: number, size: number, all: number) => {
    const first = Math.floor(from / side);
    const last = Math.min(Math.ceil(all / side), Math.ceil((from + size) / side));
    return Array.from({ length: Math.max(0, last - first) }, (_, k) => first + k);
  };
  const columns = range(part.left, part.width, cols);
  return range(part.top, part.height, rows).flatMap((row) =>
    columns.map((column) => ({ level, row, column })),
  );
}

/** The cell under a point of the stage, given as shares of it. */
export function cellUnder(part: Part, x: number, y: number): [row: number, column: number] {
  return [Math.floor(part.top + y * part.height), Math.floor(part.left + x * part.width)];
}

function kept(part: Part, rows: number, cols: number): Part {
  const within = (at: number, size: number, all: number) => Math.min(all - size, Math.max(0, at));
  return { ...part, left: within(part.left, part.width, cols), top: within(part.top, part.height, rows) };
}
