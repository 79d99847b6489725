/**
 * One thing as a card: a band of colour, a thumbnail, the name, and what there is to know.
 */
import type { Item } from "./graph";
import type { Direction, Size } from "./layout";
import { type Inks, s } from "./svg";
import type { Thumbnail } from "./tiles";
import { cardLines, describe, fitted } from "./words";

const RADIUS = 6;
const BAND = 5;
const LINE = 14;
const SIDE = 8;
/** A picture's longer side. */
const PICTURE = 48;
const BUTTON = 18;

export interface Look {
  item: Item;
  direction: Direction;
  pictures: boolean;
  color: string | null;
  thumbnail: Thumbnail | null;
  chosen: boolean;
  dim: boolean;
  inks: Inks;
}

/** How large cards are. */
export function cardSize(direction: Direction, pictures: boolean): Size {
  if (direction === "down") return { width: pictures ? 254 : 206, height: BAND + 4 * LINE + 6 };
  const height = BAND + 5 * LINE + 11 + (pictures ? PICTURE + 6 : 0);
  return { width: 122, height };
}

/** Draws a card with its upper left corner at the origin. */
export function drawCard(look: Look, measure: (text: string, bold: boolean) => number): SVGElement[] {
  const { item, direction, color, chosen, inks } = look;
  const { width, height } = cardSize(direction, look.pictures);
  const body = { width, height, rx: RADIUS };
  const parts: SVGElement[] = [];
  if (item.count > 0) {
    const behind = { ...body, x: 4, y: 4, fill: inks.well, stroke: inks.line };
    parts.push(s("rect", behind));
  }
  parts.push(s("rect", { ...body, fill: inks.surface, stroke: inks.edge, "stroke-width": 1 }));
  if (color !== null) {
    parts.push(s("rect", { ...body, fill: color, "fill-opacity": 0.1 }));
    parts.push(s("path", { d: band(direction, width, height), fill: color }));
  }
  if (look.thumbnail) parts.push(...drawPicture(look.thumbnail, look));
  parts.push(...drawWords(look, width, measure));
  if (item.count > 0) parts.push(foldButton(item.name, width - BUTTON - 4, BAND + 3, true, inks));
  if (chosen) {
    const mark = { x: -3, y: -3, width: width + 6, height: height + 6, rx: RADIUS + 3 };
    parts.push(s("rect", { ...mark, fill: "none", stroke: inks.accent, "stroke-width": 2.5 }));
  }
  parts.push(s("title", {}, describe(item)));
  return parts;
}

function band(direction: Direction, width: number, height: number): string {
  const r = RADIUS;
  if (direction === "right") {
    return `M0,${r}A${r},${r} 0 0 1 ${r},0H${width - r}A${r},${r} 0 0 1 ${width},${r}Z`;
  }
  return `M${r},0A${r},${r} 0 0 0 0,${r}V${height - r}A${r},${r} 0 0 0 ${r},${height}Z`;
}

function drawPicture(thumbnail: Thumbnail, { direction, inks }: Look): SVGElement[] {
  const { url, width, height } = thumbnail;
  const size = cardSize(direction, true);
  const strip = height === 1 && width > 1; // units in a row: a bar code
  const room = strip && direction === "right" ? size.width - 2 * SIDE : PICTURE;
  const scale = Math.min(room / width, PICTURE / height);
  const [wide, high] = strip ? [room, 16] : [width * scale, height * scale];
  const middle = direction === "right" ? size.width / 2 : BAND + SIDE + PICTURE / 2;
  const x = middle - wide / 2;
  const y = (direction === "right" ? BAND + 6 + PICTURE / 2 : size.height / 2) - high / 2;
  const image = s("image", {
    href: url,
    x,
    y,
    width: wide,
    height: high,
    preserveAspectRatio: "none",
    style: "image-rendering: pixelated",
  });
  const frame = { x, y, width: wide, height: high, fill: "none", stroke: inks.line };
  return [image, s("rect", frame)];
}

function drawWords(
  { item, direction, pictures, inks }: Look,
  width: number,
  measure: (text: string, bold: boolean) => number,
): SVGElement[] {
  const down = direction === "down";
  const left = down ? BAND + SIDE + (pictures ? PICTURE + 10 : 0) : SIDE;
  const top = down ? 17 : BAND + (pictures ? PICTURE + 22 : 15);
  const room = width - left - SIDE;
  // Beside the name there may be the button that unfolds.
  const beside = item.count > 0 && (down || !pictures) ? BUTTON : 0;
  const [kind, shape, weights, work] = cardLines(item);
  const numbers = [weights, work].filter(Boolean);
  const short = [kind, shape, ...(down ? [numbers.join(" · ")] : numbers)];
  const name = fitted(item.label, room - beside, (text) => measure(text, true));
  return [
    s(
      "text",
      { x: left, y: top, fill: inks.ink, "font-size": 12, "font-weight": 600 },
      name,
    ),
    ...short.map((text, at) =>
      s(
        "text",
        { x: left, y: top + (at + 1) * LINE, fill: at === 1 ? inks.ink : inks.quiet, "font-size": 11 },
        fitted(text, room, (text) => measure(text, false)),
      ),
    ),
  ];
}

/** The button that folds or unfolds a block. */
export function foldButton(
  name: string,
  x: number,
  y: number,
  folded: boolean,
  inks: Inks,
): SVGElement {
  const half = BUTTON / 2;
  const sign = folded ? `M${half},5V${BUTTON - 5}M5,${half}H${BUTTON - 5}` : `M5,${half}H${BUTTON - 5}`;
  return s(
    "g",
    { class: "cv-fold", "data-fold": name, transform: `translate(${x},${y})` },
    s("rect", { width: BUTTON, height: BUTTON, rx: 4, fill: inks.surface, stroke: inks.edge }),
    s("path", { d: sign, stroke: inks.ink, "stroke-width": 1.5, fill: "none" }),
    s("title", {}, `${folded ? "Unfold" : "Fold"} ${name}`),
  );
}
