/**
 * What to climb, and the four buttons that drive it.
 */
import type { AnyModel } from "@anywidget/types";
import { button, NumberField, type Option, Select, Slider } from "../lib/controls";
import { h } from "../lib/dom";
import { layerShape } from "../lib/format";
import type { CommonTraits, LayerInfo, Position } from "../lib/model";
import type { AscentFrame } from "./run";

export type ObjectiveKind = "channel" | "unit" | "layer" | "class";
export type Command = "play" | "pause" | "stop" | "step";

export interface Traits extends CommonTraits<AscentFrame> {
  layers: LayerInfo[];
  classes: string[];
  objective: ObjectiveKind;
  layer: string;
  channel: number;
  position: Position | null;
  target: number;
  steps: number;
  iteration: number;
}

const OBJECTIVES: Option[] = [
  { value: "channel", text: "channel" },
  { value: "unit", text: "unit" },
  { value: "layer", text: "layer" },
  { value: "class", text: "class" },
];

type Change = <Name extends keyof Traits & string>(name: Name, value: Traits[Name]) => void;

export class Toolbar {
  readonly element: HTMLElement;
  private readonly objective: Select;
  private readonly layer: Select;
  private readonly channel: Slider;
  private readonly row: NumberField;
  private readonly column: NumberField;
  private readonly target: Select;
  private readonly play: HTMLButtonElement;
  private readonly pause: HTMLButtonElement;
  private readonly stop: HTMLButtonElement;
  private readonly step: HTMLButtonElement;
  private position: Position = [0, 0];

  constructor(change: Change, command: (name: Command) => void, signal: AbortSignal) {
    this.objective = new Select(
      "Objective",
      (kind) => change("objective", kind as ObjectiveKind),
      signal,
    );
    this.layer = new Select("Layer", (name) => change("layer", name), signal);
    this.channel = new Slider("Channel", (value) => change("channel", value), signal);
    const setRow = (row: number) => change("position", [row, this.position[1]]);
    const setColumn = (column: number) => change("position", [this.position[0], column]);
    this.row = new NumberField("Row", setRow, signal);
    this.column = new NumberField("Column", setColumn, signal);
    this.target = new Select("Class", (index) => change("target", Number(index)), signal);
    this.play = button("Play", "play", () => command("play"), signal);
    this.pause = button("Pause", "pause", () => command("pause"), signal);
    this.stop = button("Stop", "stop", () => command("stop"), signal);
    this.step = button("Step", "step", () => command("step"), signal);
    this.play.classList.add("cv-primary");
    this.element = h(
      "div",
      { class: "cv-toolbar" },
      this.objective.element,
      this.layer.element,
      this.channel.element,
      this.row.element,
      this.column.element,
      this.target.element,
      h("div", { class: "cv-buttons" }, this.play, this.pause, this.stop, this.step),
    );
  }

  paint(model: AnyModel<Traits>): void {
    this.paintTarget(model);
    const state = model.get("state");
    const live = state === "running" || state === "paused";
    const { activeElement } = this.element.getRootNode() as Document | ShadowRoot;
    this.play.disabled = state === "running";
    this.play.title = state === "paused" ? "Go on" : "Start";
    this.pause.disabled = state !== "running";
    this.stop.disabled = !live;
    // A button that turns itself off hands the keyboard's focus to the one that undoes it.
    if (activeElement instanceof HTMLButtonElement && activeElement.disabled) {
      if (this.element.contains(activeElement))
        (state === "running" ? this.pause : this.play).focus();
    }
  }

  private paintTarget(model: AnyModel<Traits>): void {
    const kind = model.get("objective");
    const classes = model.get("classes");
    const layers = model.get("layers");
    const info = layers.find((layer) => layer.name === model.get("layer"));
    const spatial = info !== undefined && info.rows * info.cols > 1;
    this.objective.set(
      kind,
      OBJECTIVES.filter(({ value }) => value !== "class" || classes.length),
    );
    this.layer.set(
      model.get("layer"),
      layers.map((layer) => ({ value: layer.name, text: `${layer.name}, ${layerShape(layer)}` })),
    );
    const last = (info?.channels ?? 1) - 1;
    const channel = Math.min(Math.max(0, model.get("channel")), last);
    this.channel.set(channel, last, String(channel), `/ ${last}`);
    const [rows, cols] = [info?.rows ?? 1, info?.cols ?? 1];
    this.position = model.get("position") ?? [Math.floor(rows / 2), Math.floor(cols / 2)];
    this.row.set(this.position[0], rows - 1);
    this.column.set(this.position[1], cols - 1);
    this.target.set(
      String(model.get("target")),
      classes.map((text, index) => ({ value: String(index), text })),
    );
    this.layer.element.hidden = kind === "class";
    this.channel.element.hidden = kind === "class" || kind === "layer";
    this.row.element.hidden = this.column.element.hidden = kind !== "unit" || !spatial;
    this.target.element.hidden = kind !== "class";
  }
}
