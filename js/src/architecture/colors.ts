/**
 * What colours tell: the kind of a layer, or a number that it has.
 */
import { cssColor, palette, paletteIndex, type Theme } from "../lib/colormap";
import { formatValue } from "../lib/format";
import type { Item } from "./graph";
import type { Tiles } from "./tiles";
import { formatLarge } from "./words";

export const COLORS = [
  { value: "kind", text: "kind" },
  { value: "parameters", text: "parameters" },
  { value: "flops", text: "FLOPs" },
  { value: "mean", text: "mean activation" },
  { value: "spread", text: "spread of activations" },
  { value: "zeros", text: "share of zeros" },
] as const;

export type ColorBy = (typeof COLORS)[number]["value"];

// Told apart with any colour vision by lightness too; the kind is also in words on every card.
const KINDS: Record<string, string> = {
  input: "#7c8593",
  conv: "#3b7dd8",
  dense: "#8a5cd0",
  matmul: "#8a5cd0",
  attention: "#c2459b",
  recurrent: "#c2459b",
  embedding: "#8a5cd0",
  norm: "#4aa3a2",
  scale: "#4aa3a2",
  activation: "#e08a1e",
  pool: "#3f9b57",
  reduce: "#3f9b57",
  add: "#d6554d",
  concat: "#d6554d",
  combine: "#d6554d",
  block: "#59616d",
};
const OTHER = "#9aa2ad";

export interface Legend {
  /** Swatches with words, or the two ends of a range. */
  swatches: { color: string; text: string }[];
  range: { low: string; high: string; stops: string[] } | null;
}

export interface Coloring {
  colorOf(item: Item): string | null;
  legend: Legend;
}

/** Colours for what is shown; null for a thing without the number that is asked for. */
export function coloring(
  by: ColorBy,
  items: readonly Item[],
  tiles: Tiles | null,
  theme: Theme,
): Coloring {
  if (by === "kind") return byKind(items);
  const value = (item: Item) => valueOf(item, by, tiles);
  const known = items.map(value).filter((number): number is number => number !== null);
  if (known.length === 0) return { colorOf: () => null, legend: { swatches: [], range: null } };
  const size = by === "parameters" || by === "flops";
  const signed = by === "mean" && Math.min(...known) < 0;
  const scale = size ? (number: number) => Math.log10(1 + number) : (number: number) => number;
  const far = Math.max(...known.map((number) => Math.abs(scale(number))));
  const high = by === "zeros" ? 1 : far;
  const low = signed ? -far : 0;
  const colors = palette(signed ? "diverging" : "viridis", theme);
  const words = (number: number) =>
    size ? formatLarge(number) : by === "zeros" ? `${Math.round(100 * number)} %` : formatValue(number);
  const top = size ? Math.max(...known) : high;
  return {
    colorOf: (item) => {
      const number = value(item);
      return number === null ? null : cssColor(colors[paletteIndex(scale(number), low, high)]);
    },
    legend: {
      swatches: [],
      range: {
        low: words(low),
        high: words(top),
        stops: [0, 51, 102, 153, 204, 255].map((index) => cssColor(colors[index])),
      },
    },
  };
}

/** The number that colours tell of a thing; a block has that of the layer that leaves it. */
export function valueOf(item: Item, by: ColorBy, tiles: Tiles | null): number | null {
  if (by === "parameters" || by === "flops") return item.layer === null ? null : item[by];
  if (by === "kind" || item.layer === null) return null;
  const value = tiles?.numbers(item.layer)?.[by] ?? NaN;
  return Number.isFinite(value) ? value : null;
}

function byKind(items: readonly Item[]): Coloring {
  const color = (kind: string) => KINDS[kind] ?? OTHER;
  const kinds = [...new Set(items.map(({ kind }) => kind))];
  const groups = new Map<string, string[]>();
  for (const kind of kinds) {
    groups.set(color(kind), [...(groups.get(color(kind)) ?? []), kind]);
  }
  const swatches = [...groups].map(([color, kinds]) => ({ color, text: kinds.join(", ") }));
  return { colorOf: ({ kind }) => color(kind), legend: { swatches, range: null } };
}
