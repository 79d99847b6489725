/**
 * The text view's controls. What they change is a trait; what they show is read from it.
 */
import type { AnyModel } from "@anywidget/types";
import { Select, Slider } from "../lib/controls";
import { h } from "../lib/dom";
import { layerShape } from "../lib/format";
import { TextField } from "../lib/text-field";
import { largest, type Reading, type Traits } from "./frame";

const LONGEST = 960;

export const METHODS: Record<string, string> = {
  integrated_gradients: "Integrated gradients",
  input_x_gradient: "Input × gradient",
  deep_lift: "DeepLIFT",
  lrp: "LRP",
  occlusion: "Occlusion",
  saliency: "Saliency",
  smooth_grad: "SmoothGrad",
};

export type Change = (changed: Partial<Traits>) => void;

export class Toolbar {
  readonly element: HTMLElement;
  private readonly text: TextField;
  private readonly target: Select;
  private readonly method: Select;
  private readonly layer: Slider;
  private readonly channel: Slider;

  constructor(change: Change, moveLayer: (index: number) => void, signal: AbortSignal) {
    this.text = new TextField("Text", (text) => change({ text }), signal, LONGEST);
    const choose = (value: string) => change({ target: value ? Number(value) : null });
    this.target = new Select("Class", choose, signal);
    this.method = new Select("Method", (method) => change({ method }), signal);
    this.layer = new Slider("Layer", moveLayer, signal);
    this.channel = new Slider("Channel", (channel) => change({ channel }), signal);
    const parts = [this.text, this.target, this.method, this.layer, this.channel];
    this.element = h("div", { class: "cv-toolbar" }, ...parts.map(({ element }) => element));
  }

  paint(model: AnyModel<Traits>, reading: Reading | null): void {
    this.text.element.hidden = !model.get("editable");
    this.text.set(model.get("text"));
    const classes = model.get("classes");
    const chosen = model.get("target");
    const own = reading ? `As read: ${classes[largest(reading.said)]}` : "As read";
    this.target.set(chosen === null ? "" : String(chosen), [
      { value: "", text: own },
      ...classes.map((text, k) => ({ value: String(k), text })),
    ]);
    const methods = model.get("methods");
    this.method.set(
      model.get("method"),
      methods.map((value) => ({ value, text: METHODS[value] ?? value })),
    );
    const layers = model.get("layers");
    const index = Math.max(0, layers.findIndex(({ name }) => name === model.get("layer")));
    const info = layers[index];
    const detail = info ? `${info.kind}, ${layerShape(info)}` : "";
    this.layer.set(index, layers.length - 1, info?.name ?? "none", detail);
    const last = (info?.channels ?? 1) - 1;
    const channel = Math.min(model.get("channel"), last);
    this.channel.set(channel, last, String(channel), `/ ${last}`);
  }
}
