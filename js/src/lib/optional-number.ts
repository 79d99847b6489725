/**
 * A native number input that may be empty: then what its placeholder tells holds.
 */
import { freshId, h } from "./dom";

export class OptionalNumber {
  readonly element: HTMLElement;
  readonly input: HTMLInputElement;
  private editing = false;

  constructor(
    label: string,
    change: (value: number | null) => void,
    signal: AbortSignal,
    range: { min: number; max: number; step: number | "any" },
  ) {
    const id = freshId();
    this.input = h("input", { type: "number", id, ...range });
    this.element = h("div", { class: "cv-field" }, h("label", { for: id }, label), this.input);
    this.input.addEventListener("input", () => (this.editing = true), { signal });
    const report = () => {
      this.editing = false;
      if (!this.input.validity.valid) return;
      change(this.input.value === "" ? null : this.input.valueAsNumber);
    };
    this.input.addEventListener("change", report, { signal });
  }

  /** @param usual what holds where there is no value */
  set(value: number | null, usual: string): void {
    const text = value === null ? "" : String(value);
    if (!this.editing && this.input.value !== text) this.input.value = text;
    if (this.input.placeholder !== usual) this.input.placeholder = usual;
  }
}
