/**
 * A number of every head by layer: how far it looks, or how widely. Each dot is a head.
 */
import { axis, place } from "../lib/axis";
import { context, pictureCanvas, pixelRatio, resize } from "../lib/canvas";
import { h, setText } from "../lib/dom";
import { formatTick, formatValue } from "../lib/format";
import { type AttentionLayer, headAt, headIndex } from "./frame";

const EDGE = { left: 38, right: 10, top: 8, bottom: 20 };
const DOT = 4;
const REACH = 14;

export class HeadsChart {
  private readonly canvas = pictureCanvas("Heads");
  private readonly line = h("span", { class: "cv-line" });
  private places: [x: number, y: number][] = [];
  private layers: AttentionLayer[] = [];
  private said = "";
  private values: Float32Array = new Float32Array();

  readonly stageElement = h("div", { class: "cv-plot" }, this.canvas);
  readonly element: HTMLElement;

  constructor(
    private readonly title: string,
    private readonly unit: string,
    choose: (layer: string, head: number) => void,
    signal: AbortSignal,
  ) {
    const heading = h("span", { class: "cv-title" }, `${title}, ${unit}`);
    this.element = h(
      "div",
      { class: "cv-panel cv-chart" },
      h("div", { class: "cv-header" }, heading, this.line),
      this.stageElement,
    );
    const pointed = (event: MouseEvent) => {
      const at = this.nearest(event);
      setText(this.line, at < 0 ? this.said : this.words(at));
    };
    this.canvas.addEventListener("pointermove", pointed, { signal });
    this.canvas.addEventListener("pointerleave", () => setText(this.line, this.said), { signal });
    const click = (event: MouseEvent) => {
      const found = headAt(this.layers, this.nearest(event));
      if (found && this.nearest(event) >= 0) choose(...found);
    };
    this.canvas.addEventListener("click", click, { signal });
  }

  /** @param most of the values that can be; `null` for the largest there is */
  paint(
    layers: AttentionLayer[],
    values: Float32Array,
    layer: string,
    head: number,
    most: number | null,
  ): void {
    this.layers = layers;
    this.values = values;
    const chosen = headIndex(layers, layer, head);
    this.said = this.words(chosen);
    setText(this.line, this.said);
    this.canvas.setAttribute("aria-label", `${this.title} of each head by layer. ${this.said}`);
    const ratio = pixelRatio();
    const { clientWidth, clientHeight } = this.stageElement;
    resize(this.canvas, Math.round(clientWidth * ratio), Math.round(clientHeight * ratio));
    const target = context(this.canvas);
    target.setTransform(ratio, 0, 0, ratio, 0, 0);
    target.clearRect(0, 0, clientWidth, clientHeight);
    const style = getComputedStyle(this.element);
    const color = (name: string) => style.getPropertyValue(`--cv-${name}`);
    const high = most ?? Math.max(...values.filter(Number.isFinite), 1e-6) * 1.08;
    const scale = axis(0, high, 5);
    const bottom = clientHeight - EDGE.bottom;
    const right = clientWidth - EDGE.right;
    const y = (value: number) => place(scale, value, bottom, EDGE.top);
    const column = (right - EDGE.left) / layers.length;
    target.font = `11px ${style.fontFamily}`;
    target.textBaseline = "middle";
    target.textAlign = "right";
    for (const tick of scale.ticks) {
      target.fillStyle = color("quiet");
      target.fillText(formatTick(tick, scale.ticks[1] - scale.ticks[0]), EDGE.left - 6, y(tick));
      target.fillStyle = color("line");
      target.fillRect(EDGE.left, Math.round(y(tick)), right - EDGE.left, 1);
    }
    target.textAlign = "center";
    target.fillStyle = color("quiet");
    const every = Math.ceil((layers.length * 22) / (right - EDGE.left));
    layers.forEach((_, at) => {
      const x = EDGE.left + (at + 0.5) * column;
      if (at % every === 0) target.fillText(String(at + 1), x, clientHeight - EDGE.bottom / 2);
    });
    this.places = [];
    layers.forEach(({ heads }, at) => {
      for (let head = 0; head < heads; head++) {
        const middle = EDGE.left + (at + 0.5) * column;
        const spread = Math.min(12, (column * 0.7) / Math.max(1, heads - 1));
        const x = middle + (head - (heads - 1) / 2) * spread;
        this.places.push([x, y(values[this.places.length] ?? NaN)]);
      }
    });
    this.places.forEach(([x, y], at) => {
      if (!Number.isFinite(y)) return; // of a layer that has no such number
      target.beginPath();
      target.arc(x, y, at === chosen ? DOT + 1.5 : DOT, 0, 2 * Math.PI);
      target.fillStyle = at === chosen ? color("accent") : color("edge");
      target.fill();
    });
  }

  private words(index: number): string {
    const found = headAt(this.layers, index);
    if (!found) return "";
    const at = this.layers.findIndex(({ name }) => name === found[0]);
    const value = this.values[index];
    const told = Number.isFinite(value) ? `${formatValue(value)} ${this.unit}` : "none";
    return `layer ${at + 1}, head ${found[1]}: ${told}`;
  }

  private nearest(event: MouseEvent): number {
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const distance = ([a, b]: [number, number]) => Math.hypot(a - x, b - y);
    const far = this.places.map((at) => (Number.isFinite(at[1]) ? distance(at) : Infinity));
    const at = far.indexOf(Math.min(...far));
    return far[at] <= REACH ? at : -1;
  }
}
