/**
 * A card: one step, with a heading and what it is fed with. Each kind of step has its own.
 */
import type { Palette } from "../lib/colormap";
import { h, setText } from "../lib/dom";
import type { StepTold } from "./frame";

/** What all cards need to paint. */
export interface Look {
  numbers: Float64Array;
  palette: Palette;
  /** The colour that a value has on the map which the window lies on. */
  seen: ((value: number) => number) | undefined;
  /** Room inside of a card, in CSS pixels. */
  width: number;
  /** The channel that is looked at. */
  channel: number;
  /** A frame of a window that moves by itself. */
  walking: boolean;
}

/** What a person may ask for on a card. */
export interface CardEvents {
  /** Tell another input channel in full. */
  open(channel: number): void;
  /** Look at another output of the layer. */
  choose(channel: number): void;
  /** Something that the page knows by itself has changed. */
  repaint(): void;
}

export abstract class Card<Told extends StepTold> {
  private readonly heading = h("span", { class: "cv-title" });
  private readonly line = h("span", { class: "cv-line" });
  private readonly words = h("p", { class: "cv-words" });
  protected readonly body = h("div", { class: "cv-body" });
  readonly element = h(
    "section",
    { class: "cv-card" },
    h("div", { class: "cv-header" }, this.heading, this.line),
    this.words,
    this.body,
  );

  paint(told: Told, look: Look): void {
    setText(this.heading, this.title(told));
    setText(this.line, told.name);
    this.line.title = told.name;
    const words = this.say(told);
    this.words.hidden = words === "";
    setText(this.words, words);
    this.element.dataset.kind = told.kind;
    this.element.setAttribute("aria-label", `${this.title(told)}, ${told.name}`);
    this.fill(told, look);
  }

  /** The step in the field's word. */
  protected abstract title(told: Told): string;

  /** What the step does, in a sentence. */
  protected abstract say(told: Told): string;

  protected abstract fill(told: Told, look: Look): void;
}

/** Where a number comes from, in words. */
export function whence({ source, index }: StepTold): string {
  if (source === "") return "inside of the layer";
  return index.length > 1 ? `${source} at (${index.join(", ")})` : source;
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1).replaceAll("_", " ");
}
