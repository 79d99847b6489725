/**
 * Axes of a chart: round tick values, and from values to pixels. Pure numbers.
 */

export interface Axis {
  low: number;
  high: number;
  ticks: number[];
}

/**
 * An axis with ticks at 1, 2 or 5 times a power of ten.
 *
 * @param about how many ticks are wanted
 * @param whole allow whole numbers only, for counts such as iterations
 */
export function axis(low: number, high: number, about: number, whole = false): Axis {
  const step = Math.max(niceStep((high - low || 1) / Math.max(1, about)), whole ? 1 : 0);
  const ticks: number[] = [];
  for (let times = Math.ceil(low / step - 1e-9); times * step <= high + step * 1e-9; times++) {
    ticks.push(Number((times * step).toPrecision(12)));
  }
  return { low, high, ticks };
}

/**
 * An axis that holds all values and begins and ends at a tick: while a curve grows, it changes
 * only now and then. Without values, from 0 to 1.
 */
export function roundAxis(low: number, high: number, about: number): Axis {
  if (!(low <= high)) return axis(0, 1, about);
  const air = high > low ? 0 : Math.abs(high) * 0.1 || 1;
  const step = niceStep((high - low + 2 * air) / Math.max(1, about));
  const down = Math.floor((low - air) / step + 1e-9) * step;
  const up = Math.ceil((high + air) / step - 1e-9) * step;
  return axis(down, up, (up - down) / step);
}

/** Where a value lies between two pixels. */
export function place(axis: Axis, value: number, from: number, to: number): number {
  const span = axis.high - axis.low || 1;
  return from + ((value - axis.low) / span) * (to - from);
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const times = [1, 2, 5, 10].find((nice) => nice * power >= rough * 0.999) ?? 10;
  return times * power;
}
