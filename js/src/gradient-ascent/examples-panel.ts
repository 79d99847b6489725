/**
 * Real patches beside the painted picture: two rows, what fires the unit most and least.
 */
import { paintPicture, pixelRatio } from "../lib/canvas";
import { h, setText } from "../lib/dom";
import { formatValue, plural } from "../lib/format";
import { Panel } from "../lib/panel";
import { Stage } from "../lib/stage";
import { type Example, type ExamplesState, readExamples } from "./examples";

/** Patches up to this many pixels a side are shown as squares: blended, nothing would be left. */
const TINY = 24;

export class ExamplesPanel {
  private readonly most = new Row("Most");
  private readonly least = new Row("Least");
  private readonly panel = new Panel("examples", this.most.element, this.least.element);
  private state: ExamplesState | null = null;
  private read: { most: Example[]; least: Example[] } = { most: [], least: [] };

  readonly element = this.panel.element;

  paint(state: ExamplesState | null): void {
    this.element.hidden = state === null;
    if (!state) return;
    if (state !== this.state) {
      this.state = state;
      this.read = readExamples(state);
    }
    this.panel.title(`Real examples for ${state.label}`);
    const searched = plural(state.searched, "picture");
    this.panel.say(state.over ? `of ${searched}` : `${searched} searched…`);
    this.most.paint(this.read.most);
    this.least.paint(this.read.least);
  }
}

class Row {
  private readonly patches: Patch[] = [];
  private readonly list = h("div", { class: "cv-patches" });

  readonly element: HTMLElement;

  constructor(private readonly name: string) {
    this.element = h(
      "div",
      { class: "cv-row", role: "group", "aria-label": `Fires ${name.toLowerCase()}` },
      h("span", { class: "cv-quiet" }, name),
      this.list,
    );
  }

  paint(examples: readonly Example[]): void {
    while (this.patches.length < examples.length) {
      const patch = new Patch();
      this.patches.push(patch);
      this.list.append(patch.element);
    }
    this.patches.forEach((patch, at) => {
      patch.element.hidden = at >= examples.length;
      if (at < examples.length) patch.paint(examples[at], this.name);
    });
  }
}

class Patch {
  private readonly stage = new Stage("Patch");
  private readonly value = h("figcaption", { class: "cv-quiet" });
  private readonly scratch = document.createElement("canvas");
  private painted: unknown[] = [];

  readonly element = h("figure", { class: "cv-patch" }, this.stage.element, this.value);

  paint(example: Example, name: string): void {
    const { patch, value, image } = example;
    setText(this.value, formatValue(value));
    this.stage.label(`Fires ${name.toLowerCase()}: ${formatValue(value)} in picture ${image}`);
    const [width] = this.stage.fit(patch.width / patch.height);
    const painted = [example, width, pixelRatio()];
    if (painted.every((item, index) => item === this.painted[index])) return;
    this.painted = painted;
    const look = Math.max(patch.width, patch.height) <= TINY ? "crisp" : "smooth";
    paintPicture(this.stage.canvas, this.scratch, patch, width, look);
  }
}
