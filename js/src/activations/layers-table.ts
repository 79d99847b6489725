/**
 * A row for each layer: a small histogram, and shares of what may be a fault.
 */
import { context, pictureCanvas, pixelRatio, resize } from "../lib/canvas";
import { h, setText } from "../lib/dom";
import { type LayerRow, layerWords, percent } from "./frame";

const HEADINGS = [
  ["Layer", ""],
  ["Values but zeros", "Each histogram spans its own layer's values; 0 is marked"],
  ["Zero", "Share of values that are exactly 0"],
  ["Saturated", "Share of values next to a bound of the activation, where it has one"],
  ["Dead", "Channels that give one value for all images"],
  ["Always on", "Channels of a ReLU that it never switches off"],
];

interface Row {
  element: HTMLElement;
  name: HTMLButtonElement;
  canvas: HTMLCanvasElement;
  cells: HTMLElement[];
  shown: unknown;
}

export class LayersTable {
  private readonly body = h("tbody");
  private readonly rows: Row[] = [];
  private theme = "";
  readonly element = h(
    "div",
    { class: "cv-numbers cv-layers", "data-scrolls": true },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, ...HEADINGS.map(([text, title]) => h("th", { scope: "col", title: title || null }, text)))),
      this.body,
    ),
  );

  constructor(
    private readonly choose: (layer: string) => void,
    private readonly signal: AbortSignal,
  ) {}

  paint(layers: readonly LayerRow[], chosen: string, theme: string): void {
    while (this.rows.length > layers.length) this.rows.pop()?.element.remove();
    layers.forEach((row, at) => {
      const made = (this.rows[at] ??= this.row());
      setText(made.name, row.layer);
      made.name.title = `${row.layer}, ${row.kind}`;
      made.name.setAttribute("aria-pressed", String(row.layer === chosen));
      made.element.classList.toggle("cv-chosen-row", row.layer === chosen);
      const told = [
        percent(row.zeros),
        row.saturated === null ? "–" : percent(row.saturated),
        count(row.dead),
        count(row.always),
      ];
      told.forEach((text, k) => setText(made.cells[k], text));
      made.cells[2].classList.toggle("cv-bad", Boolean(row.dead));
      const size = pixelRatio() * made.canvas.clientWidth;
      const wanted = `${size} ${theme}`;
      if (row === made.shown && wanted === this.theme) return;
      made.shown = row;
      this.draw(made.canvas, row);
    });
    this.theme = `${pixelRatio() * (this.rows[0]?.canvas.clientWidth ?? 0)} ${theme}`;
  }

  private row(): Row {
    const name = h("button", { type: "button", class: "cv-button cv-plain" });
    name.addEventListener("click", () => this.choose(name.textContent ?? ""), { signal: this.signal });
    const canvas = pictureCanvas("Histogram");
    const cells = HEADINGS.slice(2).map(() => h("td", {}));
    const element = h("tr", {}, h("th", { scope: "row" }, name), h("td", { class: "cv-ridge" }, canvas), ...cells);
    this.body.append(element);
    return { element, name, canvas, cells, shown: null };
  }

  private draw(canvas: HTMLCanvasElement, row: LayerRow): void {
    const ratio = pixelRatio();
    const { clientWidth: width, clientHeight: height } = canvas;
    resize(canvas, Math.round(width * ratio), Math.round(height * ratio));
    const target = context(canvas);
    target.setTransform(ratio, 0, 0, ratio, 0, 0);
    target.clearRect(0, 0, width, height);
    const style = getComputedStyle(canvas);
    const color = (name: string) => style.getPropertyValue(`--cv-${name}`).trim();
    const { counts, first, last } = row;
    const most = counts.reduce((a, b) => Math.max(a, b), 1);
    const step = width / counts.length;
    target.fillStyle = color("line");
    target.fillRect(0, height - 1, width, 1);
    if (first <= 0 && last > 0) target.fillRect((width * -first) / (last - first), 0, 1, height);
    target.fillStyle = color("accent");
    counts.forEach((value, at) => {
      if (!value) return;
      const high = Math.max(1, (value / most) * (height - 3));
      target.fillRect(at * step, height - 1 - high, Math.max(1, step > 4 ? step - 1 : step), high);
    });
    canvas.setAttribute("aria-label", `Histogram of ${row.layer}: ${layerWords(row)}`);
  }
}

function count(value: number | null): string {
  return value === null ? "–" : String(value);
}
