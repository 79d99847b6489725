/**
 * Where the tiles of a grid lie, and which tile a point hits. Pure numbers, in device pixels.
 */

export interface Grid {
  count: number;
  columns: number;
  lines: number;
  tileWidth: number;
  tileHeight: number;
  gap: number;
}

export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface TileLimits {
  gap: number;
  /** No side of a tile is shorter than this; the grid then grows past the wanted height. */
  smallest: number;
  largest: number;
}

/**
 * The largest tiles that fit a box.
 *
 * Among layouts whose tiles are nearly as large as possible, one without a ragged last line wins.
 * Tiles that could nearly be a whole multiple of their map are made that: the sharpest there is.
 *
 * @param count number of tiles
 * @param rows, cols cells of a map
 * @param width, height the box; the height is a wish, the width is not
 */
export function gridLayout(
  count: number,
  rows: number,
  cols: number,
  width: number,
  height: number,
  { gap, smallest, largest }: TileLimits,
): Grid {
  const aspect = shownAspect(rows, cols);
  const narrowest = Math.ceil(smallest * Math.max(1, aspect));
  const layout = (columns: number): Grid => {
    const lines = Math.ceil(count / columns);
    const byWidth = (width + gap) / columns - gap;
    const byHeight = ((height + gap) / lines - gap) * aspect;
    const room = Math.floor(Math.max(narrowest, Math.min(byWidth, byHeight, largest)));
    const whole = Math.floor(room / cols) * cols;
    const tileWidth = whole >= Math.max(narrowest, 0.88 * room) ? whole : room;
    const tileHeight = Math.max(1, Math.round(tileWidth / aspect));
    return { count, columns, lines, tileWidth, tileHeight, gap };
  };
  const most = Math.max(1, Math.floor((width + gap) / (narrowest + gap)));
  const all = Array.from({ length: Math.min(count, most) }, (_, index) => layout(index + 1));
  const fitting = all.filter((grid) => gridHeight(grid) <= height);
  if (fitting.length === 0) return all[all.length - 1];
  const best = widest(fitting).tileWidth;
  const even = fitting.filter(({ columns, lines }) => columns * lines === count && lines > 1);
  const large = even.filter(({ tileWidth }) => tileWidth >= 0.88 * best);
  return widest(large.length > 0 ? large : fitting);
}

/** Narrow bars in lines, for a layer whose channels are single numbers. */
export function barLayout(count: number, width: number, height: number, ratio: number): Grid {
  const gap = Math.max(1, Math.round((count > 128 ? 1 : 2) * ratio));
  const side = Math.floor((width + gap) / count) - gap;
  const tileWidth = Math.round(Math.min(40 * ratio, Math.max(4 * ratio, side)));
  const columns = Math.max(1, Math.min(count, Math.floor((width + gap) / (tileWidth + gap))));
  const lines = Math.ceil(count / columns);
  const share = Math.floor((height + gap) / lines) - gap;
  const tileHeight = Math.round(Math.min(280 * ratio, Math.max(40 * ratio, share)));
  return { count, columns, lines, tileWidth, tileHeight, gap };
}

export function gridWidth(grid: Grid): number {
  return grid.columns * (grid.tileWidth + grid.gap) - grid.gap;
}

export function gridHeight(grid: Grid): number {
  return grid.lines * (grid.tileHeight + grid.gap) - grid.gap;
}

/** The rectangle of the tile in a slot; slots count along the lines. */
export function slotRect(grid: Grid, slot: number): Rect {
  return {
    x: (slot % grid.columns) * (grid.tileWidth + grid.gap),
    y: Math.floor(slot / grid.columns) * (grid.tileHeight + grid.gap),
    width: grid.tileWidth,
    height: grid.tileHeight,
  };
}

/** The slot under a point, or -1. The gap after a tile belongs to it: no flicker between tiles. */
export function slotAt(grid: Grid, x: number, y: number): number {
  const column = Math.floor(x / (grid.tileWidth + grid.gap));
  const line = Math.floor(y / (grid.tileHeight + grid.gap));
  if (column < 0 || line < 0 || column >= grid.columns || line >= grid.lines) return -1;
  const slot = line * grid.columns + column;
  return slot < grid.count ? slot : -1;
}

/** The slot that an arrow, Home or End key leads to; null for any other key. */
export function slotByKey(grid: Grid, slot: number, key: string): number | null {
  const steps: Record<string, number> = {
    ArrowLeft: slot - 1,
    ArrowRight: slot + 1,
    ArrowUp: slot - grid.columns,
    ArrowDown: slot + grid.columns,
    Home: 0,
    End: grid.count - 1,
  };
  if (!(key in steps)) return null;
  const next = steps[key];
  return next < 0 || next >= grid.count ? slot : next;
}

/** The cell of a map under a point of the box that shows it, or null outside. */
export function cellAt(
  rows: number,
  cols: number,
  width: number,
  height: number,
  x: number,
  y: number,
): [number, number] | null {
  const row = Math.floor((y / height) * rows);
  const col = Math.floor((x / width) * cols);
  return row >= 0 && col >= 0 && row < rows && col < cols ? [row, col] : null;
}

/** The largest box of an aspect (width / height) inside another. */
export function fitBox(aspect: number, width: number, height: number): [number, number] {
  return width / height > aspect ? [height * aspect, height] : [width, width / aspect];
}

/**
 * The width to height at which a map is shown. Maps of one row (or column), as of a 1-D
 * convolution, are stretched into a band that can be seen and pointed at.
 */
export function shownAspect(rows: number, cols: number): number {
  return Math.min(4, Math.max(1 / 4, cols / rows));
}

function widest(grids: Grid[]): Grid {
  return grids.reduce((best, grid) => (grid.tileWidth > best.tileWidth ? grid : best));
}
