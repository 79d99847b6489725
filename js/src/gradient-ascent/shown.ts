/**
 * What an ascent has come to, on a canvas: a picture, or a sequence drawn as a wave.
 *
 * Pictures are blended where they are enlarged: as squares they hide what they show.
 */
import { paintPicture } from "../lib/canvas";
import { envelope, paintWave, waveInk } from "../lib/wave";
import type { Shown } from "./run";

export function paintShown(
  canvas: HTMLCanvasElement,
  scratch: HTMLCanvasElement,
  shown: Shown,
  width: number,
  height: number,
): void {
  const { samples } = shown;
  if (!samples) return paintPicture(canvas, scratch, shown, width, "smooth");
  paintWave(canvas, (columns) => envelope(samples, columns), width, height);
}

/** What the theme has to do with how it looks: "" for a picture. */
export function lookOf({ samples }: Shown, canvas: HTMLCanvasElement): string {
  if (!samples) return "";
  const { line, ink } = waveInk(canvas);
  return line + ink;
}
