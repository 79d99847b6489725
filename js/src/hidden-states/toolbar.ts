/**
 * Which layer, unit and step are looked at, what of them, and the buttons that play the steps.
 */
import type { AnyModel } from "@anywidget/types";
import { button, Select, Slider } from "../lib/controls";
import { h } from "../lib/dom";
import type { CommonTraits, InputPicture, LayerInfo } from "../lib/model";
import type { StatesFrame } from "./frame";
import { mapTitle } from "./traces";

export interface Traits extends CommonTraits<StatesFrame> {
  layers: LayerInfo[];
  layer: string;
  channel: number;
  step: number;
  show: string;
  shown: string[];
  order: "index" | "strongest";
  picture: InputPicture | null;
}

export type Change = (changed: Partial<Traits>) => void;

export class Toolbar {
  readonly element: HTMLElement;
  private readonly layer: Slider;
  private readonly unit: Slider;
  private readonly step: Slider;
  private readonly show: Select;
  private readonly order: Select;
  private readonly play: HTMLButtonElement;
  private readonly pause: HTMLButtonElement;

  constructor(
    change: Change,
    moveLayer: (index: number) => void,
    goTo: (step: number) => void,
    playing: (on: boolean) => void,
    signal: AbortSignal,
  ) {
    this.layer = new Slider("Layer", moveLayer, signal);
    this.unit = new Slider("Unit", (channel) => change({ channel }), signal);
    this.step = new Slider("Step", goTo, signal);
    this.show = new Select("Show", (show) => change({ show }), signal);
    const order = (value: string) => change({ order: value as Traits["order"] });
    this.order = new Select("Order", order, signal);
    this.play = button("Play", "play", () => playing(true), signal);
    this.pause = button("Pause", "pause", () => playing(false), signal);
    this.play.classList.add("cv-primary");
    this.play.title = "Read the sequence step by step";
    this.element = h(
      "div",
      { class: "cv-toolbar" },
      this.step.element,
      h("div", { class: "cv-buttons" }, this.play, this.pause),
      this.layer.element,
      this.unit.element,
      this.show.element,
      this.order.element,
    );
  }

  paint(model: AnyModel<Traits>, frame: StatesFrame | null, plays: boolean): void {
    const layers = model.get("layers");
    const index = layers.findIndex((layer) => layer.name === model.get("layer"));
    const info: LayerInfo | undefined = layers[index];
    this.layer.element.hidden = layers.length < 2;
    this.layer.set(Math.max(0, index), layers.length - 1, info?.name ?? "none", info?.kind ?? "");
    const last = (info?.channels ?? 1) - 1;
    const unit = Math.min(Math.max(0, model.get("channel")), last);
    this.unit.set(unit, last, String(unit), `/ ${last}`);
    const end = (frame?.steps ?? 1) - 1;
    const step = Math.min(model.get("step"), end);
    this.step.set(step, end, String(step), `/ ${end}`);
    const gates = new Set(frame?.maps.filter(({ gate }) => gate).map(({ name }) => name));
    this.show.set(
      model.get("show"),
      model.get("shown").map((name) => ({ value: name, text: mapTitle(name, gates.has(name)) })),
    );
    this.order.set(model.get("order"), [
      { value: "index", text: "By number" },
      { value: "strongest", text: "Strongest first" },
    ]);
    const { activeElement } = this.element.getRootNode() as Document | ShadowRoot;
    this.play.disabled = plays || end === 0;
    this.pause.disabled = !plays;
    // A button that turns itself off hands the keyboard's focus to the one that undoes it.
    if (activeElement === this.play && plays) this.pause.focus();
    if (activeElement === this.pause && !plays) this.play.focus();
  }
}
