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
  const scale = by === "parameters" || by === "flops" ? sizes(known) : statistics(by, known);
  const colors = palette(scale.signed ? "diverging" : "viridis", theme);
  const place = (number: number) => paletteIndex(scale.place(number), 0, 1);
  return {
    colorOf: (item) => {
      const number = value(item);
      return number === null ? null : cssColor(colors[place(number)]);
    },
    legend: {
      swatches: [],
      range: {
        low: scale.low,
        high: scale.high,
        stops: [0, 51, 102, 153, 204, 255].map((index) => cssColor(colors[index])),
      },
    },
  };
}

/** Where numbers lie between the two ends of the colours, and what the ends are in words. */
interface Scale {
  place(number: number): number;
  low: string;
  high: string;
  signed: boolean;
}

/** Counts differ by orders of magnitude: their logarithms, from the smallest that is not 0. */
function sizes(known: readonly number[]): Scale {
  const some = known.filter((number) => number > 0);
  const [least, most] = [Math.min(...some), Math.max(...some)];
  if (some.length === 0) return { place: () => 0, low: "0", high: "0", signed: false };
  const span = Math.log(most / least) || 1;
  return {
    place: (number) => Math.log(Math.max(number, least) / least) / span,
    low: `${some.length < known.length ? "≤ " : ""}${formatLarge(least)}`,
    high: `${formatLarge(most)}, logarithmic`,
    signed: false,
  };
}

function statistics(by: ColorBy, known: readonly number[]): Scale {
  if (by === "zeros") return { place: (number) => number, low: "0 %", high: "100 %", signed: false };
  const far = Math.max(...known.map(Math.abs)) || 1;
  if (by === "mean" && Math.min(...known) < 0) {
    const place = (number: number) => (number / far + 1) / 2;
    return { place, low: formatValue(-far), high: formatValue(far), signed: true };
  }
  return { place: (number) => number / far, low: "0", high: formatValue(far), signed: false };
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
