/**
 * Which layer and channel is looked at, and how.
 */
import type { AnyModel } from "@anywidget/types";
import { type Option, Select, Slider } from "../lib/controls";
import { h } from "../lib/dom";
import { formatShape } from "../lib/format";
import type { CommonTraits, LayerInfo } from "../lib/model";
import type { AboutTold, ArrangementTold, ChannelFrame } from "./frame";

export interface WeightedLayer extends LayerInfo {
  /** Whether it multiplies with weights. */
  kernel: boolean;
}

export interface Traits extends CommonTraits<ChannelFrame> {
  layers: WeightedLayer[];
  layer: string;
  channel: number;
  about: AboutTold | null;
  arrangement: ArrangementTold | null;
  structures: string[];
  show: "kernels" | "matrix";
  scale: "auto" | "tile" | "shared";
  order: "index" | "strongest";
  blocks: "extreme" | "mean";
  structure: string;
}

export type Change = (changed: Partial<Traits>) => void;

const SHOWS: Option[] = [
  { value: "kernels", text: "kernels" },
  { value: "matrix", text: "whole matrix" },
];
const SCALES: Option[] = [
  { value: "auto", text: "auto" },
  { value: "shared", text: "shared" },
  { value: "tile", text: "per tile" },
];
const ORDERS: Option[] = [
  { value: "index", text: "by index" },
  { value: "strongest", text: "strongest first" },
];
const BLOCKS: Option[] = [
  { value: "extreme", text: "extremes" },
  { value: "mean", text: "means" },
];

export class Toolbar {
  readonly element: HTMLElement;
  private readonly layer: Slider;
  private readonly channel: Slider;
  private readonly show: Select;
  private readonly scale: Select;
  private readonly order: Select;
  private readonly blocks: Select;

  constructor(change: Change, moveLayer: (index: number) => void, signal: AbortSignal) {
    this.layer = new Slider("Layer", moveLayer, signal);
    this.channel = new Slider("Channel", (channel) => change({ channel }), signal);
    const select = <Name extends "show" | "scale" | "order" | "blocks">(label: string, name: Name) =>
      new Select(label, (value) => change({ [name]: value } as Partial<Traits>), signal);
    this.show = select("Show", "show");
    this.scale = select("Scale", "scale");
    this.order = select("Order", "order");
    this.blocks = select("Blocks", "blocks");
    const parts = [this.layer, this.channel, this.show, this.scale, this.order, this.blocks];
    this.element = h("div", { class: "cv-toolbar" }, ...parts.map(({ element }) => element));
  }

  paint(model: AnyModel<Traits>): void {
    const layers = weighted(model);
    const name = model.get("layer");
    const index = layers.findIndex((layer) => layer.name === name);
    const info: WeightedLayer | undefined = layers[index];
    const about = model.get("about");
    const known = about && about.layer === name && !about.words;
    const detail = !info
      ? "no kernel"
      : known
        ? `${info.kind}, ${formatShape(shapeOf(about))}`
        : info.kind;
    this.layer.set(Math.max(0, index), layers.length - 1, name, detail);
    const last = (info?.channels ?? 1) - 1;
    const channel = Math.min(Math.max(0, model.get("channel")), last);
    this.channel.set(channel, last, String(channel), `/ ${last}`);
    const matrix = model.get("show") === "matrix";
    this.show.set(model.get("show"), SHOWS);
    this.scale.set(model.get("scale"), SCALES);
    this.order.set(model.get("order"), ORDERS);
    this.blocks.set(model.get("blocks"), BLOCKS);
    this.order.element.hidden = matrix;
    this.blocks.element.hidden = !matrix;
    this.blocks.input.disabled = !known || about.matrix.mean === undefined;
  }
}

/** Outputs, inputs and window; a dense layer has its inputs one by one. */
function shapeOf(about: AboutTold): number[] {
  if (about.kind === "dense") return [about.outputs, about.statistics.count / about.outputs];
  return [about.outputs, about.inputs / about.groups, ...about.window];
}

/** The layers that have a kernel. */
export function weighted(model: AnyModel<Traits>): WeightedLayer[] {
  return model.get("layers").filter(({ kernel }) => kernel);
}
