/**
 * What the colours mean; a press on one shows its images alone, beside others that are pressed.
 */
import { ColorBar } from "../lib/color-bar";
import { palette } from "../lib/colormap";
import { h } from "../lib/dom";
import { formatCount } from "../lib/format";
import { Panel } from "../lib/panel";
import type { ColorBy } from "./frame";
import type { Coloring } from "./colors";

const TITLES: Record<ColorBy, string> = {
  label: "Label",
  prediction: "Prediction",
  right: "Right or wrong",
  confidence: "Confidence",
};

export class Legend {
  private readonly list = h("ul", { class: "cv-keys", "data-scrolls": true });
  private readonly bar = new ColorBar();
  private readonly panel = new Panel("legend", this.list, this.bar.element);
  private shown: unknown[] = [];

  readonly element = this.panel.element;

  constructor(
    private readonly toggle: (code: number) => void,
    private readonly signal: AbortSignal,
  ) {}

  paint(coloring: Coloring, pressed: ReadonlySet<number>, words: string): void {
    this.panel.title(TITLES[coloring.by]);
    this.panel.say(words);
    this.list.hidden = coloring.keys.length === 0;
    this.bar.element.hidden = coloring.by !== "confidence";
    if (coloring.by === "confidence") this.bar.paint(palette("viridis", "light"), [0, 1]);
    const wanted = [coloring, [...pressed].join()];
    if (wanted.every((each, at) => each === this.shown[at])) return;
    this.shown = wanted;
    const focused = this.focused();
    this.list.replaceChildren(
      ...coloring.keys.map(({ code, name, count, color }) => {
        const swatch = h("i", { "aria-hidden": "true" });
        swatch.style.background = color;
        const made = h(
          "button",
          { type: "button", class: "cv-key", "aria-pressed": String(pressed.has(code)), "data-code": code, title: name },
          swatch,
          h("span", { class: "cv-key-name" }, name),
          h("span", { class: "cv-quiet" }, formatCount(count)),
        );
        made.addEventListener("click", () => this.toggle(code), { signal: this.signal });
        return h("li", {}, made);
      }),
    );
    if (focused) this.list.querySelector<HTMLElement>(`[data-code="${focused}"]`)?.focus();
  }

  private focused(): string | undefined {
    const { activeElement } = this.list.getRootNode() as Document | ShadowRoot;
    return activeElement instanceof HTMLElement && this.list.contains(activeElement)
      ? activeElement.dataset.code
      : undefined;
  }
}
