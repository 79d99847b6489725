/**
 * Activations: what every layer does over many images, and each channel of one of them.
 */
import { followSize } from "../lib/canvas";
import { h } from "../lib/dom";
import { formatCount, plural } from "../lib/format";
import { receiveFrames } from "../lib/frames";
import { moveThroughLayers } from "../lib/layers";
import { follow } from "../lib/model";
import { Panel } from "../lib/panel";
import { Progress } from "../lib/progress";
import { type Shell, view } from "../lib/shell";
import { themeOf } from "../lib/theme";
import { ChannelsPanel } from "./channels-panel";
import { type Channels, ordered, readChannels, type StatisticsFrame, type Traits } from "./frame";
import { Histogram } from "./histogram";
import { LayersTable } from "./layers-table";
import { type Command, Toolbar } from "./toolbar";

function build({ model, root, signal, painter, saver, kernel }: Shell<Traits>): () => void {
  const repaint = () => painter.request();
  let frame: StatisticsFrame | null = null;
  let read: { frame: StatisticsFrame; at: number; channels: Channels | null } | null = null;

  const change = (changed: Partial<Traits>) => {
    for (const [name, value] of Object.entries(changed)) model.set(name as keyof Traits & string, value as never);
    painter.flush();
    saver.soon();
  };
  const command = (name: Command) => {
    saver.now();
    kernel.ask({ type: "command", command: name });
  };
  const moveLayer = moveThroughLayers(root, model, (layer) => change({ layer }), signal);
  const toolbar = new Toolbar(change, moveLayer, command, signal);
  const progress = new Progress("Activations");
  const table = new LayersTable((layer) => change({ layer }), signal);
  const layers = new Panel("all", progress.element, table.element);
  const histogram = new Histogram(signal);
  const channels = new ChannelsPanel((channel) => change({ channel }), repaint, signal);
  const one = h("div", { class: "cv-one" }, histogram.element, channels.element);
  const panels = h("div", { class: "cv-panels" }, layers.element, one);
  const empty = h("div", { class: "cv-empty" });
  root.append(toolbar.element, panels, empty);
  layers.title("Layers");

  followSize([histogram.plotElement, channels.plotElement], repaint, signal);
  follow(model, ["layers", "layer", "channel", "order", "state"], repaint, signal);
  receiveFrames(
    model,
    (received) => {
      frame = received;
      painter.request(received.number);
    },
    signal,
  );

  return () => {
    const state = model.get("state");
    toolbar.paint(model);
    panels.hidden = !frame;
    empty.hidden = frame !== null;
    empty.textContent = instead(state);
    if (!frame) return;
    const words = wordsOf(frame, state);
    layers.say(words);
    progress.paint(frame.images, frame.of, words, state === "running");
    root.dataset.images = String(frame.images);
    const name = model.get("layer");
    table.paint(frame.layers, name, themeOf(root));
    const at = frame.layers.findIndex(({ layer }) => layer === name);
    one.hidden = at < 0;
    if (at < 0) return;
    if (read?.frame !== frame || read.at !== at) read = { frame, at, channels: readChannels(frame, at) };
    const channel = Math.min(model.get("channel"), frame.layers[at].channels - 1);
    histogram.paint(frame.layers[at], read.channels, channel);
    const order = read.channels ? ordered(read.channels, model.get("order")) : [];
    channels.paint(frame.layers[at], read.channels, order, channel);
    root.dataset.first = String(order[0] ?? "");
  };
}

function wordsOf({ images, of }: StatisticsFrame, state: string): string {
  if (images === of) return `over ${plural(images, "image")}`;
  const so = state === "paused" ? ", paused" : state === "idle" ? ", stopped" : "";
  return `over ${formatCount(images)} of ${plural(of, "image")}${so}`;
}

function instead(state: string): string {
  if (state === "error") return "Nothing to show";
  if (state === "running") return "Looking through the images…";
  return "Press Play to look through the images";
}

export default { render: view<Traits>("activations", "Activations", build) };
