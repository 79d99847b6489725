/**
 * Which part of a square plane is on the stage, and how large. Pure numbers, in CSS pixels.
 */
import type { Rect } from "../lib/geometry";

const CLOSEST = 12;

/** The plane's side is `side * scale`; its corner is at (`x`, `y`) of the stage. */
export interface Camera {
  scale: number;
  x: number;
  y: number;
}

export const WHOLE: Camera = { scale: 1, x: 0, y: 0 };

/** Zooms about a point of the stage, no further out than the whole plane. */
export function zoomed(camera: Camera, times: number, side: number, x = side / 2, y = side / 2): Camera {
  const scale = Math.min(CLOSEST, Math.max(1, camera.scale * times));
  const by = scale / camera.scale;
  return kept({ scale, x: x - (x - camera.x) * by, y: y - (y - camera.y) * by }, side);
}

export function moved(camera: Camera, right: number, down: number, side: number): Camera {
  return kept({ ...camera, x: camera.x + right, y: camera.y + down }, side);
}

/** Where a cell of the grid is on the stage. */
export function cellRect(camera: Camera, grid: number, row: number, column: number, side: number): Rect {
  const size = (side * camera.scale) / grid;
  return { x: camera.x + column * size, y: camera.y + row * size, width: size, height: size };
}

/** Row and column under a point of the stage, whether there is a cell or not. */
export function placeAt(camera: Camera, grid: number, x: number, y: number, side: number): [number, number] {
  const size = (side * camera.scale) / grid;
  return [Math.floor((y - camera.y) / size), Math.floor((x - camera.x) / size)];
}

/** Moves as little as brings a cell onto the stage. */
export function showing(camera: Camera, grid: number, row: number, column: number, side: number): Camera {
  const { x, y, width } = cellRect(camera, grid, row, column, side);
  const shift = (start: number) => Math.max(0, -start) + Math.min(0, side - start - width);
  return moved(camera, shift(x), shift(y), side);
}

/** The plane never leaves the stage. */
function kept({ scale, x, y }: Camera, side: number): Camera {
  const within = (at: number) => Math.min(0, Math.max(side - side * scale, at));
  return { scale, x: within(x), y: within(y) };
}
