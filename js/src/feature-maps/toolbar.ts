/**
 * The feature map view's controls. What they change is a trait; what they show is read from it.
 */
import type { AnyModel } from "@anywidget/types";
import { type Option, Select, Slider } from "../lib/controls";
import { h } from "../lib/dom";
import { layerShape } from "../lib/format";
import type { LayerInfo } from "../lib/model";
import type { Traits } from "./scene";

const COLORMAPS: Option[] = [
  { value: "auto", text: "auto" },
  { value: "viridis", text: "viridis" },
  { value: "magma", text: "magma" },
  { value: "cividis", text: "cividis" },
  { value: "gray", text: "gray" },
  { value: "diverging", text: "diverging" },
];
const SCALES: Option[] = [
  { value: "channel", text: "per channel" },
  { value: "layer", text: "per layer" },
];
const ORDERS: Option[] = [
  { value: "index", text: "by index" },
  { value: "strongest", text: "strongest first" },
];

export class Toolbar {
  readonly element: HTMLElement;
  private readonly layer: Slider;
  private readonly channel: Slider;
  private readonly colormap: Select;
  private readonly scale: Select;
  private readonly order: Select;

  constructor(
    change: <Name extends keyof Traits & string>(name: Name, value: Traits[Name]) => void,
    moveLayer: (index: number) => void,
    signal: AbortSignal,
  ) {
    this.layer = new Slider("Layer", moveLayer, signal);
    this.channel = new Slider("Channel", (value) => change("channel", value), signal);
    const select = <Name extends "colormap" | "scale" | "order">(label: string, name: Name) =>
      new Select(label, (value) => change(name, value as Traits[Name]), signal);
    this.colormap = select("Colour map", "colormap");
    this.scale = select("Scale", "scale");
    this.order = select("Order", "order");
    this.element = h(
      "div",
      { class: "cv-toolbar" },
      this.layer.element,
      this.channel.element,
      this.colormap.element,
      this.scale.element,
      this.order.element,
    );
  }

  paint(model: AnyModel<Traits>): void {
    const layers = model.get("layers");
    const index = layers.findIndex((layer) => layer.name === model.get("layer"));
    const info: LayerInfo | undefined = layers[index];
    const detail = info ? `${info.kind}, ${layerShape(info)}` : "";
    this.layer.set(Math.max(0, index), layers.length - 1, info?.name ?? "none", detail);
    const last = (info?.channels ?? 1) - 1;
    const channel = Math.min(Math.max(0, model.get("channel")), last);
    this.channel.set(channel, last, String(channel), `/ ${last}`);
    this.colormap.set(model.get("colormap"), COLORMAPS);
    this.scale.set(model.get("scale"), SCALES);
    this.order.set(model.get("order"), ORDERS);
  }
}
