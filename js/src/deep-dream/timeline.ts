/**
 * The Iteration slider through all octaves, with a mark where each of them begins.
 */
import { Slider } from "../lib/controls";
import { h } from "../lib/dom";
import { octaveMarks } from "./dream";

export class Timeline {
  private readonly slider: Slider;
  private readonly marks = h("div", { class: "cv-octaves", "aria-hidden": "true" });
  private shown = "";

  readonly element: HTMLElement;

  constructor(goTo: (step: number) => void, signal: AbortSignal) {
    this.slider = new Slider("Iteration", goTo, signal);
    this.element = h("div", { class: "cv-timeline" }, this.slider.element, this.marks);
  }

  /**
   * @param octaves how many there are, or will be
   * @param octave the one on show
   */
  paint(step: number, end: number, octaves: number, octave: number, words: string): void {
    this.slider.set(step, end, words ? String(step) : "none yet", words ? `/ ${end}` : "");
    if (words) this.slider.input.setAttribute("aria-valuetext", `${step} / ${end}, ${words}`);
    const shown = `${octaves} ${octave}`;
    if (shown === this.shown) return;
    this.shown = shown;
    const places = octaveMarks(octaves);
    this.marks.replaceChildren(
      ...places.map((place, index) => {
        const kind = index === octave ? "cv-octave cv-current" : "cv-octave";
        const mark = h("span", { class: kind }, octaves > 6 ? `${index + 1}` : `octave ${index + 1}`);
        mark.style.setProperty("--cv-place", String(place));
        mark.style.setProperty("--cv-part", String(1 / octaves));
        return mark;
      }),
    );
  }
}
