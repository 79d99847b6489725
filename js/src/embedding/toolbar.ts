/**
 * Which layer, how it is laid out and coloured, what is searched, and the buttons of the run.
 */
import { button, type Option, Select } from "../lib/controls";
import { freshId, h } from "../lib/dom";
import { layerShape } from "../lib/format";
import { type About, type Model, projectionName, type Traits } from "./frame";

export type Command = "play" | "pause" | "stop" | "restart";
type Change = <Name extends keyof Traits & string>(name: Name, value: Traits[Name]) => void;

const POOLINGS: Option[] = [
  { value: "mean", text: "mean" },
  { value: "max", text: "maximum" },
  { value: "none", text: "all values" },
];
const METRICS: Option[] = [
  { value: "cosine", text: "cosine" },
  { value: "euclidean", text: "Euclidean" },
];
const COLORS: Option[] = [
  { value: "label", text: "label" },
  { value: "prediction", text: "prediction" },
  { value: "right", text: "right or wrong" },
  { value: "confidence", text: "confidence" },
];
const DISPLAYS: Option[] = [
  { value: "thumbnails", text: "thumbnails" },
  { value: "dots", text: "dots" },
];

export class Toolbar {
  readonly element: HTMLElement;
  private readonly layer: Select;
  private readonly pooling: Select;
  private readonly projection: Select;
  private readonly metric: Select;
  private readonly color: Select;
  private readonly display: Select;
  private readonly play: HTMLButtonElement;
  private readonly pause: HTMLButtonElement;
  private readonly stop: HTMLButtonElement;

  constructor(change: Change, search: (text: string) => void, command: (name: Command) => void, signal: AbortSignal) {
    const select = <Name extends keyof Traits & string>(label: string, name: Name) =>
      new Select(label, (value) => change(name, value as Traits[Name]), signal);
    this.layer = select("Layer", "layer");
    this.pooling = select("Pooling", "pooling");
    this.projection = select("Projection", "projection");
    this.metric = select("Distance", "metric");
    this.color = select("Colour", "color");
    this.display = select("Display", "display");
    const id = freshId();
    const field = h("input", { type: "search", id, placeholder: "class, #12", spellcheck: "false" });
    field.addEventListener("input", () => search(field.value), { signal });
    this.play = button("Play", "play", () => command("play"), signal);
    this.pause = button("Pause", "pause", () => command("pause"), signal);
    this.stop = button("Stop", "stop", () => command("stop"), signal);
    this.play.classList.add("cv-primary");
    const selects = [this.layer, this.pooling, this.projection, this.metric, this.color, this.display];
    this.element = h(
      "div",
      { class: "cv-toolbar" },
      ...selects.map(({ element }) => element),
      h("div", { class: "cv-field" }, h("label", { for: id }, "Search"), field),
      h("div", { class: "cv-buttons" }, this.play, this.pause, this.stop),
    );
  }

  paint(model: Model, about: About): void {
    const layers = model.get("layers");
    const layer = layers.find(({ name }) => name === model.get("layer"));
    this.layer.set(
      model.get("layer"),
      layers.map((each) => ({ value: each.name, text: `${each.name}, ${layerShape(each)}` })),
    );
    this.pooling.set(model.get("pooling"), POOLINGS);
    this.pooling.input.disabled = layer !== undefined && layer.rows * layer.cols === 1;
    this.projection.set(
      model.get("projection"),
      model.get("projections").map((value) => ({ value, text: projectionName(value) })),
    );
    this.metric.set(model.get("metric"), METRICS);
    this.color.set(
      model.get("color"),
      COLORS.filter(({ value }) => (value === "label" ? about.labels : value === "right" ? about.comparable : true)),
    );
    this.display.set(model.get("display"), DISPLAYS);
    this.display.element.hidden = !about.pictured;
    this.buttons(model);
  }

  private buttons(model: Model): void {
    const state = model.get("state");
    const { activeElement } = this.element.getRootNode() as Document | ShadowRoot;
    this.play.disabled = state === "running" || state === "done";
    this.pause.disabled = state !== "running";
    this.stop.disabled = state !== "running" && state !== "paused";
    // A button that turns itself off hands the keyboard's focus to the one that undoes it.
    if (activeElement instanceof HTMLButtonElement && activeElement.disabled) {
      if (this.element.contains(activeElement)) (state === "running" ? this.pause : this.play).focus();
    }
  }
}
