/**
 * The channels of the layer that add most to the class; a click shows one.
 */
import { h } from "../lib/dom";
import { formatValue } from "../lib/format";
import { Panel } from "../lib/panel";
import type { TextFrame } from "./frame";

export class ChannelsPanel {
  private readonly list = h("div", { class: "cv-chips", role: "group" });
  private readonly panel = new Panel("strongest", this.list);
  private shown = "";

  readonly element = this.panel.element;

  constructor(
    private readonly choose: (channel: number) => void,
    private readonly signal: AbortSignal,
  ) {}

  paint({ strongest, layer }: TextFrame, channel: number, name: string): void {
    this.element.hidden = strongest.length === 0;
    const title = `Channels of ${layer} that say ${name}`;
    this.panel.title(title);
    this.panel.say("and by how much");
    this.list.setAttribute("aria-label", title);
    const shown = JSON.stringify(strongest);
    if (shown !== this.shown) {
      this.shown = shown;
      this.list.replaceChildren(...strongest.map((pair) => this.chip(...pair)));
    }
    strongest.forEach(([number], at) => {
      this.list.children[at].setAttribute("aria-pressed", String(number === channel));
    });
  }

  private chip(number: number, share: number): HTMLElement {
    const value = (share > 0 ? "+" : "") + formatValue(share);
    const element = h(
      "button",
      { type: "button", class: "cv-button cv-chip", "aria-label": `Channel ${number}: ${value}` },
      h("b", {}, String(number)),
      h("span", {}, value),
    );
    element.addEventListener("click", () => this.choose(number), { signal: this.signal });
    return element;
  }
}
