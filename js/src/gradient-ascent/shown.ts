/**
 * What an ascent has come to, on a canvas: a picture, or a sequence drawn as a wave.
 */
import { paintPicture, type Smoothing } from "../lib/canvas";
import { envelope, paintWave, waveInk } from "../lib/wave";
import type { Shown } from "./run";

export function paintShown(
  canvas: HTMLCanvasElement,
  scratch: HTMLCanvasElement,
  shown: Shown,
  width: number,
  height: number,
  smoothing: Smoothing,
): void {
  const { samples } = shown;
  if (!samples) return paintPicture(canvas, scratch, shown, width, smoothing);
  paintWave(canvas, (columns) => envelope(samples, columns), width, height);
}

/** What the theme has to do with how it looks: "" for a picture. */
export function lookOf({ samples }: Shown, canvas: HTMLCanvasElement): string {
  if (!samples) return "";
  const { line, ink } = waveInk(canvas);
  return line + ink;
}
