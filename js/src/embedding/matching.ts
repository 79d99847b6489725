/**
 * Which images are meant: by words, and by keys of the legend. Pure.
 */
import type { About, Plane } from "./frame";

/**
 * 1 for each image that is meant.
 *
 * @param text "#12" is an image; the name of a class means that class alone, other words all classes
 *   in whose names they are, be it the label or the prediction
 * @param keys of the legend; empty for all
 * @param codes the key of each image
 */
export function matching(
  about: About,
  plane: Plane,
  text: string,
  keys: ReadonlySet<number>,
  codes: ArrayLike<number>,
): Uint8Array {
  const found = new Uint8Array(plane.count).fill(1);
  const wanted = text.trim().toLowerCase();
  const inLabels = wanted ? namesWith(about.labels ?? [], wanted) : null;
  const inClasses = wanted ? namesWith(about.classes, wanted) : null;
  const number = /^#\s*(\d+)$/.exec(wanted);
  for (let at = 0; at < plane.count; at++) {
    if (keys.size > 0 && !keys.has(codes[at])) found[at] = 0;
    else if (number) found[at] = Number(at === Number(number[1]));
    else if (inLabels && inClasses) {
      const said = inClasses.has(plane.predicted[at]);
      const labelled = about.codes !== null && inLabels.has(about.codes[at]);
      found[at] = Number(said || labelled);
    }
  }
  return found;
}

function namesWith(names: readonly string[], wanted: string): Set<number> {
  const lower = names.map((name) => name.toLowerCase());
  const exact = lower.indexOf(wanted);
  if (exact >= 0) return new Set([exact]);
  return new Set(lower.flatMap((name, at) => (name.includes(wanted) ? [at] : [])));
}
