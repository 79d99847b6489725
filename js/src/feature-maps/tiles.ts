/**
 * The grid's tiles in pixels: colouring them into an atlas, and enlarging them into their slots.
 */
import { context, pixelRatio } from "../lib/canvas";
import { h } from "../lib/dom";
import { type Grid, type Rect, slotRect } from "../lib/geometry";
import { shrinkTiles } from "../lib/resample";
import type { Scene } from "./scene";
import { channelHealth, codeColors, colorRange } from "./sheet";

/** All tiles of a sheet on one canvas, `columns` in a line, without gaps. */
export interface Atlas {
  canvas: HTMLCanvasElement;
  columns: number;
  rows: number;
  cols: number;
}

/** Colours every tile of the scene's sheet, at a size that suits the grid. */
export function makeAtlas(scene: Scene, grid: Grid): Atlas {
  const atlas = colorTiles(scene, grid);
  // Where a screen's pixels can be told apart, cells of unequal width can be seen as well.
  return pixelRatio() < 2 ? enlarge(atlas, grid) : atlas;
}

/** Draws each tile into its slot. */
export function drawTiles(
  target: CanvasRenderingContext2D,
  grid: Grid,
  scene: Scene,
  { canvas, columns, rows, cols }: Atlas,
): void {
  target.imageSmoothingEnabled = cols > grid.tileWidth || rows > grid.tileHeight;
  for (let slot = 0; slot < grid.count; slot++) {
    const channel = scene.order[slot];
    const rect = slotRect(grid, slot);
    const health = channelHealth(scene.sheet, channel);
    if (health !== "live") {
      drawEmpty(target, rect, health);
      continue;
    }
    const x = (channel % columns) * cols;
    const y = Math.floor(channel / columns) * rows;
    target.drawImage(canvas, x, y, cols, rows, rect.x, rect.y, rect.width, rect.height);
  }
}

/** The tiles at the size of the maps, or shrunk to that of the slots. */
function colorTiles({ sheet, scale, colormap, colors }: Scene, grid: Grid): Atlas {
  const { channels } = sheet;
  const rows = Math.min(sheet.rows, grid.tileHeight);
  const cols = Math.min(sheet.cols, grid.tileWidth);
  const codes = shrinkTiles(sheet.codes, channels, sheet.rows, sheet.cols, rows, cols);
  const columns = Math.max(1, Math.floor(2048 / cols));
  const width = Math.min(columns, channels) * cols;
  const pixels = new Uint32Array(width * Math.ceil(channels / columns) * rows);
  for (let channel = 0; channel < channels; channel++) {
    const range = colorRange(sheet, channel, scale, colormap);
    const mapped = codeColors(sheet, channel, range, colors);
    let from = channel * rows * cols;
    let to = Math.floor(channel / columns) * rows * width + (channel % columns) * cols;
    for (let row = 0; row < rows; row++, to += width - cols) {
      for (let col = 0; col < cols; col++) pixels[to++] = mapped[codes[from++]];
    }
  }
  const height = pixels.length / width;
  const canvas = h("canvas", { width, height });
  const bytes = new Uint8ClampedArray(pixels.buffer);
  context(canvas).putImageData(new ImageData(bytes, width, height), 0, 0);
  return { canvas, columns, rows, cols };
}

/**
 * An atlas enlarged, unblended, to the first whole multiple that fills the slots.
 *
 * Where a slot is a little smaller, blending fits the tile into it: all cells of a map look equally
 * large, as with unblended enlarging to a broken multiple they would not.
 */
function enlarge(atlas: Atlas, grid: Grid): Atlas {
  const { canvas, columns, rows, cols } = atlas;
  const across = Math.ceil(grid.tileWidth / cols);
  const down = Math.ceil(grid.tileHeight / rows);
  if (across === 1 && down === 1) return atlas;
  const large = h("canvas", { width: canvas.width * across, height: canvas.height * down });
  const target = context(large);
  target.imageSmoothingEnabled = false;
  target.drawImage(canvas, 0, 0, large.width, large.height);
  return { canvas: large, columns, rows: rows * down, cols: cols * across };
}

/** A tile with nothing to show: a stroke through a dead one, hatching for a broken one. */
export function drawEmpty(
  target: CanvasRenderingContext2D,
  { x, y, width, height }: Rect,
  health: "dead" | "broken",
): void {
  target.save();
  target.beginPath();
  target.rect(x, y, width, height);
  target.clip();
  target.fillStyle = "rgb(128 128 128 / 0.13)";
  target.fill();
  target.strokeStyle = "rgb(128 128 128 / 0.7)";
  target.lineWidth = pixelRatio();
  const gap = health === "dead" ? width : 6 * pixelRatio();
  target.beginPath();
  for (let shift = health === "dead" ? 0 : gap - height; shift < width; shift += gap) {
    target.moveTo(x + shift, y + height);
    target.lineTo(x + shift + (health === "dead" ? width : height), y);
  }
  target.stroke();
  target.restore();
}
