/**
 * What is known of the image under the pointer, beside it.
 */
import { h } from "../lib/dom";
import { type About, imageLines, type Plane } from "./frame";
import type { Sheets } from "./sheets";

const SIDE = 72;
const OFF = 16;

export class HoverCard {
  private readonly picture = h("canvas", { "aria-hidden": "true" });
  private readonly words = h("div", { class: "cv-card-words" });
  readonly element = h("div", { class: "cv-hover-card", role: "status", hidden: true }, this.picture, this.words);

  constructor(private readonly sheets: Sheets) {}

  paint(
    about: About,
    plane: Plane,
    number: number | null,
    at: [number, number] | null,
    [width, height]: [number, number],
  ): void {
    const { element } = this;
    element.hidden = number === null || at === null;
    if (number === null || !at) return;
    this.picture.hidden = !this.sheets.ready;
    if (this.sheets.ready) this.sheets.paint(this.picture, number, SIDE);
    fillWords(this.words, about, plane, number);
    const { offsetWidth, offsetHeight } = element;
    const right = at[0] + OFF + offsetWidth <= width;
    const left = right ? at[0] + OFF : at[0] - OFF - offsetWidth;
    const top = Math.min(Math.max(4, at[1] - offsetHeight / 2), Math.max(4, height - offsetHeight - 4));
    element.style.transform = `translate(${Math.round(Math.max(4, left))}px, ${Math.round(top)}px)`;
  }
}

/** An image's number and what is known of it, a line each. */
export function fillWords(words: HTMLElement, about: About, plane: Plane | null, number: number): void {
  const lines = imageLines(about, plane, number);
  words.replaceChildren(
    h("strong", {}, `Image ${number}`),
    ...lines.map((line) => h("span", { class: line === "Wrong" ? "cv-wrong" : "" }, line)),
  );
}
