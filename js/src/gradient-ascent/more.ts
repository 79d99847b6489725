/**
 * The settings of a climb that are changed now and then, behind a button.
 */
import type { AnyModel } from "@anywidget/types";
import { NumberField, Select } from "../lib/controls";
import { freshId, h } from "../lib/dom";
import { OptionalNumber } from "../lib/optional-number";
import type { Change, Traits } from "./traits";

const MOST_STEPS = 1_000_000;
const LARGEST_SEED = 2 ** 31 - 1;
const LARGEST_SIDE = 4096;

const PAINTERS: Record<string, string> = {
  auto: "the preset’s",
  fourier: "Fourier waves",
  pixels: "pixels",
  laplacian: "Laplacian pyramid",
  bilinear: "bilinear texture",
  maco: "MACO",
  cppn: "CPPN",
  alpha: "transparent",
  own: "given in Python",
};

export class More {
  readonly button: HTMLButtonElement;
  readonly element: HTMLElement;
  private readonly compare: Select;
  private readonly parameterisation: Select;
  private readonly size: OptionalNumber;
  private readonly seed: NumberField;
  private readonly rate: OptionalNumber;
  private readonly redirect: OptionalNumber;
  private readonly steps: NumberField;

  constructor(change: Change, signal: AbortSignal) {
    const id = freshId();
    this.compare = new Select("Compare", (name) => change("compare", name), signal);
    this.compare.element.title = "Climb the same with another preset beside it";
    this.parameterisation = new Select(
      "Parameterisation",
      (name) => change("parameterisation", name),
      signal,
    );
    this.size = new OptionalNumber("Size", (size) => change("size", size), signal, {
      min: 1,
      max: LARGEST_SIDE,
      step: 1,
    });
    this.seed = new NumberField("Seed", (seed) => change("seed", seed), signal);
    this.rate = new OptionalNumber("Learning rate", (rate) => change("learning_rate", rate), signal, {
      min: 1e-12,
      max: 1e6,
      step: "any",
    });
    this.redirect = new OptionalNumber(
      "Redirected ReLU",
      (steps) => change("redirect", steps),
      signal,
      { min: 0, max: MOST_STEPS, step: 1 },
    );
    this.redirect.element.title =
      "For how many steps a start from which no gradient passes is helped";
    this.steps = new NumberField("Steps", (steps) => change("steps", steps), signal);
    this.steps.input.min = "1";
    this.element = h(
      "div",
      { class: "cv-toolbar cv-more", id, hidden: true, role: "group", "aria-label": "More settings" },
      this.compare.element,
      this.parameterisation.element,
      this.size.element,
      this.seed.element,
      this.steps.element,
      this.rate.element,
      this.redirect.element,
    );
    this.button = h(
      "button",
      { type: "button", class: "cv-button", "aria-expanded": "false", "aria-controls": id },
      "More",
    );
    this.button.addEventListener("click", () => this.open(this.element.hidden), { signal });
  }

  open(opened: boolean): void {
    this.element.hidden = !opened;
    this.button.setAttribute("aria-expanded", String(opened));
  }

  paint(model: AnyModel<Traits>): void {
    const preset = model.get("presets").find(({ name }) => name === model.get("preset"));
    const others = model.get("presets").filter(({ name }) => {
      return name !== model.get("preset") || name === model.get("compare");
    });
    this.compare.set(model.get("compare"), [
      { value: "", text: "off" },
      ...others.map(({ name }) => ({ value: name, text: `with ${name}` })),
    ]);
    this.parameterisation.set(
      model.get("parameterisation"),
      model.get("parameterisations").map((value) => ({ value, text: PAINTERS[value] ?? value })),
    );
    const size = model.get("size");
    const usual = preset?.size ? String(preset.size) : "auto";
    const square = typeof size === "number" ? size : null;
    this.size.set(square, Array.isArray(size) ? size.join(" × ") : usual);
    this.seed.set(model.get("seed"), LARGEST_SEED);
    this.steps.set(model.get("steps"), MOST_STEPS);
    this.rate.set(model.get("learning_rate"), String(preset?.rate ?? ""));
    this.redirect.set(model.get("redirect"), String(preset?.redirect ?? ""));
  }
}
