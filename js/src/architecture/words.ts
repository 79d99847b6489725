/**
 * Layers in words and short numbers.
 */
import { formatCount, formatShape, plural } from "../lib/format";
import type { Item } from "./graph";

const UNITS = [
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
] as const;

/** A count in three digits: "9.41 k", "312". */
export function formatLarge(count: number): string {
  const [size, unit] = UNITS.find(([size]) => count >= size) ?? [1, ""];
  if (unit === "") return String(Math.round(count));
  const value = count / size;
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)} ${unit}`;
}

/** The lines of a card under its name; "" where there is nothing to say. */
export function cardLines(item: Item): [kind: string, shape: string, weights: string, work: string] {
  const { count, kind, parameters, flops, shape } = item;
  return [
    count > 0 ? plural(count, "layer") : kind,
    formatShape(shape),
    parameters > 0 ? `${formatLarge(parameters)} params` : "",
    flops > 0 ? `${formatLarge(flops)} FLOPs` : "",
  ];
}

/** All about a thing in one line. */
export function describe(item: Item): string {
  const { name, kind, operation, shape, parameters, flops, count } = item;
  const exact = operation === kind || count > 0 ? kind : `${kind} (${operation})`;
  const parts = [`${name}: ${exact}${count > 0 ? ` of ${plural(count, "layer")}` : ""}`];
  parts.push(formatShape(shape));
  if (item.layer !== null) {
    parts.push(plural(parameters, "parameter"), `${formatCount(flops)} FLOPs`);
  }
  return parts.join(", ");
}

/** A text as long as fits: where it does not, its middle is left out. */
export function fitted(text: string, width: number, measure: (text: string) => number): string {
  if (measure(text) <= width) return text;
  const letters = [...text];
  let keep = letters.length - 1;
  const cut = (keep: number) => {
    const head = Math.ceil(keep * 0.45);
    return `${letters.slice(0, head).join("")}…${letters.slice(letters.length - (keep - head)).join("")}`;
  };
  while (keep > 2 && measure(cut(keep)) > width) keep--;
  return cut(keep);
}
