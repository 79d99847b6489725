/**
 * Deconvolution: what fired a channel, as patches beside what of them went up to it.
 *
 * The kernel answers every change: with one frame for the image at hand, with many for a search.
 */
import { followSize } from "../lib/canvas";
import { h } from "../lib/dom";
import { readTraits, receiveFrames } from "../lib/frames";
import { moveThroughLayers } from "../lib/layers";
import { follow, type State } from "../lib/model";
import { Notice } from "../lib/notice";
import { type Shell, view } from "../lib/shell";
import type { DeconvolutionFrame } from "./pairs";
import { PairsPanel } from "./pairs-panel";
import { type Change, Toolbar, type Traits } from "./toolbar";
import { WholePanel } from "./whole-panel";

function build({ model, root, signal, painter, kernel }: Shell<Traits>): () => void {
  let frame: DeconvolutionFrame | null = null;
  let given = readTraits(model, "layers", "picture");

  const change: Change = (changed) => {
    for (const [name, value] of Object.entries(changed)) model.set(name as keyof Traits, value);
    painter.flush();
    kernel.askBySaving();
  };
  const moveLayer = moveThroughLayers(root, model, (layer) => change({ layer }), signal);
  const toolbar = new Toolbar(change, moveLayer, signal);
  const notes = new Notice();
  // What is clicked is of the layer that is seen, should another one be on its way.
  const pin = (position: Traits["position"]) => change({ ...(frame && { layer: frame.layer }), position });
  const whole = new WholePanel(pin, signal);
  const pairs = new PairsPanel(
    (index) => whole.point(index),
    () => change({ position: null }),
    signal,
  );
  const empty = h("div", { class: "cv-empty" });
  const panels = h("div", { class: "cv-panels" }, whole.element, pairs.element);
  root.append(toolbar.element, notes.element, panels, empty);

  const repaint = () => painter.request();
  followSize([...whole.stageElements, pairs.stageElement], repaint, signal);
  follow(
    model,
    ["layers", "layer", "channel", "position", "strongest", "show", "picture", "state"],
    repaint,
    signal,
  );
  receiveFrames(
    model,
    (received) => {
      frame = received;
      given = readTraits(model, "layers", "picture");
      painter.request(received.number);
    },
    signal,
  );

  return () => {
    const state = model.get("state");
    toolbar.paint(model);
    panels.hidden = !frame;
    empty.hidden = frame !== null;
    empty.textContent = emptyWords(state);
    notes.say(frame ? frame.notes.join("\n") : "", "note");
    if (!frame) return;
    const { layer, channel, show } = frame;
    const shown = { layer, channel, show };
    const other = Object.entries(shown).some(([name, value]) => model.get(name as "layer") !== value);
    const stale = other || given.picture !== model.get("picture");
    panels.classList.toggle("cv-stale", stale);
    panels.dataset.show = show;
    const info = given.layers.find(({ name }) => name === layer);
    whole.paint(given.picture, frame, info, model.get("position"));
    const spatial = info !== undefined && info.rows * info.cols > 1;
    pairs.paint(frame, spatial, state === "running");
    Object.assign(root.dataset, { layer, channel: String(channel), show });
  };
}

function emptyWords(state: State): string {
  if (state === "running") return "Computing…";
  return state === "error" ? "Nothing to show" : "No picture yet";
}

export default { render: view<Traits>("deconvolution", "Deconvolution", build) };
