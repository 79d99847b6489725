/**
 * What is changed (layer, channel), and what is looked at (a later layer, a class, an attribution).
 */
import type { AnyModel } from "@anywidget/types";
import { Select, Slider } from "../lib/controls";
import { h } from "../lib/dom";
import { layerShape } from "../lib/format";
import type { LayerInfo } from "../lib/model";
import type { InterventionFrame, Traits } from "./frame";

export type Change = (changed: Partial<Traits>) => void;

export class Toolbar {
  readonly element: HTMLElement;
  private readonly layer: Slider;
  private readonly channel: Slider;
  private readonly seen: Select;
  private readonly target: Select;
  private readonly method: Select;

  constructor(change: Change, moveLayer: (index: number) => void, signal: AbortSignal) {
    this.layer = new Slider("Layer", moveLayer, signal);
    this.channel = new Slider("Channel", (channel) => change({ channel }), signal);
    this.seen = new Select("Watch", (seen) => change({ seen }), signal);
    const target = (value: string) => change({ target: value === "" ? null : Number(value) });
    this.target = new Select("Class", target, signal);
    this.method = new Select("Method", (method) => change({ method }), signal);
    this.element = h(
      "div",
      { class: "cv-toolbar" },
      this.layer.element,
      this.channel.element,
      this.seen.element,
      this.target.element,
      this.method.element,
    );
  }

  paint(model: AnyModel<Traits>, frame: InterventionFrame | null): void {
    const layers = model.get("layers");
    const index = layers.findIndex((layer) => layer.name === model.get("layer"));
    const info: LayerInfo | undefined = layers[index];
    const detail = info ? `${info.kind}, ${layerShape(info)}` : "";
    this.layer.set(Math.max(0, index), layers.length - 1, info?.name ?? "none", detail);
    const last = (info?.channels ?? 1) - 1;
    const channel = Math.min(Math.max(0, model.get("channel")), last);
    this.channel.set(channel, last, String(channel), `/ ${last}`);
    const watched = layers.map(({ name }) => ({ value: name, text: name }));
    this.seen.set(model.get("seen"), watched);
    const classes = model.get("classes");
    const own = model.get("target") === null && frame ? ` (${classes[frame.target]})` : "";
    this.target.set(String(model.get("target") ?? ""), [
      { value: "", text: `predicted${own}` },
      ...classes.map((text, at) => ({ value: String(at), text })),
    ]);
    const methods = model.get("methods").map(([value, text]) => ({ value, text }));
    this.method.set(model.get("method"), [{ value: "", text: "none" }, ...methods]);
    this.method.element.hidden = methods.length === 0;
  }
}
