/**
 * Training: curves, filters, a unit and the layers of a network while it learns, and a slider that
 * goes back through all that was kept of it.
 */
import { followSize } from "../lib/canvas";
import { button, Select, Slider } from "../lib/controls";
import { h } from "../lib/dom";
import { formatValue, layerShape } from "../lib/format";
import { receiveFrames } from "../lib/frames";
import { moveThroughLayers } from "../lib/layers";
import { type CommonTraits, follow, type LayerInfo, type State } from "../lib/model";
import { type Shell, view } from "../lib/shell";
import { themeOf } from "../lib/theme";
import { Chart } from "./curves";
import { FiguresTable } from "./figures";
import { charts, type Look, Moments, type TrainingFrame } from "./moments";
import { Pictures } from "./pictures";

interface Traits extends CommonTraits<TrainingFrame> {
  layers: LayerInfo[];
  layer: string;
  channel: number;
  /** The step that is shown; -1 for the newest. */
  iteration: number;
}

const NEWEST = -1;

function build({ model, root, signal, painter, saver, kernel }: Shell<Traits>): () => void {
  const moments = new Moments();
  let shown: Look | null = null;

  const change = <Name extends "layer" | "channel" | "iteration">(name: Name, value: Traits[Name]) => {
    if (model.get(name) === value) return;
    model.set(name, value);
    painter.flush();
    const known = find();
    if (known) saver.soon();
    else if (model.get("state") === "running") saver.now(); // a busy cell may hold the answer up
    else kernel.askBySaving();
  };
  const goTo = (step: number) => {
    const newest = Math.max(NEWEST, ...moments.kept);
    change("iteration", step >= newest ? NEWEST : moments.available(step));
  };
  /** The look that is wanted, if it is here. */
  const find = () => {
    const step = moments.available(model.get("iteration"));
    return moments.look(model.get("layer"), channelInside(model), step);
  };

  moveThroughLayers(root, model, (layer) => change("layer", layer), signal);
  const layer = new Select("Layer", (name) => change("layer", name), signal);
  const channel = new Slider("Channel", (value) => change("channel", value), signal);
  const iteration = new Slider("Iteration", goTo, signal);
  const latest = button("Latest", "latest", () => change("iteration", NEWEST), signal);
  const cost = h("span", { class: "cv-quiet cv-cost" });
  const fields = [layer, channel, iteration].map(({ element }) => element);
  iteration.element.classList.add("cv-iteration");
  const last = h("div", { class: "cv-buttons" }, latest, cost);
  const toolbar = h("div", { class: "cv-toolbar" }, ...fields, last);
  const plots = h("div", { class: "cv-plots" });
  const pictures = new Pictures();
  const table = new FiguresTable((name) => change("layer", name), signal);
  const panels = h("div", { class: "cv-panels" }, plots, pictures.element, table.element);
  const empty = h("div", { class: "cv-empty" });
  root.append(toolbar, panels, empty);
  const repaint = () => painter.request();
  const shownCharts: Chart[] = [];

  followSize([plots, ...pictures.stageElements], repaint, signal);
  follow(model, ["layers", "layer", "channel", "iteration", "state"], repaint, signal);
  receiveFrames(
    model,
    (frame) => {
      moments.add(frame);
      painter.request(frame.number);
    },
    signal,
  );

  const paintCharts = (step: number) => {
    const found = charts(moments.curves);
    while (shownCharts.length < found.length) {
      const chart = new Chart(repaint, goTo, signal);
      shownCharts.push(chart);
      plots.append(chart.element);
    }
    plots.hidden = found.length === 0;
    shownCharts.forEach((chart, at) => {
      chart.element.hidden = at >= found.length;
      if (at < found.length) chart.paint(found[at].name, found[at].curves, step, moments.step);
    });
  };

  return () => {
    const found = find();
    shown = found ?? shown ?? moments.newest;
    paintToolbar(model, layer, channel);
    const end = Math.max(0, ...moments.kept);
    const step = shown?.step ?? 0;
    iteration.set(step, end, String(step), `/ ${moments.step}`);
    latest.disabled = model.get("iteration") === NEWEST;
    cost.textContent = moments.step > 0 ? `Watching takes ${formatValue(100 * moments.cost)} %` : "";
    panels.hidden = !shown;
    empty.hidden = shown !== null;
    empty.textContent = words(model.get("state"));
    if (!shown) return;
    paintCharts(step);
    pictures.element.classList.toggle("cv-stale", !found);
    table.element.classList.toggle("cv-stale", !found);
    pictures.paint(shown, themeOf(root));
    table.paint(shown, model.get("layer"));
    Object.assign(root.dataset, { step: String(step), steps: String(moments.step) });
  };
}

function paintToolbar(model: Shell<Traits>["model"], layer: Select, channel: Slider): void {
  const layers = model.get("layers");
  layer.set(
    model.get("layer"),
    layers.map((each) => ({ value: each.name, text: `${each.name}, ${layerShape(each)}` })),
  );
  const at = channelInside(model);
  const end = lastChannel(model);
  channel.set(at, end, String(at), `/ ${end}`);
}

function lastChannel(model: Shell<Traits>["model"]): number {
  const info = model.get("layers").find(({ name }) => name === model.get("layer"));
  return (info?.channels ?? 1) - 1;
}

/** The chosen channel, which may come from a layer that has more. */
function channelInside(model: Shell<Traits>["model"]): number {
  return Math.min(Math.max(0, model.get("channel")), lastChannel(model));
}

function words(state: State): string {
  return state === "error" ? "Nothing to show" : "Looking at the network before its first step…";
}

export default { render: view<Traits>("training", "Training", build) };
