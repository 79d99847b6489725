/**
 * The smaller steps: pools, norms, additions, and what only moves a number.
 */
import { h } from "../lib/dom";
import { plural } from "../lib/format";
import { chain, figure, foldedNotes, normTerms, operandTerm, result, type Term, term } from "./arithmetic";
import { capital, Card, type Look, whence } from "./card";
import {
  type CombinationTold,
  type ConcatenationTold,
  type CopyTold,
  type Figure,
  type OpaqueTold,
  type PoolTold,
  type ScalingTold,
  slice,
} from "./frame";
import { gridSizes } from "./layout";
import { Equation, Grid } from "./parts";

export class PoolCard extends Card<PoolTold> {
  private readonly grid = new Grid();
  private readonly equation = new Equation();

  constructor() {
    super();
    this.body.append(h("div", { class: "cv-grids" }, this.grid.element), this.equation.element);
  }

  protected title({ operation }: PoolTold): string {
    return capital(operation);
  }

  protected say(told: PoolTold): string {
    const { how, count } = told;
    if (how === "sum") {
      const all = `${plural(count, "value")} of the window are added up`;
      return told.tail.length ? `${all}, then divided by how many they are.` : `${all}.`;
    }
    const least = how === "max" ? "largest" : "smallest";
    return `Only the ${least} of ${plural(count, "value")} is kept. The winner came from ${whence(told)}.`;
  }

  protected fill(told: PoolTold, { numbers, palette, seen, width }: Look): void {
    const { cell, numbers: readable } = gridSizes(width, told.cols, 1, 0);
    const sent = told.window[1] > 0;
    this.grid.element.hidden = !sent;
    if (sent) {
      const { states, winner } = told;
      const look = { palette, cell, numbers: readable, states, winner, color: seen };
      this.grid.paint("Window", told.cols, slice(numbers, told.window), look);
    }
    const how = { max: "largest", min: "smallest", sum: "sum of the window" }[told.how];
    const notes = { divide: "number of values", multiply: "1 ÷ number of values" };
    const terms = chain(term(told.total, how), told.tail, told.how === "sum" ? notes : {});
    this.equation.paint([...terms, result(told.result, told.name)]);
  }
}

export class ScalingCard extends Card<ScalingTold> {
  private readonly parameters = h("div", { class: "cv-parameters" });
  private readonly equation = new Equation();
  private readonly caption = h("h4", {}, "As the network computes it");
  private readonly folded = new Equation();

  constructor() {
    super();
    this.body.append(
      this.parameters,
      this.equation.element,
      this.caption,
      this.folded.element,
    );
  }

  protected title({ parameters, operation }: ScalingTold): string {
    return "mean" in parameters ? "Batch norm" : capital(operation);
  }

  protected say({ parameters }: ScalingTold): string {
    return "mean" in parameters
      ? "Four numbers that the channel has: centred by the mean, divided by the spread, then scaled and shifted."
      : "";
  }

  protected fill(told: ScalingTold): void {
    const { parameters, input, tail } = told;
    const found = normTerms(input, tail, parameters);
    this.parameters.hidden = found === null;
    paintParameters(this.parameters, parameters);
    const plain: Term[] = [
      ...chain(term(input, "value"), tail, found ? foldedNotes(tail) : {}),
      result(told.result, told.name),
    ];
    this.equation.paint(found ? [...found.terms, result(found.result, told.name)] : plain);
    const same = told.tail.length >= 4;
    this.caption.hidden = this.folded.element.hidden = found === null || same;
    this.folded.paint(plain);
  }
}

function paintParameters(list: HTMLElement, parameters: Record<string, Figure>): void {
  const order = ["mean", "variance", "scale", "shift"].filter((name) => name in parameters);
  const items = order.map((name) =>
    h("div", {}, h("span", { class: "cv-quiet" }, name), " ", figure(parameters[name])),
  );
  list.replaceChildren(...items);
}

export class CombinationCard extends Card<CombinationTold> {
  private readonly equation = new Equation();

  constructor() {
    super();
    this.body.append(this.equation.element);
  }

  protected title({ operation }: CombinationTold): string {
    return COMBINED[operation]?.title ?? capital(operation);
  }

  protected say({ terms }: CombinationTold): string {
    return `${terms.length} values of the same place meet.`;
  }

  protected fill(told: CombinationTold): void {
    const sign = COMBINED[told.operation]?.sign ?? told.operation;
    const terms = told.terms.map(([name, value], at) =>
      at > 0 ? operandTerm(value, name, sign) : term(value, name),
    );
    const after = told.tail.length ? chain(term(told.total, "together", "="), told.tail) : [];
    this.equation.paint([...terms, ...after, result(told.result, told.name)]);
  }
}

const COMBINED: Record<string, { title: string; sign: string }> = {
  add: { title: "Addition", sign: "+" },
  add_any: { title: "Addition", sign: "+" },
  sub: { title: "Difference", sign: "−" },
  mul: { title: "Product", sign: "×" },
  div: { title: "Quotient", sign: "÷" },
};

/** What is told in a sentence. */
export class WordsCard extends Card<ConcatenationTold | CopyTold | OpaqueTold> {
  private readonly equation = new Equation();

  constructor() {
    super();
    this.body.append(this.equation.element);
  }

  protected title({ operation }: ConcatenationTold | CopyTold | OpaqueTold): string {
    return capital(operation || "copy");
  }

  protected say(told: ConcatenationTold | CopyTold | OpaqueTold): string {
    return sentence(told);
  }

  protected fill(told: ConcatenationTold | CopyTold | OpaqueTold): void {
    this.equation.paint([result(told.result, told.name)].map((each) => ({ ...each, sign: "" })));
  }
}

function sentence(told: ConcatenationTold | CopyTold | OpaqueTold): string {
  if (told.kind === "opaque") return `This step is not taken apart: ${told.words}.`;
  if (told.kind === "copy") {
    return told.source === "" && told.index.length === 0
      ? "Padding: there is no value behind it."
      : `Nothing is computed. The number only moved: it came from ${whence(told)}.`;
  }
  const { sources, number, place } = told;
  return `Channel ${place} of ${sources[number]}, one of ${sources.length} inputs that are put one after the other: ${sources.join(", ")}.`;
}
