/**
 * The findings as a list: how bad, in words, and the layer, channels and images to go to.
 */
import { h, icon } from "../lib/dom";
import type { Finding, HealthFrame } from "./report";

export interface Actions {
  choose: (layer: string, channel: number | null) => void;
  show: (image: number) => void;
}

const SIGNS = { error: "alert", warning: "alert", note: "plus" } as const;
const LISTED = 12;

export class Findings {
  readonly element = h("ul", { class: "cv-findings" });

  constructor(
    private readonly actions: Actions,
    private readonly signal: AbortSignal,
  ) {}

  paint({ findings }: HealthFrame): void {
    const items = findings.map((each) => this.item(each));
    if (items.length === 0) {
      items.push(
        h("li", { class: "cv-finding", "data-severity": "good" }, icon("good"), "All is well."),
      );
    }
    this.element.replaceChildren(...items);
  }

  private item(finding: Finding): HTMLElement {
    const { kind, severity, words, layer, channels, images } = finding;
    const links: Node[] = [];
    if (layer !== null) {
      links.push(this.link(layer, `Go to ${layer}`, () => this.actions.choose(layer, null)));
      links.push(
        ...this.links("channel", channels, finding.more_channels, (at) =>
          this.actions.choose(layer, at),
        ),
      );
    }
    links.push(...this.links("image", images, finding.more_images, this.actions.show));
    return h(
      "li",
      { class: "cv-finding", "data-severity": severity, "data-kind": kind },
      icon(SIGNS[severity]),
      h(
        "div",
        {},
        h("strong", {}, `${severity}: ${kind}`),
        h("p", {}, words),
        h("div", { class: "cv-links" }, ...links),
      ),
    );
  }

  private links(
    noun: string,
    numbers: number[],
    more: number,
    press: (number: number) => void,
  ): Node[] {
    if (numbers.length === 0) return [];
    const left = numbers.length + more - Math.min(numbers.length, LISTED);
    const shown = numbers
      .slice(0, LISTED)
      .map((at) => this.link(String(at), `${noun} ${at}`, () => press(at)));
    const rest = left > 0 ? [h("span", { class: "cv-quiet" }, `and ${left} more`)] : [];
    return [h("span", { class: "cv-quiet" }, `${noun}s`), ...shown, ...rest];
  }

  private link(text: string, label: string, press: () => void): HTMLElement {
    const element = h(
      "button",
      { type: "button", class: "cv-button cv-plain", "aria-label": label },
      text,
    );
    element.addEventListener("click", press, { signal: this.signal });
    return element;
  }
}
