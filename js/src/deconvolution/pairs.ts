/**
 * A frame as pairs of pictures: what a unit sees, and what it answered to in it. Pure.
 */
import { asBytes, rgbToRgba } from "../lib/bytes";
import type { Picture } from "../lib/canvas";
import type { Rect } from "../lib/geometry";

export type Show = "image" | "top";

export interface UnitInfo {
  row: number;
  column: number;
  activation: number;
  /** Top, left, bottom, right in pixels of its picture. */
  box: [number, number, number, number];
}

export interface DeconvolutionFrame {
  number: number;
  show: Show;
  layer: string;
  channel: number;
  units: UnitInfo[];
  /** uint8 RGB of all boxes, one after the other. */
  patches: unknown;
  reconstructions: unknown;
  notes: string[];
  /** Of one image: uint8 RGB of all that its units answered to together. */
  whole?: unknown;
  /** Of one image: whether the unit was chosen by its place. */
  pinned?: boolean;
  /** Of a search: the number of each unit's picture. */
  pictures?: number[];
  searched?: number;
  /** From 0 to 1; null where the number of pictures is not known. */
  progress?: number | null;
}

export interface Pair {
  unit: UnitInfo;
  patch: Picture;
  reconstruction: Picture;
  /** The number of its picture, in a search. */
  source: number | null;
}

export function readPairs(frame: DeconvolutionFrame): Pair[] {
  const [patches, reconstructions] = [asBytes(frame.patches), asBytes(frame.reconstructions)];
  let start = 0;
  return frame.units.map((unit, index) => {
    const { width, height } = boxRect(unit);
    const end = start + 3 * width * height;
    const cut = (bytes: Uint8Array): Picture => {
      return { width, height, rgba: rgbToRgba(bytes.subarray(start, end), width * height) };
    };
    const pair = { patch: cut(patches), reconstruction: cut(reconstructions) };
    start = end;
    return { unit, ...pair, source: frame.pictures?.[index] ?? null };
  });
}

export function boxRect({ box: [top, left, bottom, right] }: UnitInfo): Rect {
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** The size in which every patch has room. */
export function commonSize(pairs: readonly Pair[]): [width: number, height: number] {
  const longest = (side: "width" | "height") => {
    return Math.max(1, ...pairs.map(({ patch }) => patch[side]));
  };
  return [longest("width"), longest("height")];
}

/**
 * A picture of the common size, with nothing where a receptive field reaches past its image.
 *
 * A field that is cut off and begins with the image was cut off there, else at the far end.
 */
export function placed(
  picture: Picture,
  { box: [boxTop, boxLeft] }: UnitInfo,
  [width, height]: readonly [number, number],
): Picture {
  if (picture.width === width && picture.height === height) return picture;
  const rgba = new Uint8ClampedArray(4 * width * height);
  const left = boxLeft === 0 ? width - picture.width : 0;
  const top = boxTop === 0 ? height - picture.height : 0;
  for (let row = 0; row < picture.height; row++) {
    const line = picture.rgba.subarray(4 * row * picture.width, 4 * (row + 1) * picture.width);
    rgba.set(line, 4 * ((top + row) * width + left));
  }
  return { width, height, rgba };
}

/** How many columns so many pairs stand in: three at most. */
export function columnsFor(count: number): number {
  return Math.min(3, Math.max(1, Math.ceil(Math.sqrt(count))));
}
