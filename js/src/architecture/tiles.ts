/**
 * The thumbnails of all layers, as they come in one frame, and as pictures.
 */
import { asBytes, asFloats, asIntegers, rgbToRgba } from "../lib/bytes";
import { colored, context, type Picture, resize } from "../lib/canvas";
import { palette, type Theme } from "../lib/colormap";
import type { Numbered } from "../lib/frames";

export interface TilesFrame extends Numbered {
  layers: string[];
  /** Cells of each thumbnail, int32; the codes of all are in `tiles`, one after the other. */
  rows: unknown;
  cols: unknown;
  tiles: unknown;
  /** float32, one a layer. */
  low: unknown;
  high: unknown;
  mean: unknown;
  spread: unknown;
  zeros: unknown;
  /** The image itself, RGB, where it is one. */
  input_width?: number;
  input_height?: number;
  input?: unknown;
}

export interface Numbers {
  mean: number;
  spread: number;
  zeros: number;
}

/** A picture as an image source. */
export interface Thumbnail {
  url: string;
  width: number;
  height: number;
}

export class Tiles {
  private readonly places = new Map<string, number>();
  private readonly rows: Int32Array;
  private readonly cols: Int32Array;
  private readonly starts: number[] = [];
  private readonly codes: Uint8Array;
  private readonly floats: Record<"low" | "high" | "mean" | "spread" | "zeros", Float32Array>;
  private readonly made = new Map<string, Thumbnail>();
  private readonly scratch = document.createElement("canvas");

  constructor(private readonly frame: TilesFrame) {
    this.rows = asIntegers(frame.rows);
    this.cols = asIntegers(frame.cols);
    this.codes = asBytes(frame.tiles);
    const { low, high, mean, spread, zeros } = frame;
    this.floats = {
      low: asFloats(low),
      high: asFloats(high),
      mean: asFloats(mean),
      spread: asFloats(spread),
      zeros: asFloats(zeros),
    };
    let start = 0;
    frame.layers.forEach((name, at) => {
      this.places.set(name, at);
      this.starts.push(start);
      start += this.rows[at] * this.cols[at];
    });
  }

  numbers(layer: string): Numbers | null {
    const at = this.places.get(layer);
    if (at === undefined) return null;
    const { mean, spread, zeros } = this.floats;
    return { mean: mean[at], spread: spread[at], zeros: zeros[at] };
  }

  /** A layer's picture; the input's for null. Made when it is first asked for. */
  thumbnail(layer: string | null, theme: Theme): Thumbnail | null {
    const key = `${theme} ${layer ?? ""}`;
    const known = this.made.get(key);
    if (known) return known;
    const picture = layer === null ? this.input() : this.picture(layer, theme);
    if (!picture) return null;
    const { width, height, rgba } = picture;
    resize(this.scratch, width, height);
    context(this.scratch).putImageData(new ImageData(rgba, width, height), 0, 0);
    const made = { url: this.scratch.toDataURL("image/png"), width, height };
    this.made.set(key, made);
    return made;
  }

  private picture(layer: string, theme: Theme): Picture | null {
    const at = this.places.get(layer);
    if (at === undefined) return null;
    const [height, width] = [this.rows[at], this.cols[at]];
    const codes = this.codes.subarray(this.starts[at], this.starts[at] + width * height);
    const [low, high] = [this.floats.low[at], this.floats.high[at]];
    if (!(low < 0)) return colored(codes, palette("viridis", theme), width, height);
    // Zero in the middle of the diverging map, as in the feature maps.
    const far = Math.max(-low, high);
    const colors = palette("diverging", theme);
    const mapped = Uint32Array.from({ length: 256 }, (_, code) => {
      const value = low + (code / 255) * (high - low);
      return colors[Math.round(((value + far) / (2 * far)) * 255)];
    });
    return colored(codes, mapped, width, height);
  }

  private input(): Picture | null {
    const { input, input_width: width, input_height: height } = this.frame;
    if (!input || !width || !height) return null;
    return { width, height, rgba: rgbToRgba(asBytes(input), width * height) };
  }
}
