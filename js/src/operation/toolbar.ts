/**
 * Which number is looked at, and the buttons that move the window.
 */
import type { AnyModel } from "@anywidget/types";
import { button, Slider } from "../lib/controls";
import { h } from "../lib/dom";
import { layerShape } from "../lib/format";
import type { CommonTraits, LayerInfo, Position } from "../lib/model";
import type { OperationFrame } from "./frame";

export interface Traits extends CommonTraits<OperationFrame> {
  layers: LayerInfo[];
  layer: string;
  channel: number;
  position: Position | null;
  source: number | null;
}

export type Change = (changed: Partial<Traits>) => void;
export type Command = "play" | "pause" | "step";

export class Toolbar {
  readonly element: HTMLElement;
  private readonly layer: Slider;
  private readonly channel: Slider;
  private readonly play: HTMLButtonElement;
  private readonly pause: HTMLButtonElement;
  private readonly step: HTMLButtonElement;

  constructor(
    change: Change,
    moveLayer: (index: number) => void,
    command: (name: Command) => void,
    signal: AbortSignal,
  ) {
    this.layer = new Slider("Layer", moveLayer, signal);
    this.channel = new Slider("Channel", (channel) => change({ channel }), signal);
    this.play = button("Play", "play", () => command("play"), signal);
    this.pause = button("Pause", "pause", () => command("pause"), signal);
    this.step = button("Step", "step", () => command("step"), signal);
    this.play.classList.add("cv-primary");
    this.play.title = "Move the window on, place by place";
    this.step.title = "Move the window on by one place";
    this.element = h(
      "div",
      { class: "cv-toolbar" },
      this.layer.element,
      this.channel.element,
      h("div", { class: "cv-buttons" }, this.play, this.pause, this.step),
    );
  }

  /** @param walking whether the window is on its way */
  paint(model: AnyModel<Traits>, walking: boolean): void {
    const layers = model.get("layers");
    const index = layers.findIndex((layer) => layer.name === model.get("layer"));
    const info: LayerInfo | undefined = layers[index];
    const detail = info ? `${info.kind}, ${layerShape(info)}` : "";
    this.layer.set(Math.max(0, index), layers.length - 1, info?.name ?? "none", detail);
    const last = (info?.channels ?? 1) - 1;
    const channel = Math.min(Math.max(0, model.get("channel")), last);
    this.channel.set(channel, last, String(channel), `/ ${last}`);
    const spatial = info !== undefined && info.rows * info.cols > 1;
    const running = walking && model.get("state") === "running";
    const { activeElement } = this.element.getRootNode() as Document | ShadowRoot;
    this.play.disabled = !spatial || running;
    this.pause.disabled = !running;
    this.step.disabled = !spatial;
    // A button that turns itself off hands the keyboard's focus to the one that undoes it.
    if (activeElement instanceof HTMLButtonElement && activeElement.disabled) {
      if (this.element.contains(activeElement)) (running ? this.pause : this.play).focus();
    }
  }
}
