/**
 * Numbers over time, and what is asked of them.
 */

/** Numbers by step and then by row; a strip shows a row for each unit, feature or class. */
export interface Course {
  steps: number;
  rows: number;
  values: Float32Array;
}

export function valueAt(course: Course, step: number, row: number): number {
  return course.values[step * course.rows + row];
}

/** The finite values' range. */
export function extent(values: ArrayLike<number>): [low: number, high: number] {
  let low = Infinity;
  let high = -Infinity;
  for (let at = 0; at < values.length; at++) {
    const value = values[at];
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [0, 0];
}

/** Rows in the order in which they are shown. */
export function rowOrder(course: Course, order: "index" | "strongest"): number[] {
  const rows = Array.from({ length: course.rows }, (_, row) => row);
  if (order === "index") return rows;
  const strength = rows.map((row) => {
    let sum = 0;
    for (let step = 0; step < course.steps; step++) sum += Math.abs(valueAt(course, step, row));
    return sum;
  });
  return rows.sort((a, b) => strength[b] - strength[a] || a - b);
}

/** The row that is largest at a step; -1 where none is a number. */
export function largestAt(course: Course, step: number): number {
  let best = -1;
  for (let row = 0; row < course.rows; row++) {
    const value = valueAt(course, step, row);
    if (!Number.isNaN(value) && (best < 0 || value > valueAt(course, step, best))) best = row;
  }
  return best;
}
