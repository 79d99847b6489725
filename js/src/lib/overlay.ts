/**
 * A map laid over a picture: the picture in grey, so that colour is the map's alone. Pure.
 */
import type { Picture } from "./canvas";
import type { Palette } from "./colormap";

/**
 * @param rgb the picture, three bytes a pixel
 * @param codes one for each pixel
 * @param opacity of the map, 0 to 1; at 0 the picture is in its own colours
 */
export function overlay(
  rgb: Uint8Array,
  codes: Uint8Array,
  colors: Palette,
  opacity: number,
  width: number,
  height: number,
): Picture {
  const rgba = new Uint8ClampedArray(width * height * 4);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const [red, green, blue] = [rgb[3 * pixel], rgb[3 * pixel + 1], rgb[3 * pixel + 2]];
    const color = colors[codes[pixel]];
    const grey = 0.299 * red + 0.587 * green + 0.114 * blue;
    rgba[4 * pixel] = mix(opacity ? grey : red, color & 255, opacity);
    rgba[4 * pixel + 1] = mix(opacity ? grey : green, (color >> 8) & 255, opacity);
    rgba[4 * pixel + 2] = mix(opacity ? grey : blue, (color >> 16) & 255, opacity);
    rgba[4 * pixel + 3] = 255;
  }
  return { width, height, rgba };
}

function mix(under: number, over: number, opacity: number): number {
  return under + opacity * (over - under);
}
