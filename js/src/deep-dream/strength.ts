/**
 * The stops of the Strength slider, and what may be chosen of octaves. Pure.
 */
import { formatTick } from "../lib/format";

/** Grey levels of 255; each stop is about a third more than the one before. */
const STOPS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 12, 16];

/** The stops with the chosen value among them, which Python may set to any. */
export function stopsWith(strength: number): number[] {
  const known = STOPS.some((stop) => near(stop, strength));
  return known ? STOPS : [...STOPS, strength].sort((a, b) => a - b);
}

export function stopOf(strength: number, stops: readonly number[]): number {
  return stops.findIndex((stop) => near(stop, strength));
}

export function strengthWords(strength: number): string {
  return formatTick(strength, strength < 1 || strength % 0.5 ? 0.01 : strength % 1 ? 0.1 : 1);
}

/** As many powers of the scale as wanted, ending where the present ones end. */
export function octavesFor(count: number, present: readonly number[]): number[] {
  const last = present.at(-1) ?? 0;
  return Array.from({ length: count }, (_, index) => last - count + 1 + index);
}

function near(a: number, b: number): boolean {
  return Math.abs(a - b) < 5e-3 * a;
}
