/**
 * A line of words to the person; takes no room while it has none.
 */
import { h, icon } from "./dom";

export type Tone = "note" | "warning" | "error";

export class Notice {
  readonly element = h("div", { class: "cv-notice", hidden: true });
  private readonly words = h("span");

  constructor() {
    this.element.append(icon("alert"), this.words);
  }

  say(text: string, tone: Tone): void {
    if (this.words.textContent === text && this.element.dataset.tone === tone) return;
    this.element.hidden = text === "";
    this.element.dataset.tone = tone;
    this.element.setAttribute("role", tone === "error" ? "alert" : "status");
    this.words.textContent = text;
  }
}
