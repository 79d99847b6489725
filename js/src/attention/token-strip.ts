/**
 * The tokens as words, each as dark as the query looks at it. A click chooses the query.
 */
import { h } from "../lib/dom";
import { formatValue } from "../lib/format";
import { Panel } from "../lib/panel";
import { largest, type Weights } from "./frame";

/** Words shown at most; more are in the matrix. */
const MOST = 512;

export class TokenStrip {
  private readonly list = h("div", { class: "cv-tokens", role: "group" });
  private readonly panel = new Panel("strip", this.list);
  private buttons: HTMLButtonElement[] = [];
  private shown = "";

  readonly element = this.panel.element;

  constructor(
    private readonly choose: (token: number) => void,
    private readonly look: (token: number | null) => void,
    private readonly signal: AbortSignal,
  ) {
    this.list.addEventListener("pointerleave", () => this.look(null), { signal });
  }

  paint(tokens: readonly string[], weights: Weights, query: number, title: string): void {
    const words = tokens.slice(0, MOST);
    const shown = JSON.stringify(words);
    if (shown !== this.shown) {
      this.shown = shown;
      this.buttons = words.map((word, token) => this.button(word, token));
      this.list.replaceChildren(...this.buttons);
    }
    this.panel.title(title);
    const most = largest(weights.row);
    const looks = tokens[weights.frame.query] ?? "";
    this.list.setAttribute("aria-label", `Tokens, shaded by what ${looks} looks at`);
    this.panel.say(`${looks} looks at`);
    this.buttons.forEach((element, token) => {
      const value = weights.row[token] ?? 0;
      const share = most > 0 ? value / most : 0;
      element.style.setProperty("--cv-weight", `${Math.round(100 * share)}%`);
      element.setAttribute("aria-pressed", String(token === query));
      element.title = `${words[token]}: ${formatValue(value)}`;
      (element.lastChild as HTMLElement).textContent = formatValue(value);
    });
  }

  private button(word: string, token: number): HTMLButtonElement {
    const element = h(
      "button",
      { type: "button", class: "cv-token" },
      h("span", {}, word),
      h("small", { "aria-hidden": "true" }),
    );
    element.addEventListener("click", () => this.choose(token), { signal: this.signal });
    const point = () => this.look(token);
    element.addEventListener("pointerenter", point, { signal: this.signal });
    return element;
  }
}
