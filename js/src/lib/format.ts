/**
 * Numbers and shapes as people read them. A true minus sign, three significant digits.
 */

/** A measured value: three significant digits, in powers of ten when very large or small. */
export function formatValue(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 1e5 || size < 1e-3) return minus(value.toExponential(1).replace("e+", "e"));
  return minus(value.toFixed(Math.max(0, 2 - Math.floor(Math.log10(size)))));
}

/** A label of an axis whose ticks are `step` apart: as many decimals as the step needs. */
export function formatTick(value: number, step: number): string {
  if (value === 0) return "0";
  const size = Math.max(Math.abs(value), step);
  if (size >= 1e5 || size < 1e-3) return formatValue(value);
  return minus(value.toFixed(Math.max(0, -Math.floor(Math.log10(step) + 1e-9))));
}

/** A count with thin spaces between thousands. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** A count with its noun: "1 channel", "64 channels". */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** Sizes joined by a multiplication sign: "28×28×32". */
export function formatShape(shape: readonly number[]): string {
  return shape.length === 0 ? "scalar" : shape.join("×");
}

/** The shape of a layer: without rows and columns where it has none. */
export function layerShape(layer: { rows: number; cols: number; channels: number }): string {
  const { rows, cols, channels } = layer;
  return formatShape(rows === 1 && cols === 1 ? [channels] : [rows, cols, channels]);
}

function minus(text: string): string {
  return text.replaceAll("-", "−");
}
