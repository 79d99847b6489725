/**
 * Weights: kernels as pictures, the whole matrix by levels, statistics, how filters are alike, and
 * to whom a channel is tied.
 *
 * What holds for a layer comes once, as a trait. The kernel answers a change of channel with one
 * frame; scale, order, zoom and pointing are the page's own affair.
 */
import { followSize } from "../lib/canvas";
import { cssColor, palette } from "../lib/colormap";
import { ColorBar } from "../lib/color-bar";
import { h, icon, type IconName } from "../lib/dom";
import { formatCount, formatValue } from "../lib/format";
import { joinBuffers, receiveFrames } from "../lib/frames";
import { moveThroughLayers } from "../lib/layers";
import { follow, type State } from "../lib/model";
import { Panel } from "../lib/panel";
import { type Shell, view } from "../lib/shell";
import { themeOf } from "../lib/theme";
import { Connections } from "./connections";
import { type AboutTold, type Channel, filtersOf, magnitudes, norms, ordered, type Pictures, readChannel, slicesOf, type TileTold } from "./frame";
import { KernelGrid } from "./kernel-grid";
import type { TileAt } from "./levels";
import { MatrixMap } from "./matrix-map";
import { Statistics } from "./statistics";
import { Structure } from "./structure";
import { type Change, Toolbar, type Traits, weighted } from "./toolbar";

/** All that is painted of a layer and a channel: pieces of one and the same. */
interface Shown {
  about: AboutTold;
  channel: Channel;
  pictures: Pictures;
  /** Whether the pictures are all filters; else they are the slices of one. */
  all: boolean;
  filters: Pictures | null;
}

function build({ model, root, signal, painter, saver, kernel }: Shell<Traits>): () => void {
  let channel: Channel | null = null;
  let shown: Shown | null = null;
  let pointed = -1;

  const change: Change = (changed) => {
    for (const [name, value] of Object.entries(changed)) model.set(name as keyof Traits, value);
    painter.flush();
    const answered = ["layer", "channel", "structure"].some((name) => name in changed);
    if (answered) kernel.askBySaving();
    else saver.soon();
  };
  const go = (layer: string, number: number) => change({ layer, channel: number });
  /** Chooses a channel of the layer that is seen, should another one be on its way. */
  const choose = (number: number) => shown && go(shown.about.layer, number);
  const repaint = () => painter.request();
  // The slider and the Page keys pass over layers without a kernel.
  const layered = new Proxy(model, {
    get: (target, name) => {
      if (name === "get") return (key: string) => (key === "layers" ? weighted(model) : target.get(key as never));
      return Reflect.get(target, name);
    },
  });
  const moveLayer = moveThroughLayers(root, layered as never, (layer) => change({ layer }), signal);

  const toolbar = new Toolbar(change, moveLayer, signal);
  const connections = new Connections(go, signal);
  const bar = new ColorBar();
  const hint = h("p", { class: "cv-quiet cv-words" });
  const grid = new KernelGrid(
    (at) => {
      pointed = at;
      repaint();
    },
    (at) => {
      if (!shown) return;
      if (shown.all) return choose(at);
      const source = shown.about.sources[0];
      const number = shown.channel.sourceChannels[at];
      if (number >= 0 && known().has(source)) connections.walk(source, number);
    },
    signal,
  );
  const matrix = new MatrixMap(
    repaint,
    (layer, tile) => kernel.send({ type: "tile", layer, ...tile }),
    (words) => panel.say(words),
    (row) => choose(row),
    signal,
  );
  const tool = (label: string, name: IconName, press: () => void) => {
    const attributes = { type: "button", class: "cv-button cv-icon-button", "aria-label": label, title: label };
    const made = h("button", attributes, icon(name));
    made.addEventListener("click", press, { signal });
    return made;
  };
  const zoomOut = tool("Zoom out", "minus", () => matrix.zoom(1 / 2));
  const all = tool("Show all", "fit", () => matrix.whole());
  const tools = h("div", { class: "cv-tools" }, tool("Zoom in", "plus", () => matrix.zoom(2)), zoomOut, all);
  const panel = new Panel("weights", grid.element, matrix.element, bar.element, hint);
  panel.header.append(tools);
  const statistics = new Statistics(signal);
  const structure = new Structure(
    (name) => change({ structure: name }),
    (number) => choose(number),
    signal,
  );
  const empty = h("div", { class: "cv-empty" });
  const words = h("p", {});
  const nearest = h("div", { class: "cv-nearest" });
  const none = h("div", { class: "cv-empty cv-none" }, words, nearest);
  const panels = h(
    "div",
    { class: "cv-panels" },
    panel.element,
    connections.element,
    statistics.element,
    structure.element,
  );
  root.append(toolbar.element, panels, none, empty);

  const known = () => new Set(model.get("layers").map(({ name }) => name));
  followSize([grid.element, matrix.element, statistics.plotElement, structure.plotElement, connections.element], repaint, signal);
  follow(
    model,
    ["layers", "layer", "channel", "about", "arrangement", "show", "scale", "order", "blocks", "structure", "structures", "state"],
    repaint,
    signal,
  );
  receiveFrames(
    model,
    (frame) => {
      channel = frame.none ? null : readChannel(frame);
      if (frame.none) shown = null;
      pointed = -1;
      painter.request(frame.number);
    },
    signal,
  );
  const tile = (message: { type: string; buffers?: string[] }, buffers: DataView[]) => {
    if (message?.type !== "tile") return;
    const told = joinBuffers<TileTold & TileAt & { layer: string }>(message, buffers);
    matrix.receive(told.layer, told, told);
  };
  model.on("msg:custom", tile);
  signal.addEventListener("abort", () => model.off("msg:custom", tile));

  const sayNone = (about: AboutTold) => {
    words.textContent = about.words;
    const names = about.nearest ?? [];
    if (nearest.dataset.names === names.join("\n")) return;
    nearest.dataset.names = names.join("\n");
    nearest.replaceChildren(
      ...names.map((name) => {
        const made = h("button", { type: "button", class: "cv-button" }, name);
        made.addEventListener("click", () => change({ layer: name }), { signal });
        return made;
      }),
    );
  };

  const paintMain = ({ about, channel: found, pictures, all: whole }: Shown, colors: ReturnType<typeof palette>) => {
    const matrixShown = model.get("show") === "matrix";
    grid.element.hidden = matrixShown;
    matrix.element.hidden = tools.hidden = !matrixShown;
    const scale = model.get("scale");
    // Colours of one filter say little beside a far stronger one; strengths of a kernel say much.
    const shared = scale === "shared" || (scale === "auto" && (matrixShown || pictures.depth === 1));
    const number = found.frame.channel;
    if (matrixShown) {
      const weights = formatCount(about.statistics.count / about.outputs);
      panel.title(`${formatCount(about.outputs)} outputs by ${weights} weights`);
      matrix.paint({ layer: about.layer, matrix: about.matrix, mode: model.get("blocks"), shared, colors, row: number });
      zoomOut.disabled = all.disabled = matrix.isWhole;
      bar.paint(colors, [-matrix.range, matrix.range]);
      hint.textContent = "Rows are outputs, the framed one is the chosen channel. Wheel (after a click) or + and − zoom, dragging moves.";
      return;
    }
    const sizes = norms(pictures);
    const most = magnitudes(pictures).reduce((a, b) => Math.max(a, b), 0);
    const source = about.sources[0];
    grid.paint({
      pictures,
      order: ordered(sizes, model.get("order")),
      shared,
      colors,
      chosen: whole ? number : -1,
      label: whole ? `All ${pictures.count} filters of ${about.layer}` : `Kernel of ${about.layer}:${number}, ${pictures.count} input channels`,
    });
    panel.title(whole ? `${pictures.count} filters` : `Kernel of channel ${number}`);
    panel.say(pointed >= 0 && pointed < pictures.count ? told(pointed, sizes[pointed]) : "");
    bar.paint(colors, [-most, most]);
    bar.element.hidden = pictures.depth === 3 || !shared;
    hint.textContent = hintFor(about, whole, pictures.depth === 3, source !== undefined && known().has(source));
  };
  const told = (at: number, norm: number): string => {
    if (!shown) return "";
    if (shown.all) return `filter ${at}: norm ${formatValue(norm)}`;
    const number = shown.channel.sourceChannels[at];
    const from = number >= 0 ? ` (${shown.about.sources[0]}:${number})` : "";
    return `input ${shown.channel.taken[at]}${from}: norm ${formatValue(norm)}`;
  };

  /** What is shown next, once what holds for the layer and what holds for the channel are of one layer. */
  const renew = (about: AboutTold | null) => {
    if (!about || about.words !== "" || channel?.frame.layer !== about.layer) return;
    if (shown?.channel === channel && shown.about === about) return;
    const filters = shown?.about === about ? shown.filters : filtersOf(about);
    shown = { about, channel, filters, pictures: filters ?? slicesOf(channel, about), all: filters !== null };
  };

  return () => {
    toolbar.paint(model);
    const layer = model.get("layer");
    const newest = model.get("about");
    renew(newest);
    const wordsAlone = newest !== null && newest.words !== "" && newest.layer === layer;
    none.hidden = !wordsAlone;
    panels.hidden = wordsAlone || !shown;
    empty.hidden = wordsAlone || shown !== null;
    empty.textContent = emptyWords(model.get("state"));
    if (wordsAlone) sayNone(newest);
    root.dataset.layer = wordsAlone ? layer : (shown?.about.layer ?? "");
    if (panels.hidden || !shown) return;
    const { about, channel: found, filters } = shown;
    const theme = themeOf(root);
    const colors = palette("diverging", theme);
    root.style.setProperty("--cv-negative", cssColor(colors[40]));
    root.style.setProperty("--cv-positive", cssColor(colors[215]));
    const stale = about.layer !== layer || found.frame.channel !== model.get("channel");
    panels.classList.toggle("cv-stale", stale);
    paintMain(shown, colors);
    statistics.paint(about);
    connections.paint(found, known(), theme);
    const arrangement = model.get("arrangement");
    const wanted = model.get("structure");
    const current = arrangement?.layer === about.layer && arrangement.what === wanted;
    structure.paint(
      { told: arrangement, current, layer: about.layer, channel: found.frame.channel, filters, colors },
      wanted,
      model.get("structures"),
    );
    root.dataset.channel = String(found.frame.channel);
  };
}

function hintFor(about: AboutTold, whole: boolean, color: boolean, walks: boolean): string {
  if (color) return "Each filter as the picture that it is: weights of red, green and blue, grey is zero.";
  if (whole) return "One kernel for each output channel.";
  const cell = about.rows * about.cols === 1 ? "One weight" : about.kind === "dense" ? "The weights of the flattened map, one picture" : "One picture";
  return `${cell} for each input channel; zero is neutral.${walks ? " A click goes to that channel." : ""}`;
}

function emptyWords(state: State): string {
  if (state === "running") return "Reading the weights…";
  return state === "error" ? "Nothing to show" : "No weights yet";
}

export default { render: view<Traits>("weights", "Weights", build) };
