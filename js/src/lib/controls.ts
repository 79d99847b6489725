/**
 * The labelled native inputs that views are driven by.
 *
 * People, screen readers and tests find each by the same accessible name. What a slider stands for
 * in words (a layer's name and shape) is shown beside it and read out as its value.
 */
import { freshId, h, icon, type IconName, setText } from "./dom";

/** A native range input with its label and the meaning of its value. */
export class Slider {
  readonly element: HTMLElement;
  readonly input: HTMLInputElement;
  private readonly meaning = h("span");
  private readonly detail = h("span", { class: "cv-quiet" });

  constructor(label: string, change: (value: number) => void, signal: AbortSignal) {
    const id = freshId();
    this.input = h("input", { type: "range", id, min: 0, max: 0, step: 1, value: 0 });
    this.element = h(
      "div",
      { class: "cv-field cv-slider" },
      h("label", { for: id }, label),
      h("span", { class: "cv-meaning", "aria-hidden": "true" }, this.meaning, " ", this.detail),
      this.input,
    );
    this.input.addEventListener("input", () => change(this.input.valueAsNumber), { signal });
  }

  /**
   * @param meaning what the value stands for
   * @param detail more about it, said more quietly
   */
  set(value: number, max: number, meaning: string, detail: string, min = 0): void {
    const { input } = this;
    if (input.min !== String(min)) input.min = String(min);
    if (input.max !== String(max)) input.max = String(max);
    if (input.valueAsNumber !== value) input.value = String(value);
    input.disabled = max <= min;
    input.style.setProperty("--cv-share", String(max > min ? (value - min) / (max - min) : 0));
    input.setAttribute("aria-valuetext", `${meaning} ${detail}`);
    setText(this.meaning, meaning);
    setText(this.detail, detail);
  }
}

export interface Option {
  value: string;
  text: string;
  /** Heading under which it is listed; options of one group follow one another. */
  group?: string;
}

/** A native select with its label. */
export class Select {
  readonly element: HTMLElement;
  readonly input: HTMLSelectElement;
  private shown = "";

  constructor(label: string, change: (value: string) => void, signal: AbortSignal) {
    const id = freshId();
    this.input = h("select", { id });
    this.element = h("div", { class: "cv-field" }, h("label", { for: id }, label), this.input);
    this.input.addEventListener("change", () => change(this.input.value), { signal });
  }

  set(value: string, options: readonly Option[]): void {
    const shown = JSON.stringify(options);
    if (shown !== this.shown) {
      this.shown = shown;
      this.input.replaceChildren(...grouped(options));
    }
    if (this.input.value !== value) this.input.value = value;
    this.input.disabled = options.length === 0;
  }
}

/** The options as elements, those of a group under its heading. */
function grouped(options: readonly Option[]): HTMLElement[] {
  const groups = new Map<string, HTMLElement>();
  const elements: HTMLElement[] = [];
  for (const { value, text, group } of options) {
    const option = h("option", { value }, text);
    if (group === undefined) {
      elements.push(option);
      continue;
    }
    let around = groups.get(group);
    if (!around) {
      around = h("optgroup", { label: group });
      groups.set(group, around);
      elements.push(around);
    }
    around.append(option);
  }
  return elements;
}

/** A native number input with its label. */
export class NumberField {
  readonly element: HTMLElement;
  readonly input: HTMLInputElement;
  private editing = false; // what is half typed stays, though the view repaints meanwhile

  constructor(label: string, change: (value: number) => void, signal: AbortSignal) {
    const id = freshId();
    this.input = h("input", { type: "number", id, min: 0, step: 1 });
    this.element = h("div", { class: "cv-field" }, h("label", { for: id }, label), this.input);
    this.input.addEventListener("input", () => (this.editing = true), { signal });
    const report = () => {
      this.editing = false;
      if (this.input.validity.valid && this.input.value !== "") change(this.input.valueAsNumber);
    };
    this.input.addEventListener("change", report, { signal });
  }

  set(value: number, max: number): void {
    this.input.max = String(max);
    if (!this.editing && this.input.valueAsNumber !== value) this.input.value = String(value);
  }
}

/** A button with an icon and a word. */
export function button(
  text: string,
  name: IconName,
  press: () => void,
  signal: AbortSignal,
): HTMLButtonElement {
  const element = h("button", { type: "button", class: "cv-button" }, icon(name), text);
  element.addEventListener("click", press, { signal });
  return element;
}

/** Keys that a native input uses itself; the notebook must not act on them as well. */
const INPUT_KEYS = /^(Arrow|Page|Home$|End$|Enter$|Backspace$|Delete$|.$)/;

/** Keeps from the notebook the keys that a native input inside `root` handles. */
export function keepInputKeys(root: HTMLElement, signal: AbortSignal): void {
  const keep = (event: KeyboardEvent) => {
    const native = (event.target as Element).closest("input, select, button");
    const command = event.ctrlKey || event.metaKey || event.altKey;
    if (native && !command && INPUT_KEYS.test(event.key)) event.stopPropagation();
  };
  root.addEventListener("keydown", keep, { signal });
}

/** Claims a key press that a view has handled: no scrolling, nothing for the notebook. */
export function claim(event: Event): void {
  event.preventDefault();
  event.stopPropagation();
}
