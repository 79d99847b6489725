/**
 * Search, colours, zoom, and files.
 */
import { button, type Option, Select } from "../lib/controls";
import { freshId, h, icon, type IconName, setText } from "../lib/dom";
import { COLORS, type ColorBy } from "./colors";

export interface Acts {
  search(text: string): void;
  next(back: boolean): void;
  color(by: ColorBy): void;
  zoom(times: number): void;
  fit(): void;
  foldAll(fold: boolean): void;
  save(kind: "svg" | "png"): void;
}

export class Toolbar {
  readonly element: HTMLElement;
  private readonly search: HTMLInputElement;
  private readonly found = h("span", { class: "cv-meaning cv-quiet", role: "status" });
  private readonly color: Select;
  private readonly folding: HTMLButtonElement[];

  constructor(acts: Acts, signal: AbortSignal) {
    const id = freshId();
    this.search = h("input", { type: "search", id, placeholder: "name or kind", spellcheck: "false" });
    this.search.addEventListener("input", () => acts.search(this.search.value), { signal });
    const key = (event: KeyboardEvent) => {
      if (event.key === "Enter") acts.next(event.shiftKey);
    };
    this.search.addEventListener("keydown", key, { signal });
    this.color = new Select("Colour", (value) => acts.color(value as ColorBy), signal);
    const small = (name: string, picture: IconName, press: () => void) => {
      const element = h(
        "button",
        { type: "button", class: "cv-button cv-small", "aria-label": name, title: name },
        icon(picture),
      );
      element.addEventListener("click", press, { signal });
      return element;
    };
    this.folding = [
      small("Fold all", "fold", () => acts.foldAll(true)),
      small("Unfold all", "unfold", () => acts.foldAll(false)),
    ];
    const saving = (["svg", "png"] as const).map((kind) => {
      const name = kind.toUpperCase();
      const element = button(name, "save", () => acts.save(kind), signal);
      element.setAttribute("aria-label", `Save as ${name}`);
      element.title = `Save as ${name}`;
      return element;
    });
    const field = h("div", { class: "cv-field" }, h("label", { for: id }, "Search"), this.found, this.search);
    const views = h(
      "div",
      { class: "cv-buttons" },
      ...this.folding,
      small("Zoom out", "minus", () => acts.zoom(1 / 1.25)),
      small("Zoom in", "plus", () => acts.zoom(1.25)),
      small("Fit", "fit", () => acts.fit()),
    );
    const files = h("div", { class: "cv-buttons" }, ...saving);
    this.element = h("div", { class: "cv-toolbar" }, field, this.color.element, views, files);
  }

  /**
   * @param found what the search has found, in words
   * @param numbers whether there are activations to colour by
   * @param folds whether there are blocks
   */
  paint(color: ColorBy, found: string, numbers: boolean, folds: boolean): void {
    const options: readonly Option[] = COLORS;
    this.color.set(color, numbers ? options : options.filter(({ value }) => has(value, color)));
    setText(this.found, found);
    for (const button of this.folding) button.hidden = !folds;
  }
}

/** Without activations there is nothing to colour by but what the network itself says. */
function has(value: string, chosen: string): boolean {
  return ["kind", "parameters", "flops", chosen].includes(value);
}
