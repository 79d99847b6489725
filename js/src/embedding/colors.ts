/**
 * The colour of each image, and what it means. Pure.
 */
import { cssColor, palette, type Theme } from "../lib/colormap";
import type { About, ColorBy, Plane } from "./frame";

export interface Key {
  code: number;
  name: string;
  count: number;
  color: string;
}

export interface Coloring {
  by: ColorBy;
  /** Of each image, an index into `colors`. */
  codes: Int32Array;
  colors: string[];
  /** What the colours mean; empty where they are a scale. */
  keys: Key[];
}

// Told apart on the page, also with colour-blindness as far as ten can be.
const LIGHT = [
  "#1f77b4", "#d9730d", "#2a8f4b", "#c4302b", "#8656b0", "#8a5a44", "#d04f9e", "#6b7280", "#8f8f10", "#0f93a3",
];
const DARK = [
  "#6fb1ee", "#ffa64d", "#6cd08c", "#ff8078", "#c49bec", "#c79a83", "#ff93cf", "#b4bac4", "#d2d35c", "#5fd4e0",
];
const SHADES = 16;

export function coloring(about: About, plane: Plane, by: ColorBy, theme: Theme): Coloring {
  if (by === "confidence") return byConfidence(plane);
  if (by === "right") return byRight(about, plane, theme);
  const labelled = by === "label" && about.labels !== null && about.codes !== null;
  const names = labelled ? about.labels! : about.classes;
  const codes = labelled ? about.codes! : plane.predicted;
  const colors = names.map((_, at) => classColor(at, names.length, theme));
  return { by, codes, colors, keys: keysOf(codes, names, colors) };
}

/** The colour of a class: one of ten, or of as many as there are. */
export function classColor(at: number, of: number, theme: Theme): string {
  if (of <= LIGHT.length) return (theme === "dark" ? DARK : LIGHT)[at];
  const hue = (at * 137.508) % 360;
  return `hsl(${hue.toFixed(0)} ${at % 2 ? 55 : 75}% ${theme === "dark" ? 68 : 42}%)`;
}

function byRight(about: About, plane: Plane, theme: Theme): Coloring {
  const codes = Int32Array.from(plane.predicted, (said, at) => Number(about.codes?.[at] !== said));
  const colors = theme === "dark" ? ["#5b87b8", "#ffa64d"] : ["#7ba3cc", "#c2410c"];
  return { by: "right", codes, colors, keys: keysOf(codes, ["right", "wrong"], colors) };
}

function byConfidence({ confidence }: Plane): Coloring {
  const map = palette("viridis", "light");
  const colors = Array.from({ length: SHADES }, (_, at) => cssColor(map[Math.round((at * 255) / (SHADES - 1))]));
  const codes = Int32Array.from(confidence, (share) => Math.min(SHADES - 1, Math.max(0, Math.floor(share * SHADES))));
  return { by: "confidence", codes, colors, keys: [] };
}

function keysOf(codes: Int32Array, names: readonly string[], colors: readonly string[]): Key[] {
  const counts = new Int32Array(names.length);
  for (const code of codes) counts[code]++;
  return names.flatMap((name, code) =>
    counts[code] ? [{ code, name, count: counts[code], color: colors[code] }] : [],
  );
}
