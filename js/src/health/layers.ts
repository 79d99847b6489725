/**
 * The layers in bars: dead and saturated channels, and how much gradient arrives.
 */
import { h } from "../lib/dom";
import { formatValue } from "../lib/format";
import { gradientShare, type HealthFrame } from "./report";

const HEADINGS = [
  ["Layer", ""],
  ["Dead", "Share of channels that give one value for all images"],
  ["Saturated", "Share of channels that lie next to a bound nearly always"],
  ["Gradient ÷ weight", "Of a loss against the least likely class; bars in powers of ten"],
];

export class Layers {
  private readonly body = h("tbody");
  readonly element = h(
    "div",
    { class: "cv-numbers", "data-scrolls": true },
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h("tr", {}, ...HEADINGS.map(([text, title]) => h("th", { scope: "col", title: title || null }, text))),
      ),
      this.body,
    ),
  );

  constructor(
    private readonly choose: (layer: string) => void,
    private readonly signal: AbortSignal,
  ) {}

  paint({ layers }: HealthFrame, chosen: string): void {
    const largest = Math.max(0, ...layers.map(([, , , gradient]) => gradient ?? 0));
    const rows = layers.map(([layer, dead, saturated, gradient]) => {
      const name = h("button", { type: "button", class: "cv-button cv-plain" }, layer);
      name.setAttribute("aria-pressed", String(layer === chosen));
      name.addEventListener("click", () => this.choose(layer), { signal: this.signal });
      return h(
        "tr",
        {},
        h("th", { scope: "row" }, name),
        bar(dead, dead ?? 0, percent),
        bar(saturated, saturated ?? 0, percent),
        bar(gradient, gradientShare(gradient ?? 0, largest), formatValue),
      );
    });
    this.body.replaceChildren(...rows);
  }
}

function bar(value: number | null, share: number, text: (value: number) => string): HTMLElement {
  const fill = h("i");
  fill.style.width = `${100 * share}%`;
  return h(
    "td",
    {},
    h("span", {}, value === null ? "–" : text(value)),
    h("div", { class: "cv-track" }, fill),
  );
}

function percent(value: number): string {
  return `${formatValue(100 * value)} %`;
}
