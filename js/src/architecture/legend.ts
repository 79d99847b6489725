/**
 * What the colours mean: swatches with words, or a bar with its two ends.
 */
import { h } from "../lib/dom";
import { COLORS, type ColorBy, type Legend } from "./colors";

export class LegendRow {
  readonly element = h("div", { class: "cv-legend" });
  private shown = "";

  paint(legend: Legend, by: ColorBy): void {
    const shown = JSON.stringify([legend, by]);
    if (shown === this.shown) return;
    this.shown = shown;
    this.element.replaceChildren(...parts(legend, by));
  }
}

function parts({ swatches, range }: Legend, by: ColorBy): Node[] {
  if (range) {
    const bar = h("span", { class: "cv-scale" });
    bar.style.background = `linear-gradient(to right, ${range.stops.join(", ")})`;
    const what = COLORS.find(({ value }) => value === by)?.text ?? "";
    return [h("span", {}, what), h("span", {}, range.low), bar, h("span", {}, range.high)];
  }
  return swatches.map(({ color, text }) => {
    const swatch = h("span", { class: "cv-swatch" });
    swatch.style.background = color;
    return h("span", { class: "cv-entry" }, swatch, text);
  });
}
