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
 * A number and what is done to it in order, one part for each operation, with the brackets that the
 * order needs.
 *
 * @param start what there is at first
 * @param tail the operations
 * @param notes what the operands are, by the operation; each name is used once
 */
export function chain(
  start: Term,
  tail: readonly Line[],
  notes: Record<string, string> = {},
): Term[] {
  const left = { ...notes };
  let terms = [start];
  let sum = false; // what stands there so far ends in an addition
  for (const [operation, operand, outcome] of tail) {
    const note = left[operation] ?? "";
    delete left[operation];
    if (operand === null) {
      terms.push({ sign: "→", text: figure(outcome), note: operation });
      sum = false;
    } else if (operation in SIGNS) {
      const strong = operation === "multiply" || operation === "divide";
      if (strong && sum) terms = bracketed(terms);
      terms.push(operandTerm(operand, note, SIGNS[operation]));
      sum = !strong;
    } else {
      terms.push(term(operand, note, WORDS[operation] ?? operation));
      sum = false;
    }
  }
  return terms;
}

const WORDS: Record<string, string> = {
  subtract_from: "subtracted from",
  divide_into: "divides",
  maximum: "or, if larger,",
  minimum: "or, if smaller,",
};

/** A number after a sign: a negative one stands in brackets. */
export function operandTerm(value: Figure, note: string, sign: string): Term {
  return { sign, text: operand(value), note };
}

/** A number as it stands after a sign. */
export function operand(value: Figure): string {
  const text = figure(value);
  return text.startsWith("−") ? `(${text})` : text;
}

function bracketed(terms: readonly Term[]): Term[] {
  const [first, ...more] = terms;
  const last = more.pop();
  const opened = { ...first, text: `(${first.text}` };
  return last ? [opened, ...more, { ...last, text: `${last.text})` }] : [first];
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
  const lines: Line[] = [
    ["subtract", mean, 0],
    ["divide", root, 0],
    ["multiply", scale, 0],
    ["add", shift, 0],
  ];
  const notes = { subtract: "mean", divide: "√(variance + ε)", multiply: "scale", add: "shift" };
  const terms = chain(term(input, "value"), lines, notes);
  return { terms, result: value };
}

/** What the operands of a norm are, as frameworks fold the four numbers. */
export function foldedNotes(tail: readonly Line[]): Record<string, string> {
  const multiply = "scale ÷ √(variance + ε)";
  const centred = tail.some(([operation]) => operation === "subtract");
  return centred
    ? { subtract: "mean", multiply, add: "shift" }
    : { multiply, add: "shift − mean × that factor" };
}

/** Numbers in a cell of a grid: two decimals at most, short enough for a small square. */
export function cellText(value: number): string {
  if (!Number.isFinite(value)) return formatValue(value);
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 9999.5 || size < 5e-4) return exponential(value);
  const digits = size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.005 ? 2 : 3;
  return value.toFixed(digits).replace("-", "−");
}

function exponential(value: number): string {
  return value.toExponential(0).replace("e+", "e").replaceAll("-", "−");
}
