/**
 * The bar that says which value has which colour, with a pointer at the value under the cursor.
 */
import { context, pictureCanvas, resize } from "./canvas";
import type { Palette } from "./colormap";
import { h, setText } from "./dom";
import { formatValue } from "./format";

/** The values of the first and the last colour. */
export type Range = [low: number, high: number];

export class ColorBar {
  private readonly canvas = pictureCanvas("Colour bar");
  private readonly pointer = h("div", { class: "cv-pointer", hidden: true });
  private readonly low = h("span");
  private readonly zero = h("span", { class: "cv-zero" }, "0");
  private readonly high = h("span");
  private range: Range = [0, 1];

  readonly element = h(
    "div",
    { class: "cv-bar" },
    h("div", { class: "cv-bar-track" }, this.canvas, this.pointer),
    h("div", { class: "cv-bar-labels" }, this.low, this.zero, this.high),
  );

  paint(colors: Palette, range: Range): void {
    this.range = range;
    const [low, high] = range;
    this.element.hidden = !Number.isFinite(high - low);
    setText(this.low, formatValue(low));
    setText(this.high, formatValue(high));
    const zero = -low / (high - low);
    this.zero.hidden = !(zero > 0.15 && zero < 0.85);
    this.zero.style.left = `${zero * 100}%`;
    const words = `Colour bar from ${formatValue(low)} to ${formatValue(high)}`;
    this.canvas.setAttribute("aria-label", words);
    resize(this.canvas, 256, 1);
    const pixels = new Uint8ClampedArray(colors.slice().buffer);
    context(this.canvas).putImageData(new ImageData(pixels, 256, 1), 0, 0);
  }

  point(value: number | null): void {
    const [low, high] = this.range;
    this.pointer.hidden = value === null || !(high > low);
    if (value === null) return;
    const share = Math.min(1, Math.max(0, (value - low) / (high - low)));
    this.pointer.style.left = `${share * 100}%`;
  }
}
