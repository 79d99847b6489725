/**
 * What to dream of and how, and the four buttons that drive it.
 */
import type { AnyModel } from "@anywidget/types";
import { button, NumberField, type Option, Select, Slider } from "../lib/controls";
import { h } from "../lib/dom";
import { layerShape } from "../lib/format";
import type { CommonTraits, InputPicture, LayerInfo } from "../lib/model";
import type { DreamFrame } from "./dream";
import { octavesFor, stopOf, stopsWith, strengthWords } from "./strength";

export type Objective = "layer" | "channel" | "layers";
export type Command = "play" | "pause" | "stop" | "restart";
export type Show = "beside" | "over";

/** The photograph, and its own width and height: a large one is shrunk for the page. */
export type Photograph = InputPicture & { size: [number, number] };

export interface Preset {
  name: string;
  octaves: number[];
  iterations: number;
  strength: number;
}

export interface Traits extends CommonTraits<DreamFrame> {
  layers: LayerInfo[];
  presets: Preset[];
  weights: Record<string, number>;
  objective: Objective;
  layer: string;
  channel: number;
  preset: string;
  octaves: number[];
  iterations: number;
  strength: number;
  iteration: number;
  show: Show;
  compare: number;
  picture: Photograph | null;
}

const OBJECTIVES: Option[] = [
  { value: "layer", text: "layer" },
  { value: "channel", text: "channel" },
  { value: "layers", text: "several layers" },
];
const MOST_OCTAVES = 8;
const MOST_ITERATIONS = 1000;

export type Change = <Name extends keyof Traits & string>(
  name: Name,
  value: Traits[Name],
) => void;

export class Toolbar {
  readonly element: HTMLElement;
  private readonly objective: Select;
  private readonly layer: Select;
  private readonly channel: Slider;
  private readonly preset: Select;
  private readonly octaves: Slider;
  private readonly iterations: NumberField;
  private readonly strength: Slider;
  private readonly play: HTMLButtonElement;
  private readonly pause: HTMLButtonElement;
  private readonly stop: HTMLButtonElement;
  private readonly restart: HTMLButtonElement;
  private powers: number[] = [0];
  private stops: number[] = [];

  constructor(change: Change, command: (name: Command) => void, signal: AbortSignal) {
    const select = (label: string, run: (value: string) => void) => new Select(label, run, signal);
    const slider = (label: string, run: (value: number) => void) => new Slider(label, run, signal);
    this.objective = select("Objective", (kind) => change("objective", kind as Objective));
    this.layer = select("Layer", (name) => change("layer", name));
    this.channel = slider("Channel", (channel) => change("channel", channel));
    this.preset = select("Preset", (name) => change("preset", name));
    const setOctaves = (count: number) => change("octaves", octavesFor(count, this.powers));
    this.octaves = slider("Octaves", setOctaves);
    const setIterations = (count: number) => change("iterations", count);
    this.iterations = new NumberField("Iterations each", setIterations, signal);
    this.iterations.input.min = "1";
    // By how many of 255 grey levels the picture changes at each iteration.
    this.strength = slider("Strength", (stop) => change("strength", this.stops[stop]));
    this.play = button("Play", "play", () => command("play"), signal);
    this.pause = button("Pause", "pause", () => command("pause"), signal);
    this.stop = button("Stop", "stop", () => command("stop"), signal);
    this.restart = button("Restart", "restart", () => command("restart"), signal);
    this.play.classList.add("cv-primary");
    this.element = h(
      "div",
      { class: "cv-toolbar" },
      this.objective.element,
      this.layer.element,
      this.channel.element,
      this.preset.element,
      this.octaves.element,
      this.iterations.element,
      this.strength.element,
      h("div", { class: "cv-buttons" }, this.play, this.pause, this.stop, this.restart),
    );
  }

  /** @param begun whether there is a dream to begin anew */
  paint(model: AnyModel<Traits>, begun: boolean): void {
    this.paintTarget(model);
    this.paintNumbers(model);
    const state = model.get("state");
    const { activeElement } = this.element.getRootNode() as Document | ShadowRoot;
    this.play.disabled = state === "running";
    this.play.title = state === "paused" ? "Go on" : "Start";
    this.pause.disabled = state !== "running";
    this.stop.disabled = state !== "running" && state !== "paused";
    this.restart.disabled = !begun;
    this.restart.title = "Begin the dream anew";
    // A button that turns itself off hands the keyboard's focus to the one that undoes it.
    if (activeElement instanceof HTMLButtonElement && activeElement.disabled) {
      if (this.element.contains(activeElement))
        (state === "running" ? this.pause : this.play).focus();
    }
  }

  private paintTarget(model: AnyModel<Traits>): void {
    const kind = model.get("objective");
    const layers = model.get("layers");
    const info = layers.find((layer) => layer.name === model.get("layer"));
    const several = Object.keys(model.get("weights")).length > 0;
    this.objective.set(
      kind,
      OBJECTIVES.filter(({ value }) => value !== "layers" || several),
    );
    this.layer.set(
      model.get("layer"),
      layers.map((layer) => ({ value: layer.name, text: `${layer.name}, ${layerShape(layer)}` })),
    );
    const last = (info?.channels ?? 1) - 1;
    const channel = Math.min(Math.max(0, model.get("channel")), last);
    this.channel.set(channel, last, String(channel), `/ ${last}`);
    this.layer.element.hidden = kind === "layers";
    this.channel.element.hidden = kind !== "channel";
  }

  private paintNumbers(model: AnyModel<Traits>): void {
    const presets = model.get("presets").map(({ name }) => ({ value: name, text: name }));
    this.preset.set(model.get("preset"), presets);
    this.powers = model.get("octaves");
    const { length } = this.powers;
    this.octaves.set(length, Math.max(length, MOST_OCTAVES), String(length), "", 1);
    this.iterations.set(model.get("iterations"), MOST_ITERATIONS);
    const strength = model.get("strength");
    this.stops = stopsWith(strength);
    const stop = stopOf(strength, this.stops);
    this.strength.set(stop, this.stops.length - 1, strengthWords(strength), "/ 255");
  }
}
