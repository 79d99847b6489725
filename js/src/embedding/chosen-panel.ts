/**
 * The chosen image, and what the layer takes for its likes.
 */
import { h, setText } from "../lib/dom";
import { Panel } from "../lib/panel";
import { type About, distanceWords, imageName, type NeighboursTold, type Plane, poolingWords } from "./frame";
import { fillWords } from "./hover-card";
import type { Sheets } from "./sheets";

const SIDE = 84;
const SMALL = 44;

export class ChosenPanel {
  private readonly picture = h("canvas", { role: "img", "aria-label": "Chosen image" });
  private readonly words = h("div", { class: "cv-card-words" });
  private readonly hint = h(
    "p",
    { class: "cv-quiet cv-hint" },
    "Click an image to see what lies nearest to it in the layer; other views then look at it, too.",
  );
  private readonly top = h("div", { class: "cv-chosen-top" }, this.picture, this.words);
  private readonly heading = h("div", { class: "cv-quiet cv-near-heading" });
  private readonly list = h("ol", { class: "cv-near", "aria-label": "Nearest neighbours" });
  private readonly panel = new Panel("chosen", this.top, this.heading, this.list, this.hint);
  private shown: unknown[] = [];

  readonly element = this.panel.element;

  constructor(
    private readonly sheets: Sheets,
    private readonly choose: (number: number) => void,
    private readonly signal: AbortSignal,
  ) {
    this.panel.title("Chosen image");
  }

  paint(about: About, plane: Plane | null, chosen: number | null, near: NeighboursTold | null): void {
    this.top.hidden = this.heading.hidden = this.list.hidden = chosen === null;
    this.hint.hidden = chosen !== null;
    const wanted = [about, plane?.predicted, chosen, near, this.sheets.ready];
    if (wanted.every((each, at) => each === this.shown[at]) || chosen === null) return;
    this.shown = wanted;
    this.picture.hidden = !this.sheets.ready;
    if (this.sheets.ready) this.sheets.paint(this.picture, chosen, SIDE);
    fillWords(this.words, about, plane, chosen);
    const told = near && near.of === chosen ? near : null;
    setText(this.heading, told ? headingOf(told) : "Looking for its neighbours…");
    this.list.replaceChildren(...(told ? told.numbers.map((number, at) => this.entry(about, plane, told, number, at)) : []));
  }

  private entry(about: About, plane: Plane | null, told: NeighboursTold, number: number, at: number): HTMLElement {
    const value = distanceWords(told.distances[at], told.metric);
    const name = imageName(about, plane, number);
    const label = `${name}, ${told.metric === "cosine" ? "cosine" : "distance"} ${value}`;
    const pressed = () => this.choose(number);
    const made = h("button", { type: "button", class: "cv-near-button", title: label, "aria-label": label });
    if (this.sheets.ready) {
      const canvas = h("canvas", { "aria-hidden": "true" });
      this.sheets.paint(canvas, number, SMALL);
      made.append(canvas);
    } else made.append(h("span", { class: "cv-near-number" }, `#${number}`));
    made.append(h("span", { class: "cv-near-value" }, value));
    made.addEventListener("click", pressed, { signal: this.signal });
    return h("li", {}, made);
  }
}

function headingOf({ layer, metric, pooling, pooled }: NeighboursTold): string {
  const words = pooled ? ` (${poolingWords(pooling)})` : "";
  const how = metric === "cosine" ? "cosine of vectors, 1 is the same direction" : "Euclidean distance";
  return `Nearest in ${layer}${words}, by ${how}`;
}
