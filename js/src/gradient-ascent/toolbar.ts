/**
 * What to climb and by which preset, and the four buttons that drive it.
 */
import type { AnyModel } from "@anywidget/types";
import { button, NumberField, type Option, Select, Slider } from "../lib/controls";
import { h } from "../lib/dom";
import { layerShape } from "../lib/format";
import type { Position } from "../lib/model";
import { More } from "./more";
import type { Change, Command, ObjectiveKind, Traits } from "./traits";

const OBJECTIVES: Option[] = [
  { value: "channel", text: "channel" },
  { value: "unit", text: "neuron" },
  { value: "layer", text: "layer (DeepDream)" },
  { value: "class", text: "class logit" },
  { value: "probability", text: "class probability" },
];
const ENDS: Option[] = [
  { value: "positive", text: "positive" },
  { value: "negative", text: "negative" },
  { value: "both", text: "both" },
];
const GRIDS: Option[] = [
  { value: "1", text: "off" },
  { value: "4", text: "4 channels" },
  { value: "9", text: "9 channels" },
];

export class Toolbar {
  readonly element: HTMLElement;
  private readonly objective: Select;
  private readonly layer: Select;
  private readonly channel: Slider;
  private readonly row: NumberField;
  private readonly column: NumberField;
  private readonly end: Select;
  private readonly channels: Select;
  private readonly target: Select;
  private readonly preset: Select;
  private readonly more: More;
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
    this.end = new Select("End", (end) => change("end", end as Traits["end"]), signal);
    this.end.element.title = "Negative: the opposite of what it looks for";
    this.channels = new Select("Grid", (count) => change("channels", Number(count)), signal);
    this.channels.element.title = "How many neighbouring channels are climbed at once";
    this.target = new Select("Class", (index) => change("target", Number(index)), signal);
    this.preset = new Select("Preset", (name) => change("preset", name), signal);
    this.more = new More(change, signal);
    this.play = button("Play", "play", () => command("play"), signal);
    this.pause = button("Pause", "pause", () => command("pause"), signal);
    this.stop = button("Stop", "stop", () => command("stop"), signal);
    this.step = button("Step", "step", () => command("step"), signal);
    this.play.classList.add("cv-primary");
    const fields = [
      this.objective,
      this.layer,
      this.channel,
      this.row,
      this.column,
      this.target,
      this.end,
      this.channels,
      this.preset,
    ];
    fields.forEach(({ element, input }) => {
      if (!(input instanceof HTMLInputElement)) element.classList.add("cv-choice");
    });
    this.layer.element.classList.add("cv-wide");
    this.target.element.classList.add("cv-wide");
    for (const { element } of [this.end, this.channels]) element.classList.add("cv-narrow");
    this.element = h(
      "div",
      {},
      h(
        "div",
        { class: "cv-toolbar" },
        ...fields.map(({ element }) => element),
        h(
          "div",
          { class: "cv-buttons" },
          this.play,
          this.pause,
          this.stop,
          this.step,
          this.more.button,
        ),
      ),
      this.more.element,
    );
  }

  paint(model: AnyModel<Traits>): void {
    this.paintTarget(model);
    this.preset.set(
      model.get("preset"),
      model.get("presets").map(({ name }) => ({ value: name, text: name })),
    );
    this.more.paint(model);
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
    this.objective.set(kind, objectives(classes.length > 0, model.get("own")));
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
    this.end.set(model.get("end"), ENDS);
    this.channels.set(String(model.get("channels")), GRIDS);
    this.target.set(
      String(model.get("target")),
      classes.map((text, index) => ({ value: String(index), text })),
    );
    const ofChannel = kind === "channel" || kind === "unit";
    const ofClass = kind === "class" || kind === "probability";
    this.layer.element.hidden = !ofChannel && kind !== "layer";
    for (const { element } of [this.channel, this.end, this.channels]) element.hidden = !ofChannel;
    this.channels.element.hidden ||= model.get("compare") !== "";
    this.row.element.hidden = this.column.element.hidden = kind !== "unit" || !spatial;
    this.target.element.hidden = !ofClass;
  }
}

/** What can be climbed: classes only where there are some, an own objective if it was given. */
function objectives(classes: boolean, own: string): Option[] {
  const offered = OBJECTIVES.filter(({ value }) => {
    return classes || (value !== "class" && value !== "probability");
  });
  return own ? [...offered, { value: "own", text: own }] : offered;
}
