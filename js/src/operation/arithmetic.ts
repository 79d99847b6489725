/**
 * Arithmetic in words and figures, as it stands in an equation. Pure.
 */
import { formatValue } from "../lib/format";
import type { Figure, Line } from "./frame";

/** One part of an equation: a figure (or a sign before it), and below it what it is. */
export interface Term {
  sign: string;
  text: string;
  note: string;
  /** The last one, that all others lead to. */
  result?: boolean;
}

export function figure(value: Figure): string {
  return formatValue(Number(value));
}

export function term(value: Figure, note: string, sign = ""): Term {
  return { sign, text: figure(value), note };
}

export function result(value: Figure, note: string): Term {
  return { sign: "=", text: figure(value), note, result: true };
}

const SIGNS: Record<string, string> = {
  add: "+",
  subtract: "−",
  multiply: "×",
  divide: "÷",
};

/**
 * What is done to a number, one part for each operation.
 *
 * @param notes what the operands are, by the operation; each name is used once
 */
export function tailTerms(tail: readonly Line[], notes: Record<string, string> = {}): Term[] {
  const left = { ...notes };
  return tail.map(([operation, operand, outcome]) => {
    const note = left[operation] ?? "";
    delete left[operation];
    if (operand === null) return { sign: "→", text: figure(outcome), note: operation };
    if (operation in SIGNS) return term(operand, note, SIGNS[operation]);
    const words: Record<string, string> = {
      subtract_from: "subtracted from",
      divide_into: "divides",
      maximum: "or, if larger,",
      minimum: "or, if smaller,",
    };
    return term(operand, note, words[operation] ?? operation);
  });
}

/**
 * The shares of a softmax at a temperature, and what they are made of.
 *
 * @param temperature what the inputs are divided by; 1 as in the network
 */
export function softmax(
  inputs: ArrayLike<number>,
  temperature: number,
): { exponentials: number[]; total: number; shares: number[] } {
  const scaled = Array.from(inputs, (value) => value / temperature);
  const largest = scaled.reduce((most, value) => Math.max(most, value), -Infinity);
  const exponentials = scaled.map((value) => Math.exp(value - largest));
  const total = exponentials.reduce((sum, value) => sum + value, 0);
  return { exponentials, total, shares: exponentials.map((value) => value / total) };
}

/**
 * Mean, variance, scale and shift as the equation that a batch norm is.
 *
 * The root is what the network divides by, the small number in it included; it is known from the
 * factor that the network multiplies with. Null where the four numbers are not known.
 */
export function normTerms(
  input: Figure,
  tail: readonly Line[],
  parameters: Record<string, Figure>,
): { terms: Term[]; result: number } | null {
  const { mean, variance } = parameters;
  if (mean === undefined || variance === undefined) return null;
  const scale = Number(parameters.scale ?? 1);
  const shift = Number(parameters.shift ?? 0);
  const factor = tail.reduce(
    (product, [operation, operand]) =>
      operation === "multiply"
        ? product * Number(operand)
        : operation === "divide"
          ? product / Number(operand)
          : product,
    1,
  );
  const root = scale !== 0 && factor !== 0 ? scale / factor : Math.sqrt(Number(variance));
  const value = ((Number(input) - Number(mean)) / root) * scale + shift;
  const terms = [
    term(input, "value", "("),
    term(mean, "mean", "−"),
    term(root, "√(variance + ε)", ") ÷"),
    term(scale, "scale", "×"),
    term(shift, "shift", "+"),
  ];
  return { terms, result: value };
}

/** Numbers in a cell of a grid: two decimals at most, short enough for a small square. */
export function cellText(value: number): string {
  if (!Number.isFinite(value)) return formatValue(value);
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 9999.5 || size < 0.005) return formatValue(value).replace(/\.\d(?=e)/, "");
  const digits = size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  return value.toFixed(digits).replace("-", "−");
}
