/**
 * ActivationAtlas: what a layer tells apart, as a map whose cells are painted while one looks.
 */
import { followSize } from "../lib/canvas";
import { h, icon, type IconName } from "../lib/dom";
import { receiveFrames } from "../lib/frames";
import { follow, type State } from "../lib/model";
import { Notice } from "../lib/notice";
import { Panel } from "../lib/panel";
import { Progress } from "../lib/progress";
import { type Shell, view } from "../lib/shell";
import { type Atlas, type Cell, cellOf, isReading, progressWords, readAtlas, type ReadingFrame } from "./atlas";
import { Card } from "./card";
import { AtlasMap } from "./map";
import { type Command, Toolbar, type Traits } from "./toolbar";

function build({ model, root, signal, painter, saver, kernel }: Shell<Traits>): () => void {
  let atlas: Atlas | null = null;
  let run = 0;
  let reading: ReadingFrame | null = null;
  let pointed: Cell | null = null;
  let remarks: string[] = [];

  const change = <Name extends keyof Traits & string>(name: Name, value: Traits[Name]) => {
    model.set(name, value);
    painter.flush();
    if (name === "cell") saver.soon();
    else kernel.askBySaving();
  };
  const command = (name: Command) => {
    kernel.order({ type: "command", command: name }, "layer", "projection", "grid");
  };
  const point = (cell: Cell | null) => {
    pointed = cell;
  };
  /** Chooses in what is seen: should another atlas be on its way, this one is chosen with it. */
  const choose = (cell: Cell | null) => {
    if (atlas) {
      model.set("layer", atlas.layer);
      model.set("projection", atlas.layout);
      model.set("grid", atlas.grid);
    }
    change("cell", cell && [cell.row, cell.column]);
  };
  const isChosen = ({ layer, layout, grid }: Atlas) =>
    layer === model.get("layer") && layout === model.get("projection") && grid === model.get("grid");

  const toolbar = new Toolbar(change, command, signal);
  const notes = new Notice();
  const map = new AtlasMap(() => painter.request(), point, choose, signal);
  const card = new Card();
  const bar = new Progress("Atlas");
  const empty = h("div", { class: "cv-empty" });
  const panel = new Panel("plane", bar.element, map.element, empty);
  const tool = (label: string, name: IconName, press: () => void) => {
    const made = h("button", { type: "button", class: "cv-button cv-icon-button", "aria-label": label, title: label }, icon(name));
    made.addEventListener("click", press, { signal });
    return made;
  };
  const zoomIn = tool("Zoom in", "plus", () => map.zoom(false));
  const zoomOut = tool("Zoom out", "minus", () => map.zoom(true));
  const all = tool("Show all", "fit", () => map.whole());
  const tools = h("div", { class: "cv-tools" }, zoomIn, zoomOut, all);
  panel.header.append(tools);
  root.append(
    toolbar.element,
    notes.element,
    h("div", { class: "cv-panels" }, panel.element, card.element),
  );

  const repaint = () => painter.request();
  followSize([map.element], repaint, signal);
  follow(model, ["layers", "layer", "projections", "projection", "grid", "cell", "state"], repaint, signal);
  receiveFrames(
    model,
    (frame) => {
      if (isReading(frame)) {
        reading = frame;
        remarks = []; // those were of the atlas before
      } else {
        reading = null;
        if (frame.run !== run) pointed = null;
        run = frame.run;
        remarks = frame.notes;
        atlas = readAtlas(frame);
        pointed = pointed && (cellOf(atlas, [pointed.row, pointed.column]) ?? null);
      }
      painter.request(frame.number);
    },
    signal,
  );

  return () => {
    const state = model.get("state");
    const shown = reading ? null : atlas;
    toolbar.paint(model);
    notes.say(remarks.join("\n"), "warning");
    panel.title(shown?.layer ?? model.get("layer"));
    panel.say(words(state, shown, reading));
    const [done, of] = shown ? [shown.painted, shown.cells.length] : [reading?.read ?? 0, reading?.of ?? 1];
    bar.paint(done, of, words(state, shown, reading), state === "running");
    map.element.hidden = card.element.hidden = tools.hidden = !shown;
    empty.hidden = shown !== null;
    empty.textContent = instead(state, reading);
    panel.element.classList.toggle("cv-stale", shown !== null && !isChosen(shown));
    root.dataset.painted = String(shown?.painted ?? 0);
    if (!shown) return;
    const chosen = cellOf(shown, model.get("cell"));
    map.paint(shown, chosen);
    const told = pointed ?? chosen;
    card.paint(shown, told, told !== undefined && told === chosen);
    zoomOut.disabled = all.disabled = map.scale <= 1.001;
  };
}

function words(state: State, atlas: Atlas | null, reading: ReadingFrame | null): string {
  if (atlas) return progressWords(atlas) + (state === "paused" ? ", paused" : "");
  return reading ? `${reading.read} of ${reading.of} pictures read` : "";
}

function instead(state: State, reading: ReadingFrame | null): string {
  if (state === "error") return "Nothing to show";
  if (state === "paused") return "Paused";
  if (state !== "running") return "Press Play to lay out the activations of this layer";
  return reading ? `Reading the layer for ${reading.of} pictures…` : "Computing…";
}

export default { render: view<Traits>("activation-atlas", "Activation atlas", build) };
