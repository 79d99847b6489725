/**
 * A dense layer: inputs times weights, the largest products first; and what speaks for each of the
 * outputs that compete.
 */
import { h, setText } from "../lib/dom";
import { plural } from "../lib/format";
import { chain, figure, operand, result, term } from "./arithmetic";
import { Card, type CardEvents, type Look } from "./card";
import { type DenseTold, slice } from "./frame";
import { Bars, Equation } from "./parts";

export class DenseCard extends Card<DenseTold> {
  private readonly bars: Bars;
  private readonly equation = new Equation();
  private readonly caption = h("h4", {});
  private readonly rivalCaption = h("h4", {}, "The largest contributions to each output");
  private readonly rivals: Bars;
  private told: DenseTold | null = null;

  constructor(events: CardEvents, signal: AbortSignal) {
    super();
    this.bars = new Bars(null, signal);
    this.rivals = new Bars((at) => {
      const rival = this.told?.rivals[at];
      if (rival) events.choose(rival.channel);
    }, signal);
    this.rivals.element.classList.add("cv-rivals");
    this.body.append(
      this.caption,
      this.bars.element,
      this.equation.element,
      this.rivalCaption,
      this.rivals.element,
    );
  }

  protected title(): string {
    return "Dense";
  }

  protected say({ count }: DenseTold): string {
    return `Each of ${plural(count, "input")} is multiplied with a weight of its own. All products are added up.`;
  }

  protected fill(told: DenseTold, { numbers, channel: chosen }: Look): void {
    this.told = told;
    const [inputs, weights, products] = [told.inputs, told.weights, told.products].map((span) =>
      slice(numbers, span),
    );
    const left = told.count - told.numbers.length;
    setText(this.caption, `${left ? `The ${told.numbers.length} largest products` : "The products"}, inputs from ${told.source || "inside of the layer"}`);
    const bars = told.numbers.map((number, at) => ({
      label: `input ${number}`,
      detail: `${figure(inputs[at])} × ${operand(weights[at])}`,
      value: products[at],
    }));
    const rest = { label: `${left} others`, value: Number(told.rest) };
    this.bars.paint(left ? [...bars, rest] : bars, "Products of inputs and weights");
    this.equation.paint([
      ...chain(term(told.total, `sum of ${plural(told.count, "product")}`), told.tail, { add: "bias" }),
      result(told.result, told.name),
    ]);
    this.rivalCaption.hidden = this.rivals.element.hidden = told.rivals.length === 0;
    const rivals = told.rivals.map(({ label, channel, result, contributions }) => ({
      label,
      detail: contributions.map(([k, value]) => `input ${k}: ${figure(value)}`).join(" · "),
      value: Number(result),
      chosen: channel === chosen,
      hint: "Look at this output",
    }));
    this.rivals.paint(rivals, "The largest contributions to each output");
  }
}
