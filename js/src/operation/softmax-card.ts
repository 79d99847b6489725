/**
 * A softmax: exponentials of all inputs, and the share of each. The temperature is the page's own:
 * the network has none, which is a temperature of 1.
 */
import { Slider } from "../lib/controls";
import { h, setText } from "../lib/dom";
import { formatValue, plural } from "../lib/format";
import { figure, softmax, term } from "./arithmetic";
import { Card, type CardEvents, type Look } from "./card";
import { slice, type SoftmaxTold } from "./frame";
import { Bars, Equation } from "./parts";

/** Steps of the slider: powers of two, four steps to each, from 1/8 to 8. */
const STEPS = 12;

export class SoftmaxCard extends Card<SoftmaxTold> {
  private readonly temperature: Slider;
  private readonly note = h("p", { class: "cv-words" });
  private readonly bars: Bars;
  private readonly equation = new Equation();
  private step = 0;
  private told: SoftmaxTold | null = null;

  constructor(events: CardEvents, signal: AbortSignal) {
    super();
    const change = (step: number) => {
      this.step = step;
      events.repaint();
    };
    this.temperature = new Slider("Temperature", change, signal);
    this.bars = new Bars((at) => {
      const channel = this.told?.listed[at];
      if (channel !== undefined) events.choose(channel);
    }, signal);
    const { body } = this;
    body.append(this.temperature.element, this.note, this.bars.element, this.equation.element);
  }

  protected title({ logarithm }: SoftmaxTold): string {
    return logarithm ? "Log-softmax" : "Softmax";
  }

  protected say({ inputs: [, count] }: SoftmaxTold): string {
    return `e to the power of each of ${plural(count, "input")}, less the largest; then divided by the sum of all, so that they add up to 1.`;
  }

  protected fill(told: SoftmaxTold, { numbers }: Look): void {
    this.told = told;
    const temperature = 2 ** (this.step / 4);
    const plain = this.step === 0;
    const inputs = slice(numbers, told.inputs);
    const { exponentials, total, shares } = softmax(inputs, temperature);
    const said = temperature.toFixed(temperature < 1 ? 2 : 1);
    this.temperature.set(this.step, STEPS, said, plain ? "as in the network" : "", -STEPS);
    setText(this.note, temperatureWords(this.step));
    this.note.hidden = plain;
    const bars = told.listed.map((at, order) => ({
      label: told.labels[order],
      detail: `${figure(inputs[at])}${plain ? "" : ` ÷ ${said}`} → ${formatValue(exponentials[at])}`,
      value: shares[at],
      text: percent(shares[at]),
      chosen: at === told.number,
      hint: "Look at this one",
    }));
    const rest = 1 - bars.reduce((sum, { value }) => sum + value, 0);
    const left = inputs.length - bars.length;
    const others = { label: `${left} others`, value: Math.max(0, rest), text: percent(rest), plain: true };
    this.bars.paint(left > 0 ? [...bars, others] : bars, "Shares of all inputs");
    const share = shares[told.number];
    const outcome = told.logarithm ? Math.log(share) : share;
    this.equation.paint([
      term(exponentials[told.number], "its exponential"),
      term(total, "sum of all", "÷"),
      ...(told.logarithm ? [{ sign: "→", text: "log", note: "" }] : []),
      {
        sign: "=",
        text: figure(plain ? told.result : outcome),
        note: plain ? told.name : `at temperature ${said}`,
        result: true,
      },
    ]);
  }
}

function temperatureWords(step: number): string {
  if (step === 0) return "";
  return step < 0
    ? "Colder: the inputs are driven apart, and the largest takes all."
    : "Warmer: the inputs come closer, and so do their shares.";
}

function percent(share: number): string {
  const value = 100 * share;
  return `${value >= 99.95 || value === 0 ? value.toFixed(0) : value >= 0.1 ? value.toFixed(1) : "< 0.1"} %`;
}
