/**
 * Reckoning as the kernel does it: sums, orders, and what is done to one number. Pure.
 */
import type { MapInfo } from "./frame";

/** What is done to one number with a second one. */
export const COMPUTE: Record<string, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  subtract_from: (a, b) => b - a,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  divide_into: (a, b) => b / a,
  maximum: (a, b) => Math.max(a, b),
  minimum: (a, b) => Math.min(a, b),
};

/** What several values of a place make together. */
export const COMBINE: Record<string, (terms: number[]) => number> = {
  add: sum,
  add_any: sum,
  sub: ([a, b]) => a - b,
  mul: ([a, b]) => a * b,
  div: ([a, b]) => a / b,
  max: ([a, b]) => Math.max(a, b),
  min: ([a, b]) => Math.min(a, b),
};

export function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let at = 0; at < values.length; at++) total += values[at];
  return total;
}

/** How much a number adds, whatever its sign. */
export function magnitude(value: number): number {
  return Number.isNaN(value) ? 0 : Math.abs(value);
}

/** Numbers of values, the largest first; of equals, the first. */
export function order(values: readonly number[], by: (value: number) => number): number[] {
  const keys = values.map(by);
  return keys.map((_, at) => at).sort((a, b) => keys[b] - keys[a] || a - b);
}

/** A map as 8-bit codes over its own range. */
export function asMap(values: ArrayLike<number>, rows: number, cols: number): { info: MapInfo; codes: Uint8Array } {
  let [low, high] = [Infinity, -Infinity];
  for (let at = 0; at < values.length; at++) {
    if (!Number.isFinite(values[at])) continue;
    low = Math.min(low, values[at]);
    high = Math.max(high, values[at]);
  }
  if (low > high) [low, high] = [0, 0];
  const span = high - low || 1;
  const code = (value: number) => (Number.isFinite(value) ? Math.round(((value - low) / span) * 255) : 0);
  const codes = Uint8Array.from({ length: values.length }, (_, at) => code(values[at]));
  return { info: { rows, cols, low, high }, codes };
}
