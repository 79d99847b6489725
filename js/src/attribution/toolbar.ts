/**
 * What holds for all maps: the class, the layer, how they lie over the picture, and the attack.
 */
import type { AnyModel } from "@anywidget/types";
import { type Option, Select, Slider } from "../lib/controls";
import { h } from "../lib/dom";
import type { CommonTraits, InputPicture } from "../lib/model";
import type { AttributionFrame, Run } from "./run";

/** A method as the kernel describes it. */
export interface Entry {
  name: string;
  title: string;
  group: string;
  shows: string;
  cannot: string;
  warning: string;
  layered: boolean;
  signed: boolean;
}

/** A wave as the kernel sends it. */
export interface Wave {
  length: number;
  /** float32, the lowest and the highest value of each column, from -1 to 1. */
  bounds: unknown;
}

export interface Traits extends CommonTraits<AttributionFrame> {
  catalogue: Entry[];
  classes: string[];
  layers: string[];
  picture: InputPicture | null;
  /** A sequence of one value a step, in place of a picture. */
  wave: Wave | null;
  methods: string[];
  target: number | null;
  layer: string;
  epsilon: number;
  opacity: number;
  iteration: number;
}

export interface Acts {
  /** Changes what is computed. */
  ask<Name extends keyof Traits & string>(name: Name, value: Traits[Name]): void;
  /** Changes what is shown of it. */
  show<Name extends keyof Traits & string>(name: Name, value: Traits[Name]): void;
  goTo(step: number): void;
}

/** The farthest that an attack goes, in 255ths. */
const FARTHEST = 32;

export class Toolbar {
  readonly element: HTMLElement;
  private readonly target: Select;
  private readonly layer: Select;
  private readonly opacity: Slider;
  private readonly iteration: Slider;
  private readonly epsilon: Slider;

  constructor(acts: Acts, signal: AbortSignal) {
    const setTarget = (value: string) => acts.ask("target", value === "" ? null : Number(value));
    this.target = new Select("Class", setTarget, signal);
    this.layer = new Select("Layer", (name) => acts.ask("layer", name), signal);
    this.opacity = new Slider("Opacity", (percent) => acts.show("opacity", percent / 100), signal);
    this.iteration = new Slider("Iteration", acts.goTo, signal);
    this.epsilon = new Slider("Attack", (value) => acts.ask("epsilon", value), signal);
    this.epsilon.element.title =
      "Changes the input a little, so that the network sees something else in it (PGD)";
    this.element = h(
      "div",
      { class: "cv-toolbar" },
      this.target.element,
      this.layer.element,
      this.epsilon.element,
      this.opacity.element,
      this.iteration.element,
    );
  }

  paint(model: AnyModel<Traits>, run: Run | null, step: number): void {
    const classes = model.get("classes");
    const seen = run?.latest.before[0]?.[0];
    const sees = seen === undefined ? "" : ` (${classes[seen]})`;
    this.target.set(String(model.get("target") ?? ""), [
      { value: "", text: `what the network sees${sees}` },
      ...classes.map((text, index) => ({ value: String(index), text })),
    ]);
    const own: Option = { value: "", text: "each method’s own" };
    this.layer.set(model.get("layer"), [
      own,
      ...model.get("layers").map((name) => ({ value: name, text: name })),
    ]);
    const layered = new Set(model.get("catalogue").filter((e) => e.layered).map((e) => e.name));
    this.layer.input.disabled = !model.get("methods").some((name) => layered.has(name));
    const percent = Math.round(100 * model.get("opacity"));
    this.opacity.set(percent, 100, `${percent} %`, "");
    this.opacity.element.hidden = model.get("wave") !== null; // its strip lies over nothing
    const newest = run?.newest ?? 0;
    this.iteration.set(step, newest, run ? String(step) : "none yet", run ? `/ ${newest}` : "");
    const epsilon = model.get("epsilon");
    this.epsilon.set(epsilon, FARTHEST, epsilon ? `${epsilon}/255` : "none", "");
  }
}
