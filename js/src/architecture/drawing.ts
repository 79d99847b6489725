/**
 * The graph as SVG: open blocks, then lines, then cards.
 *
 * An element stays as long as its thing is seen, so that things glide to their new places when a
 * block is folded. Colours and type are attributes, so that what is saved looks as on the page.
 */
import { formatShape } from "../lib/format";
import { type Look, drawCard, foldButton } from "./card";
import type { Graph, Item } from "./graph";
import { type Box, type Direction, type Layout, type Line, pathOf } from "./layout";
import { type Inks, s } from "./svg";
import { describe, fitted } from "./words";

export interface Picture {
  graph: Graph;
  layout: Layout;
  direction: Direction;
  inks: Inks;
  look(item: Item): Look;
}

interface Drawn {
  element: SVGGElement;
  key: string;
}

/** Room on a straight piece of a line for the shape that flows. */
const ROOM = 92;

export class Drawing {
  readonly content = s("g");
  private readonly blocks = s("g");
  private readonly flows = s("g");
  private readonly cards = s("g");
  private readonly pointed = s("g", { "pointer-events": "none" });
  private readonly drawn = new Map<string, Drawn>();
  private readonly pen = document.createElement("canvas").getContext("2d");
  private readonly widths = new Map<string, number>(); // of texts; measuring takes long
  private layout: Layout | null = null;
  private inks: Inks | null = null;

  constructor() {
    this.content.append(this.blocks, this.flows, this.cards, this.pointed);
  }

  draw(picture: Picture): void {
    const { graph, layout, inks } = picture;
    const seen = new Set<string>();
    for (const box of layout.boxes) {
      const item = graph.items.get(box.name);
      if (!item) continue;
      seen.add(`${box.open} ${box.name}`);
      if (box.open) this.drawBlock(box, item, inks);
      else this.drawCard(box, picture.look(item));
    }
    for (const [key, { element }] of this.drawn) {
      if (seen.has(key)) continue;
      element.remove();
      this.drawn.delete(key);
    }
    if (layout !== this.layout || inks !== this.inks) {
      this.layout = layout;
      this.inks = inks;
      this.flows.replaceChildren(
        ...layout.lines.map((line) => drawLine(line, picture.direction, inks)),
      );
      this.point(null, inks);
    }
  }

  /** Shows what flows out of a layer, all the way, with its shape beside the pointer's line. */
  point(line: SVGElement | null, inks: Inks): void {
    const source = line?.dataset.source;
    for (const flow of this.flows.children as HTMLCollectionOf<SVGElement>) {
      const on = source !== undefined && flow.dataset.source === source;
      flow.setAttribute("color", on ? inks.accent : inks.edge);
      flow.querySelector(".cv-way")?.setAttribute("stroke-width", on ? "2.5" : "1.5");
    }
    this.pointed.replaceChildren();
    if (!line) return;
    const path = line.querySelector<SVGPathElement>(".cv-way");
    if (!path) return;
    const { x, y } = path.getPointAtLength(path.getTotalLength() / 2);
    const text = line.dataset.shape ?? "";
    const width = this.measure(text, false, inks) + 12;
    const place = { x: x - width / 2, y: y - 9, width, height: 18, rx: 4 };
    this.pointed.append(
      s("rect", { ...place, fill: inks.surface, stroke: inks.accent }),
      s("text", { x, y: y + 4, "text-anchor": "middle", fill: inks.ink, "font-size": 11 }, text),
    );
  }

  measure(text: string, bold: boolean, inks: Inks): number {
    if (!this.pen) return 7 * text.length;
    const font = `${bold ? "600 12px" : "11px"} ${inks.font}`;
    const key = `${font} ${text}`;
    let width = this.widths.get(key);
    if (width === undefined) {
      this.pen.font = font;
      width = this.pen.measureText(text).width;
      this.widths.set(key, width);
    }
    return width;
  }

  private drawCard(box: Box, look: Look): void {
    const { thumbnail, ...rest } = look;
    const key = JSON.stringify([rest, thumbnail?.url.length, thumbnail?.url.slice(-80)]);
    const element = this.element(box, "cv-card", this.cards, key, () =>
      drawCard(look, (text, bold) => this.measure(text, bold, look.inks)),
    );
    element.dataset.kind = look.item.kind;
    element.setAttribute("opacity", look.dim ? "0.28" : "1");
    element.classList.toggle("cv-chosen", look.chosen);
  }

  private drawBlock(box: Box, item: Item, inks: Inks): void {
    const { width, height, depth } = box;
    const key = JSON.stringify([width, height, depth, inks]);
    this.element(box, "cv-block", this.blocks, key, () => {
      const fill = depth % 2 === 0 ? inks.well : inks.surface;
      const label = fitted(item.label, width - 46, (text) => this.measure(text, true, inks));
      return [
        s("rect", { width, height, rx: 8, fill, stroke: inks.line }),
        s("text", { x: 32, y: 19, fill: inks.ink, "font-size": 12, "font-weight": 600 }, label),
        foldButton(item.name, 7, 5, false, inks),
        s("title", {}, describe(item)),
      ];
    });
  }

  /** The element of a thing, moved to its place, and filled anew if its key has changed. */
  private element(
    box: Box,
    kind: string,
    parent: SVGGElement,
    key: string,
    fill: () => SVGElement[],
  ): SVGGElement {
    const id = `${box.open} ${box.name}`;
    let drawn = this.drawn.get(id);
    if (!drawn) {
      drawn = { element: s("g", { class: kind, "data-name": box.name }), key: "" };
      this.drawn.set(id, drawn);
    }
    const { element } = drawn;
    if (drawn.key !== key) {
      drawn.key = key;
      element.replaceChildren(...fill());
    }
    const [x, y] = [Math.round(box.x * 10) / 10, Math.round(box.y * 10) / 10];
    element.setAttribute("transform", `translate(${x},${y})`);
    element.style.transform = `translate(${x}px, ${y}px)`;
    if (element.parentNode !== parent || parent.lastChild !== element) parent.append(element);
    return element;
  }
}

function drawLine(line: Line, direction: Direction, inks: Inks): SVGGElement {
  const d = pathOf(line.points, direction);
  const shape = line.shapes.map(formatShape).join(", ");
  const group = s("g", {
    class: "cv-flow",
    color: inks.edge,
    "data-source": line.source,
    "data-target": line.target,
    "data-shape": shape,
  });
  group.append(
    s("path", { d, fill: "none", stroke: "transparent", "stroke-width": 12 }),
    s("path", { class: "cv-way", d, fill: "none", stroke: "currentColor", "stroke-width": 1.5 }),
  );
  if (line.ends) group.append(s("path", { d: head(line, direction), fill: "currentColor" }));
  const place = roomOn(line, direction);
  if (place) {
    const [x, y] = place;
    const halo = { stroke: inks.surface, "stroke-width": 3, "paint-order": "stroke" };
    group.append(
      s(
        "text",
        {
          x,
          y: y - 5,
          color: inks.quiet, // not that of the line
          fill: "currentColor",
          "text-anchor": "middle",
          "font-size": 10,
          ...halo,
        },
        shape,
      ),
    );
  }
  return group;
}

function head({ points }: Line, direction: Direction): string {
  const [x, y] = points[points.length - 1];
  return direction === "right" ? `M${x},${y}l-7,-3.5v7z` : `M${x},${y}l-3.5,-7h7z`;
}

/** The middle of the longest straight piece, if a shape fits there. */
function roomOn({ points }: Line, direction: Direction): [number, number] | null {
  if (direction === "down") return null;
  let [best, place] = [ROOM, null as [number, number] | null];
  for (let at = 1; at < points.length; at++) {
    const [[x, y], [nextX, nextY]] = [points[at - 1], points[at]];
    if (Math.abs(nextY - y) > 0.5 || nextX - x < best) continue;
    best = nextX - x;
    place = [(x + nextX) / 2, y];
  }
  return place;
}
