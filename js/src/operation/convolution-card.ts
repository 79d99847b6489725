/**
 * A convolution: window times kernel, place by place, summed over all input channels.
 */
import { h, setText } from "../lib/dom";
import { plural } from "../lib/format";
import { chain, figure, result, term } from "./arithmetic";
import { Card, type CardEvents, type Look } from "./card";
import { type ConvolutionTold, slice } from "./frame";
import { gridSizes } from "./layout";
import { Bars, Equation, Grid } from "./parts";

/** Room between two grids, for a sign. */
const SIGN = 30;

export class ConvolutionCard extends Card<ConvolutionTold> {
  private readonly grids = [new Grid(), new Grid(), new Grid()];
  private readonly row = h(
    "div",
    { class: "cv-grids" },
    this.grids[0].element,
    h("span", { class: "cv-operator" }, "×"),
    this.grids[1].element,
    h("span", { class: "cv-operator" }, "="),
    this.grids[2].element,
  );
  private readonly sum = h("p", { class: "cv-words" });
  private readonly caption = h("h4", {});
  private readonly bars: Bars;
  private readonly equation = new Equation();
  private told: ConvolutionTold | null = null;
  private shown: Float64Array | null = null;

  constructor(events: CardEvents, signal: AbortSignal) {
    super();
    this.bars = new Bars((at) => {
      const channel = this.told?.channels[at];
      if (channel !== undefined) events.open(channel);
    }, signal);
    const { body } = this;
    body.append(this.row, this.sum, this.caption, this.bars.element, this.equation.element);
  }

  protected title(): string {
    return "Convolution";
  }

  protected say({ count }: ConvolutionTold): string {
    return count > 1
      ? `In each of ${plural(count, "input channel")} the window is multiplied with a kernel of its own, place by place. All products are added up.`
      : "The window is multiplied with the kernel, place by place. All products are added up.";
  }

  protected fill(told: ConvolutionTold, { numbers, palette, seen, width, walking }: Look): void {
    this.told = told;
    const { cols, states } = told;
    const sent = told.kernel[1] > 0;
    const { cell, stacked, numbers: readable } = gridSizes(width, cols, 3, SIGN);
    this.row.hidden = !sent;
    this.row.classList.toggle("cv-stacked", stacked);
    this.beat(numbers, walking);
    if (sent) {
      const look = { palette, cell, numbers: readable };
      const [window, kernel, products] = this.grids;
      window.paint("Window", cols, slice(numbers, told.window), {
        ...look,
        states,
        color: seen,
      });
      kernel.paint("Kernel", cols, slice(numbers, told.kernel), look);
      products.paint("Products", cols, slice(numbers, told.products), { ...look, states });
    }
    const many = told.count > 1;
    const where = many ? `input channel ${told.open}` : "the window";
    const large = sent ? "" : `The window of ${told.rows} × ${told.cols} is too large to list. `;
    setText(this.sum, `${large}Sum of the products in ${where}: ${figure(told.sum)}`);
    this.caption.hidden = this.bars.element.hidden = !many;
    if (many) this.paintBars(told, numbers);
    this.equation.paint([
      ...chain(term(told.total, many ? `sum over ${plural(told.count, "channel")}` : "sum of the products"), told.tail, { add: "bias" }),
      result(told.result, told.name),
    ]);
  }

  /** Lets the products of a new place come one after the other, where the window walks. */
  private beat(numbers: Float64Array, walking: boolean): void {
    if (numbers === this.shown) return;
    this.shown = numbers;
    const beat = this.row.dataset.beat === "even" ? "odd" : "even";
    this.row.dataset.beat = walking ? beat : "";
  }

  private paintBars(told: ConvolutionTold, numbers: Float64Array): void {
    const { channels, count } = told;
    const values = slice(numbers, told.sums);
    const some = count > channels.length;
    setText(
      this.caption,
      some ? `The ${channels.length} input channels that add most` : "What each input channel adds",
    );
    const bars = channels.map((channel, at) => ({
      label: `channel ${channel}`,
      value: values[at],
      chosen: channel === told.open,
      hint: "Open this input channel",
    }));
    const rest = { label: `${count - channels.length} others`, value: Number(told.rest), plain: true };
    this.bars.paint(some ? [...bars, rest] : bars, "What each input channel adds");
  }
}
