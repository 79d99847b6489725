/**
 * What may be wrong with a poor result, in words, and buttons that try what helps.
 */
import { h, icon, setText } from "../lib/dom";

export interface Remedy {
  label: string;
  /** Traits to set. */
  settings: Record<string, unknown>;
}

export interface Advice {
  kind: string;
  words: string;
  remedies: Remedy[];
}

export class AdviceNotice {
  private readonly words = h("span");
  private readonly buttons = h("div", { class: "cv-buttons" });
  private shown: Advice | null = null;

  readonly element = h(
    "div",
    { class: "cv-notice cv-advice", "data-tone": "warning", role: "status", hidden: true },
    icon("alert"),
    h("div", {}, this.words, this.buttons),
  );

  constructor(
    private readonly heed: (remedy: Remedy) => void,
    private readonly signal: AbortSignal,
  ) {}

  paint(advice: Advice | null): void {
    if (advice === this.shown) return;
    this.shown = advice;
    this.element.hidden = advice === null;
    setText(this.words, advice?.words ?? "");
    this.buttons.replaceChildren(...(advice?.remedies ?? []).map((remedy) => this.button(remedy)));
  }

  private button(remedy: Remedy): HTMLElement {
    const element = h("button", { type: "button", class: "cv-button" }, `Try ${lower(remedy.label)}`);
    element.addEventListener("click", () => this.heed(remedy), { signal: this.signal });
    return element;
  }
}

/** A label inside a sentence. */
function lower(label: string): string {
  return label.charAt(0).toLowerCase() + label.slice(1);
}
