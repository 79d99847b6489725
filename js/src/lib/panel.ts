/**
 * A panel: a heading, on its right a line that changes with what is pointed at, and the content.
 */
import { h, setText } from "./dom";

export class Panel {
  readonly element: HTMLElement;
  readonly header: HTMLElement;
  private readonly heading = h("span", { class: "cv-title" });
  private readonly line = h("span", { class: "cv-line" });

  constructor(kind: string, ...content: Node[]) {
    this.header = h("div", { class: "cv-header" }, this.heading, this.line);
    this.element = h("div", { class: `cv-panel cv-${kind}` }, this.header, ...content);
  }

  title(text: string): void {
    setText(this.heading, text);
  }

  say(text: string): void {
    setText(this.line, text);
    this.line.title = text;
  }
}
