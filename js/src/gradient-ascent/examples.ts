/**
 * Real examples as they come from the kernel: patches that fire a unit most, and least. Pure.
 */
import { asBytes, rgbToRgba } from "../lib/bytes";
import type { Picture } from "../lib/canvas";

interface Entry {
  value: number;
  /** Number of the picture that the patch is from. */
  image: number;
  width: number;
  height: number;
}

/** The trait. */
export interface ExamplesState {
  unit: string;
  label: string;
  searched: number;
  /** Whether the search is over. */
  over: boolean;
  most: Entry[];
  least: Entry[];
  /** uint8 RGB of all patches, one after the other. */
  pixels: unknown;
}

export interface Example {
  value: number;
  image: number;
  patch: Picture;
}

export function readExamples(state: ExamplesState): { most: Example[]; least: Example[] } {
  const bytes = asBytes(state.pixels);
  let start = 0;
  const read = ({ value, image, width, height }: Entry): Example => {
    const end = start + 3 * width * height;
    const rgba = rgbToRgba(bytes.subarray(start, end), width * height);
    start = end;
    return { value, image, patch: { width, height, rgba } };
  };
  return { most: state.most.map(read), least: state.least.map(read) };
}
