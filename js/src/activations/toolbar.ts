/**
 * Which layer and channel, in which order, and the buttons of the run.
 */
import type { AnyModel } from "@anywidget/types";
import { button, type Option, Select, Slider } from "../lib/controls";
import { h } from "../lib/dom";
import { layerShape } from "../lib/format";
import type { Order, Traits } from "./frame";

export type Command = "play" | "pause" | "stop" | "restart";
export type Change = (changed: Partial<Traits>) => void;

const ORDERS: Option[] = [
  { value: "index", text: "by number" },
  { value: "dead", text: "dead first" },
  { value: "always", text: "always on first" },
  { value: "mean", text: "largest mean first" },
  { value: "spread", text: "largest spread first" },
  { value: "zeros", text: "most zeros first" },
];

export class Toolbar {
  readonly element: HTMLElement;
  private readonly layer: Slider;
  private readonly channel: Slider;
  private readonly order: Select;
  private readonly play: HTMLButtonElement;
  private readonly pause: HTMLButtonElement;
  private readonly stop: HTMLButtonElement;

  constructor(change: Change, moveLayer: (index: number) => void, command: (name: Command) => void, signal: AbortSignal) {
    this.layer = new Slider("Layer", moveLayer, signal);
    this.channel = new Slider("Channel", (channel) => change({ channel }), signal);
    this.order = new Select("Order", (order) => change({ order: order as Order }), signal);
    this.play = button("Play", "play", () => command("play"), signal);
    this.pause = button("Pause", "pause", () => command("pause"), signal);
    this.stop = button("Stop", "stop", () => command("stop"), signal);
    this.play.classList.add("cv-primary");
    this.play.title = "Look through the images";
    this.element = h(
      "div",
      { class: "cv-toolbar" },
      this.layer.element,
      this.channel.element,
      this.order.element,
      h("div", { class: "cv-buttons" }, this.play, this.pause, this.stop),
    );
  }

  paint(model: AnyModel<Traits>): void {
    const layers = model.get("layers");
    const at = layers.findIndex(({ name }) => name === model.get("layer"));
    const info = layers[at];
    this.layer.set(Math.max(0, at), layers.length - 1, info?.name ?? "", info ? `${info.kind}, ${layerShape(info)}` : "");
    const last = (info?.channels ?? 1) - 1;
    const channel = Math.min(model.get("channel"), last); // it may come from a layer that has more
    this.channel.set(channel, last, String(channel), `/ ${last}`);
    this.order.set(model.get("order"), ORDERS);
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
