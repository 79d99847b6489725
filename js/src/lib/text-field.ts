/**
 * A native text input with its label. What is being typed is never overwritten.
 */
import { freshId, h } from "./dom";

export class TextField {
  readonly element: HTMLElement;
  readonly input: HTMLInputElement;

  /** @param change called at every keystroke that leaves some text */
  constructor(label: string, change: (text: string) => void, signal: AbortSignal, longest: number) {
    const id = freshId();
    this.input = h("input", {
      type: "text",
      id,
      maxlength: longest,
      autocomplete: "off",
      spellcheck: "false",
    });
    this.element = h(
      "div",
      { class: "cv-field cv-text-field" },
      h("label", { for: id }, label),
      this.input,
    );
    const report = () => {
      if (this.input.value.trim()) change(this.input.value);
    };
    this.input.addEventListener("input", report, { signal });
  }

  set(text: string): void {
    const typing = this.input.getRootNode() as Document | ShadowRoot;
    if (typing.activeElement !== this.input && this.input.value !== text) this.input.value = text;
  }
}
