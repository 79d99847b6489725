/**
 * The layer, how finely it is binned and laid out, and the buttons that drive the painting.
 */
import type { AnyModel } from "@anywidget/types";
import { button, Select, Slider } from "../lib/controls";
import { h } from "../lib/dom";
import { layerShape } from "../lib/format";
import type { CommonTraits, LayerInfo } from "../lib/model";
import type { AtlasFrame, ReadingFrame } from "./atlas";

export type Command = "play" | "pause" | "stop" | "restart";

export interface Traits extends CommonTraits<AtlasFrame | ReadingFrame> {
  layers: LayerInfo[];
  layer: string;
  projections: string[];
  projection: string;
  grid: number;
  cell: [row: number, column: number] | null;
}

const FINEST = 24;
const PROJECTIONS: Record<string, string> = { pca: "PCA", umap: "UMAP" };

type Change = <Name extends keyof Traits & string>(name: Name, value: Traits[Name]) => void;

export class Toolbar {
  readonly element: HTMLElement;
  private readonly layer: Select;
  private readonly projection: Select;
  private readonly grid: Slider;
  private readonly play: HTMLButtonElement;
  private readonly pause: HTMLButtonElement;
  private readonly restart: HTMLButtonElement;

  constructor(change: Change, command: (name: Command) => void, signal: AbortSignal) {
    this.layer = new Select("Layer", (name) => change("layer", name), signal);
    this.projection = new Select("Projection", (name) => change("projection", name), signal);
    this.grid = new Slider("Cells", () => {}, signal);
    // Each stop begins to paint anew: only where the slider comes to rest.
    const { input } = this.grid;
    input.addEventListener("change", () => change("grid", input.valueAsNumber), { signal });
    input.addEventListener("input", () => this.say(input.valueAsNumber), { signal });
    this.play = button("Play", "play", () => command("play"), signal);
    this.pause = button("Pause", "pause", () => command("pause"), signal);
    this.restart = button("Restart", "restart", () => command("restart"), signal);
    this.play.classList.add("cv-primary");
    this.element = h(
      "div",
      { class: "cv-toolbar" },
      this.layer.element,
      this.grid.element,
      this.projection.element,
      h("div", { class: "cv-buttons" }, this.play, this.pause, this.restart),
    );
  }

  paint(model: AnyModel<Traits>): void {
    const layers = model.get("layers");
    this.layer.set(
      model.get("layer"),
      layers.map((layer) => ({ value: layer.name, text: `${layer.name}, ${layerShape(layer)}` })),
    );
    const projections = model
      .get("projections")
      .map((value) => ({ value, text: PROJECTIONS[value] ?? value }));
    this.projection.set(model.get("projection"), projections);
    this.projection.element.hidden = projections.length < 2;
    this.say(model.get("grid"));
    const state = model.get("state");
    const { activeElement } = this.element.getRootNode() as Document | ShadowRoot;
    this.play.disabled = state === "running" || state === "done";
    this.play.title = "Go on painting";
    this.pause.disabled = state !== "running";
    this.restart.title = "Paint all cells anew";
    // A button that turns itself off hands the keyboard's focus to the one that undoes it.
    if (activeElement instanceof HTMLButtonElement && activeElement.disabled) {
      if (this.element.contains(activeElement))
        (state === "running" ? this.pause : this.restart).focus();
    }
  }

  private say(grid: number): void {
    this.grid.set(grid, FINEST, `${grid} × ${grid}`, "", 2);
  }
}
