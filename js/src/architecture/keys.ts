/**
 * Where an arrow key leads: along the lines, and from one to the next beside it.
 */
import type { Link } from "./graph";
import type { Direction, Box } from "./layout";

const FORWARD = { right: "ArrowRight", down: "ArrowDown" } as const;
const BACK = { right: "ArrowLeft", down: "ArrowUp" } as const;

/**
 * The name of the card that a key leads to, or null.
 *
 * Along the direction: to what takes the value, or gave it; straight on where there are several.
 * Across it: to the nearest card on that side that lies beside.
 */
export function stepFrom(
  name: string,
  key: string,
  direction: Direction,
  boxes: readonly Box[],
  links: readonly Link[],
): string | null {
  const cards = new Map(boxes.filter(({ open }) => !open).map((box) => [box.name, box]));
  const from = cards.get(name);
  if (!from) return null;
  const sideways = direction === "right";
  const across = (box: Box) => (sideways ? box.y + box.height / 2 : box.x + box.width / 2);
  const along = (box: Box) => (sideways ? box.x + box.width / 2 : box.y + box.height / 2);
  const least = (names: string[], cost: (box: Box) => number) =>
    names
      .flatMap((each) => cards.get(each) ?? [])
      .reduce<Box | null>((best, box) => (best && cost(best) <= cost(box) ? best : box), null)
      ?.name ?? null;
  const straight = (box: Box) =>
    Math.abs(across(box) - across(from)) + Math.abs(along(box) - along(from)) / 1000;
  if (key === FORWARD[direction]) {
    return least(links.filter(({ source }) => source === name).map(({ target }) => target), straight);
  }
  if (key === BACK[direction]) {
    return least(links.filter(({ target }) => target === name).map(({ source }) => source), straight);
  }
  const sign = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 }[key];
  if (sign === undefined) return null;
  const beside = [...cards.values()].filter((box) => {
    const apart = Math.abs(along(box) - along(from));
    return sign * (across(box) - across(from)) > 1 && apart < from.width + from.height;
  });
  return least(
    beside.map(({ name }) => name),
    (box) => Math.abs(across(box) - across(from)) + 2 * Math.abs(along(box) - along(from)),
  );
}
