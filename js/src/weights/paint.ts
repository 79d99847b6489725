/**
 * Weights as colours: zero is the middle of a diverging map; three weights of a cell are a colour
 * with zero as grey.
 */
import { context, type Picture, pixelRatio, resize } from "../lib/canvas";
import { type Palette, paletteIndex } from "../lib/colormap";
import type { Pictures } from "./frame";

/** One picture in colours; `most` has the end of the map. */
export function weightPicture(
  { values, depth, rows, cols }: Omit<Pictures, "count">,
  at: number,
  most: number,
  colors: Palette,
): Picture {
  const cells = rows * cols;
  const pixels = new Uint32Array(cells);
  const first = at * cells * depth;
  for (let cell = 0; cell < cells; cell++) {
    const from = first + cell * depth;
    if (depth === 1) {
      const value = values[from];
      pixels[cell] = Number.isFinite(value) ? colors[paletteIndex(value, -most, most)] : BROKEN;
    } else {
      const [red, green, blue] = [0, 1, 2].map((k) => paletteIndex(values[from + k], -most, most));
      pixels[cell] = (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
    }
  }
  return { width: cols, height: rows, rgba: new Uint8ClampedArray(pixels.buffer) };
}

/** What is not a number. */
const BROKEN = 0xff00ffff; // yellow, which no diverging map has

/** A picture on a canvas of its own, one pixel a cell. */
export function sprite({ width, height, rgba }: Picture): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  resize(canvas, width, height);
  context(canvas).putImageData(new ImageData(rgba, width, height), 0, 0);
  return canvas;
}

/** Draws a picture into a canvas of so many CSS pixels, cells as crisp squares. */
export function fill(canvas: HTMLCanvasElement, picture: Picture, width: number, height: number): void {
  const ratio = pixelRatio();
  const [wide, high] = [width, height].map((n) => Math.max(1, Math.round(n * ratio)));
  resize(canvas, wide, high);
  const target = context(canvas);
  target.imageSmoothingEnabled = picture.width > wide || picture.height > high;
  target.drawImage(sprite(picture), 0, 0, wide, high);
}
