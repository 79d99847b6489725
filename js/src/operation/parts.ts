/**
 * What cards are made of: an equation, a grid of numbers, and bars. Elements are kept from paint to
 * paint, so that the keyboard's focus stays where it is.
 */
import { cssColor, type Palette, paletteIndex } from "../lib/colormap";
import { h, setText } from "../lib/dom";
import { cellText, figure, type Term } from "./arithmetic";

/** Numbers with their signs, each with what it is below it. */
export class Equation {
  readonly element = h("div", { class: "cv-equation" });
  private shown = "";

  paint(terms: readonly Term[]): void {
    const shown = JSON.stringify(terms);
    if (shown === this.shown) return;
    this.shown = shown;
    this.element.replaceChildren(
      ...terms.map(({ sign, text, note, result }) =>
        h(
          "span",
          { class: result ? "cv-term cv-result" : "cv-term" },
          ...(sign ? [h("span", { class: "cv-sign" }, sign), " "] : []),
          h("span", { class: "cv-figure" }, text),
          h("span", { class: "cv-note" }, note),
        ),
      ),
    );
  }
}

export interface GridLook {
  palette: Palette;
  /** The colour of a value; without it the largest magnitude has an end of the palette. */
  color?: ((value: number) => number) | undefined;
  cell: number;
  numbers: boolean;
  /** Places that are not values: padding, gaps. */
  states?: readonly number[];
  /** The one that stands out. */
  winner?: number | null;
}

/** Numbers in rows and columns, coloured by their size; zero is neutral. */
export class Grid {
  private readonly cells = h("div", { class: "cv-cells", role: "img" });
  private readonly caption = h("figcaption", {});
  readonly element = h("figure", { class: "cv-matrix" }, this.caption, this.cells);

  paint(label: string, cols: number, values: ArrayLike<number>, look: GridLook): void {
    const { palette, cell, numbers, states, winner, color: given } = look;
    const count = values.length;
    setText(this.caption, label);
    const { cells } = this;
    cells.style.gridTemplateColumns = `repeat(${cols}, ${cell}px)`;
    cells.style.gridAutoRows = `${cell}px`;
    cells.classList.toggle("cv-small", cell < 36);
    while (cells.childElementCount > count) cells.lastElementChild?.remove();
    while (cells.childElementCount < count) {
      const element = h("span", {});
      element.style.setProperty("--cv-at", String(Math.min(cells.childElementCount, 24)));
      cells.append(element);
    }
    const most = largest(values);
    for (let at = 0; at < count; at++) {
      const element = cells.children[at] as HTMLElement;
      const state = states?.[at] ?? 0;
      const value = values[at];
      const color = given?.(value) ?? palette[paletteIndex(value, -most, most)];
      element.style.background = state ? "" : cssColor(color);
      element.style.color = state ? "" : isDark(color) ? "#fff" : "#000";
      element.className = ["", "cv-padding", "cv-gap"][state] ?? "";
      if (at === winner) element.classList.add("cv-winner");
      setText(element, numbers ? (state ? (state === 1 ? "pad" : "gap") : cellText(value)) : "");
      element.title = state ? (state === 1 ? "padding" : "between two values") : figure(value);
    }
    cells.setAttribute("aria-label", describe(label, cols, values, states));
  }
}

function describe(
  label: string,
  cols: number,
  values: ArrayLike<number>,
  states?: readonly number[],
): string {
  const shape = `${values.length / cols} by ${cols}`;
  if (values.length > 49) return `${label}, ${shape}`;
  const said = Array.from(values, (value, at) => (states?.[at] ? "padding" : figure(value)));
  return `${label}, ${shape}: ${said.join(", ")}`;
}

export interface Bar {
  label: string;
  /** More about it, said more quietly. */
  detail?: string;
  value: number;
  text?: string;
  /** The one that is looked at. */
  chosen?: boolean;
  /** Bars that cannot be pressed, as the sum of all others. */
  plain?: boolean;
  hint?: string;
}

/** Bars to both sides of zero, each with a label and its number; one can be chosen. */
export class Bars {
  readonly element = h("div", { class: "cv-bars", role: "list" });
  private bars: readonly Bar[] = [];

  /** @param choose called with the number of a bar; without it none can be pressed */
  constructor(
    private readonly choose: ((at: number) => void) | null,
    signal: AbortSignal,
  ) {
    this.element.addEventListener(
      "click",
      (event) => {
        const row = (event.target as Element).closest(".cv-bar-row");
        const at = [...this.element.children].findIndex((item) => item.contains(row));
        if (row && at >= 0 && !this.bars[at]?.plain) this.choose?.(at);
      },
      { signal },
    );
  }

  paint(bars: readonly Bar[], label: string): void {
    this.bars = bars;
    const { element } = this;
    element.setAttribute("aria-label", label);
    while (element.childElementCount > bars.length) element.lastElementChild?.remove();
    while (element.childElementCount < bars.length) element.append(this.row());
    const low = Math.min(0, ...bars.map(({ value }) => value));
    const high = Math.max(0, ...bars.map(({ value }) => value));
    const span = high - low || 1;
    element.classList.toggle(
      "cv-detailed",
      bars.some(({ detail }) => detail),
    );
    bars.forEach((bar, at) => {
      const row = element.children[at].firstElementChild as HTMLElement;
      const [name, detail, track, value] = row.children as unknown as HTMLElement[];
      setText(name, bar.label);
      name.title = bar.label;
      setText(detail, bar.detail ?? "");
      setText(value, bar.text ?? figure(bar.value));
      const fill = track.firstElementChild as HTMLElement;
      fill.style.left = `${((Math.min(0, bar.value) - low) / span) * 100}%`;
      fill.style.width = `${(Math.abs(bar.value) / span) * 100}%`;
      fill.dataset.sign = bar.value < 0 ? "negative" : "positive";
      track.style.setProperty("--cv-zero", `${(-low / span) * 100}%`);
      row.classList.toggle("cv-chosen", bar.chosen ?? false);
      row.classList.toggle("cv-plain-row", bar.plain ?? false);
      row.title = bar.hint ?? "";
      if (row instanceof HTMLButtonElement) {
        row.disabled = bar.plain ?? false;
        row.setAttribute("aria-pressed", String(bar.chosen ?? false));
      }
    });
  }

  private row(): HTMLElement {
    const content = [
      h("span", { class: "cv-bar-name" }),
      h("span", { class: "cv-bar-detail" }),
      h("span", { class: "cv-bar-line", "aria-hidden": "true" }, h("span", {})),
      h("span", { class: "cv-bar-value" }),
    ];
    const row = this.choose
      ? h("button", { type: "button", class: "cv-bar-row" }, ...content)
      : h("div", { class: "cv-bar-row" }, ...content);
    return h("div", { role: "listitem" }, row);
  }
}

/** The largest finite magnitude, and never 0. */
function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let at = 0; at < values.length; at++) {
    const size = Math.abs(values[at]);
    if (Number.isFinite(size) && size > most) most = size;
  }
  return most || 1;
}

/** Whether white stands out from a colour more than black does, as WCAG reckons contrast. */
function isDark(color: number): boolean {
  const channel = (byte: number) => {
    const share = byte / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  const [red, green, blue] = [color & 255, (color >> 8) & 255, (color >> 16) & 255].map(channel);
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) ** 2 < 0.05 * 1.05;
}
