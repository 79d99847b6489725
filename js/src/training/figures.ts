/**
 * The layers as a table of bars: gradient, update over weight, dead units. A press on a row chooses
 * its layer.
 */
import { h, setText } from "../lib/dom";
import { formatValue } from "../lib/format";
import { Panel } from "../lib/panel";
import { type Figures, type Look, logShare } from "./moments";

/** Powers of ten that the bars span. */
const GRADIENT: [number, number] = [1e-6, 1e2];
const UPDATE: [number, number] = [1e-6, 1e0];

const HEADINGS = [
  ["Layer", ""],
  ["Gradient", "Norm of the loss's gradient to the layer's weights"],
  ["Update ÷ weight", "Norm of one step's update over that of the weights; about 0.001 is usual"],
  ["Dead", "Share of its channels that give one value for all images"],
];

export class FiguresTable {
  private readonly body = h("tbody");
  private readonly panel = new Panel("figures", table(this.body));
  private readonly rows: Row[] = [];
  readonly element = this.panel.element;

  constructor(
    private readonly choose: (layer: string) => void,
    private readonly signal: AbortSignal,
  ) {
    this.panel.title("Layers");
  }

  paint(look: Look, chosen: string): void {
    this.panel.say(`after ${look.step} steps; bars in powers of ten`);
    while (this.rows.length < look.figures.length) {
      const row = new Row(this.choose, this.signal);
      this.rows.push(row);
      this.body.append(row.element);
    }
    this.rows.forEach((row, at) => {
      row.element.hidden = at >= look.figures.length;
      if (at < look.figures.length) row.paint(look.figures[at], chosen);
    });
  }
}

function table(body: HTMLElement): HTMLElement {
  const head = HEADINGS.map(([text, title]) => h("th", { scope: "col", title: title || null }, text));
  return h("div", { class: "cv-numbers", "data-scrolls": true }, h("table", {}, h("thead", {}, h("tr", {}, ...head)), body));
}

class Row {
  private readonly name = h("button", { type: "button", class: "cv-button cv-plain" });
  private readonly cells = [new Bar(), new Bar(), new Bar()];
  private layer = "";
  readonly element = h(
    "tr",
    {},
    h("th", { scope: "row" }, this.name),
    ...this.cells.map(({ element }) => element),
  );

  constructor(choose: (layer: string) => void, signal: AbortSignal) {
    this.name.addEventListener("click", () => choose(this.layer), { signal });
  }

  paint([layer, gradient, update, dead]: Figures, chosen: string): void {
    this.layer = layer;
    setText(this.name, layer);
    this.name.title = `Follow ${layer}`;
    this.name.setAttribute("aria-pressed", String(layer === chosen));
    this.cells[0].paint(gradient, (value) => logShare(value, ...GRADIENT), false);
    this.cells[1].paint(update, (value) => logShare(value, ...UPDATE), false);
    this.cells[2].paint(dead, (value) => value, true);
  }
}

class Bar {
  private readonly bar = h("i");
  private readonly words = h("span");
  readonly element = h("td", {}, this.words, h("div", { class: "cv-track" }, this.bar));

  paint(value: number | string | null | undefined, share: (value: number) => number, percent: boolean): void {
    const number = typeof value === "number" ? value : NaN;
    const said = typeof value === "string" ? value : number === number ? text(number, percent) : "–";
    setText(this.words, said);
    this.bar.style.width = `${100 * (Number.isFinite(number) ? share(number) : 0)}%`;
    this.element.dataset.broken = String(typeof value === "string");
  }
}

function text(value: number, percent: boolean): string {
  return percent ? `${formatValue(100 * value)} %` : formatValue(value);
}
