/**
 * Canvases that are sharp on every screen.
 */
import { h } from "./dom";
import type { Palette } from "./colormap";

/** RGBA pixels, row by row. */
export interface Picture {
  width: number;
  height: number;
  rgba: Uint8ClampedArray<ArrayBuffer>;
}

/** A canvas that says in words what it shows. */
export function pictureCanvas(label: string): HTMLCanvasElement {
  return h("canvas", { role: "img", "aria-label": label, width: 1, height: 1 });
}

export function context(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const found = canvas.getContext("2d");
  if (!found) throw new Error("this browser gives no 2-D canvas");
  return found;
}

/** Sets the size in device pixels, which clears the canvas; does nothing where it is right. */
export function resize(canvas: HTMLCanvasElement, width: number, height: number): boolean {
  if (canvas.width === width && canvas.height === height) return false;
  canvas.width = width;
  canvas.height = height;
  return true;
}

export function pixelRatio(): number {
  return window.devicePixelRatio || 1;
}

/** How wide the pixels of a picture look: as crisp squares, or blended. */
export type Smoothing = "crisp" | "smooth";

/**
 * Paints a picture for a box of `boxWidth` CSS pixels.
 *
 * Crisp: enlarged to the next whole multiple without blending, then fitted by the style sheet,
 * so that all pixels look equally large even where the multiple is not whole.
 */
export function paintPicture(
  canvas: HTMLCanvasElement,
  scratch: HTMLCanvasElement,
  picture: Picture,
  boxWidth: number,
  smoothing: Smoothing,
): void {
  const { width, height, rgba } = picture;
  const wanted = (boxWidth * pixelRatio()) / width;
  const times = smoothing === "crisp" && wanted > 1 ? Math.min(256, Math.ceil(wanted)) : 1;
  const pixels = new ImageData(rgba, width, height);
  resize(canvas, width * times, height * times);
  if (times === 1) {
    context(canvas).putImageData(pixels, 0, 0);
    return;
  }
  resize(scratch, width, height);
  context(scratch).putImageData(pixels, 0, 0);
  const target = context(canvas);
  target.imageSmoothingEnabled = false;
  target.drawImage(scratch, 0, 0, canvas.width, canvas.height);
}

/** Codes as pixels, through the colour of each code. */
export function colored(
  codes: Uint8Array,
  colors: Palette,
  width: number,
  height: number,
): Picture {
  const pixels = new Uint32Array(width * height);
  for (let index = 0; index < pixels.length; index++) pixels[index] = colors[codes[index]];
  return { width, height, rgba: new Uint8ClampedArray(pixels.buffer) };
}

/** Calls `changed` when the size of one of `elements` or the screen's pixel ratio changed. */
export function followSize(
  elements: readonly Element[],
  changed: () => void,
  signal: AbortSignal,
): void {
  const observer = new ResizeObserver(changed);
  for (const element of elements) observer.observe(element);
  signal.addEventListener("abort", () => observer.disconnect());
  window.addEventListener("resize", changed, { signal }); // zoom changes the ratio
}
