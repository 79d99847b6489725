/**
 * The steps that made the number, a card each, and what the next layers do with it.
 */
import { h } from "../lib/dom";
import { ActivationCard } from "./activation-card";
import type { Card, CardEvents, Look } from "./card";
import { ConvolutionCard } from "./convolution-card";
import { DenseCard } from "./dense-card";
import type { StepTold } from "./frame";
import { CombinationCard, PoolCard, ScalingCard, WordsCard } from "./other-cards";
import { SoftmaxCard } from "./softmax-card";

/** What padding, the borders of a card and those of its grids take from its width. */
const PADDING = 34;

export class Steps {
  private readonly cards = new Map<string, Card<never>>();
  private readonly then = h("h3", { class: "cv-then" }, "What follows makes of it");
  readonly element = h("div", { class: "cv-steps" });
  private width = 0;

  constructor(
    private readonly events: CardEvents,
    private readonly signal: AbortSignal,
  ) {}

  /** Takes the room that there is; to be called when it may have changed. */
  measure(): void {
    this.width = this.element.clientWidth - PADDING;
  }

  paint(steps: readonly StepTold[], then: readonly StepTold[], look: Omit<Look, "width">): void {
    const wanted: HTMLElement[] = [];
    const painted: (() => void)[] = [];
    const { width } = this;
    [...steps, ...then].forEach((told, at) => {
      const card = this.card(at, told);
      if (at === steps.length) wanted.push(this.then);
      wanted.push(card.element);
      painted.push(() => card.paint(told as never, { ...look, width }));
    });
    const { children } = this.element;
    if (wanted.length !== children.length || wanted.some((item, at) => item !== children[at])) {
      this.element.replaceChildren(...wanted);
    }
    for (const paint of painted) paint();
  }

  /** A card for a place and a kind; the same one again, so that what is set on it stays. */
  private card(at: number, { kind }: StepTold): Card<never> {
    const key = `${at} ${kind}`;
    let card = this.cards.get(key);
    if (!card) {
      card = this.make(kind);
      this.cards.set(key, card);
    }
    return card;
  }

  private make(kind: StepTold["kind"]): Card<never> {
    const { events, signal } = this;
    const kinds: Record<StepTold["kind"], () => unknown> = {
      convolution: () => new ConvolutionCard(events, signal),
      dense: () => new DenseCard(events, signal),
      activation: () => new ActivationCard(),
      softmax: () => new SoftmaxCard(events, signal),
      pool: () => new PoolCard(),
      scaling: () => new ScalingCard(),
      combination: () => new CombinationCard(),
      concatenation: () => new WordsCard(),
      copy: () => new WordsCard(),
      opaque: () => new WordsCard(),
    };
    return (kinds[kind] ?? kinds.opaque)() as Card<never>;
  }
}
