/**
 * The deconvolution view's controls. What they change is a trait; what they show is read from it.
 */
import type { AnyModel } from "@anywidget/types";
import { type Option, Select, Slider } from "../lib/controls";
import { h } from "../lib/dom";
import { layerShape } from "../lib/format";
import { inside } from "../lib/layers";
import type { CommonTraits, InputPicture, LayerInfo, Position } from "../lib/model";
import type { DeconvolutionFrame, Show } from "./pairs";

export interface Traits extends CommonTraits<DeconvolutionFrame> {
  layers: LayerInfo[];
  layer: string;
  channel: number;
  position: Position | null;
  strongest: number;
  show: Show;
  picture: InputPicture | null;
}

/** As in Python. */
export const MOST = 9;

const SHOWS: Option[] = [
  { value: "image", text: "This image" },
  { value: "top", text: "Top nine" },
];

export type Change = (changed: Partial<Traits>) => void;

export class Toolbar {
  readonly element: HTMLElement;
  private readonly show: Select;
  private readonly layer: Slider;
  private readonly channel: Slider;
  private readonly strongest: Slider;

  constructor(change: Change, moveLayer: (index: number) => void, signal: AbortSignal) {
    this.show = new Select("Show", (value) => change({ show: value as Show }), signal);
    this.layer = new Slider("Layer", moveLayer, signal);
    this.channel = new Slider("Channel", (channel) => change({ channel }), signal);
    const keep = (strongest: number) => change({ strongest, position: null });
    this.strongest = new Slider("Strongest", keep, signal);
    this.element = h(
      "div",
      { class: "cv-toolbar" },
      this.show.element,
      this.layer.element,
      this.channel.element,
      this.strongest.element,
    );
  }

  paint(model: AnyModel<Traits>): void {
    const layers = model.get("layers");
    const index = layers.findIndex((layer) => layer.name === model.get("layer"));
    const info: LayerInfo | undefined = layers[index];
    const detail = info ? `${info.kind}, ${layerShape(info)}` : "";
    this.show.set(model.get("show"), SHOWS);
    this.layer.set(Math.max(0, index), layers.length - 1, info?.name ?? "none", detail);
    const last = (info?.channels ?? 1) - 1;
    const channel = Math.min(Math.max(0, model.get("channel")), last);
    this.channel.set(channel, last, String(channel), `/ ${last}`);
    const most = Math.min(MOST, (info?.rows ?? 1) * (info?.cols ?? 1));
    const kept = Math.min(model.get("strongest"), most);
    const pinned = info ? inside(model.get("position"), info) : null;
    const meaning = pinned ? "pinned" : String(kept);
    const beside = pinned ? `(${pinned.join(", ")})` : `/ ${most}`;
    this.strongest.set(kept, most, meaning, beside, 1);
    this.strongest.element.hidden = model.get("show") === "top";
  }
}
