/**
 * Intervention: what is a channel for? Change it, and see what becomes of all that follows.
 *
 * The kernel keeps the edits and answers each change with one frame, in which all is twice: without
 * and with the edits.
 */
import { followSize } from "../lib/canvas";
import { cssColor, palette } from "../lib/colormap";
import { h } from "../lib/dom";
import { formatCount } from "../lib/format";
import { readTraits, receiveFrames } from "../lib/frames";
import { moveThroughLayers } from "../lib/layers";
import { follow } from "../lib/model";
import { Notice } from "../lib/notice";
import { type Shell, view } from "../lib/shell";
import { themeOf } from "../lib/theme";
import { AttributionPanel } from "./attribution-panel";
import { ClassesPanel } from "./classes-panel";
import { EditPanel } from "./edit-panel";
import type { InterventionFrame, Traits } from "./frame";
import { MapsPanel } from "./maps-panel";
import { PlacePanel } from "./place-panel";
import { RankingPanel } from "./ranking-panel";
import { StackPanel } from "./stack-panel";
import { type Change, Toolbar } from "./toolbar";

function build({ model, root, signal, painter, kernel }: Shell<Traits>): () => void {
  let frame: InterventionFrame | null = null;
  let given = readTraits(model, "picture");

  const change: Change = (changed) => {
    for (const [name, value] of Object.entries(changed)) model.set(name as keyof Traits, value);
    painter.flush();
    kernel.askBySaving();
  };
  const send = (message: object) => kernel.ask(message);
  const edits = (message: object) => kernel.order(message, "layer", "channel", "region", "whole");
  const command = (name: string) =>
    kernel.order({ type: "command", command: name }, "layer", "channel", "target");
  const repaint = () => painter.request();

  const moveLayer = moveThroughLayers(
    root,
    model,
    (layer) => change({ layer, region: null }),
    signal,
  );
  const toolbar = new Toolbar(change, moveLayer, signal);
  const broken = new Notice();
  const place = new PlacePanel((region) => change({ ...(frame && { layer: frame.layer }), region }), signal);
  const edit = new EditPanel(change, edits, signal);
  const stack = new StackPanel(send, signal);
  const go = (channel: number) => {
    if (frame) change({ layer: frame.seen, channel, region: null });
  };
  const maps = new MapsPanel(go, signal);
  const classes = new ClassesPanel((target) => change({ target }), signal);
  const attribution = new AttributionPanel();
  const ranking = new RankingPanel((channel) => change({ channel }), command, signal);
  const empty = h("div", { class: "cv-empty" });
  const left = h("div", { class: "cv-left" }, place.element, edit.element, stack.element);
  const lower = h("div", { class: "cv-lower" }, classes.element, ranking.element);
  const right = h("div", { class: "cv-right" }, maps.element, attribution.element, lower);
  const panels = h("div", { class: "cv-panels" }, left, right);
  root.append(toolbar.element, broken.element, panels, empty);

  followSize([place.stageElement, maps.element, attribution.stageElement], repaint, signal);
  follow(
    model,
    [
      "layers", "layer", "channel", "region", "whole", "seen", "target", "method", "classes",
      "methods", "donors", "means", "stack", "history", "picture", "state",
    ],
    repaint,
    signal,
  );
  receiveFrames(
    model,
    (received) => {
      frame = received;
      given = readTraits(model, "picture");
      painter.request(received.number);
    },
    signal,
  );

  return () => {
    const state = model.get("state");
    toolbar.paint(model, frame);
    edit.paint(model);
    stack.paint(model);
    panels.hidden = !frame;
    empty.hidden = frame !== null;
    empty.textContent = state === "running" ? "Computing…" : "Nothing to show";
    if (!frame) return;
    const theme = themeOf(root);
    const names = model.get("classes");
    const className = names[frame.target] ?? "";
    const method = model.get("methods").find(([name]) => name === model.get("method"))?.[1] ?? "";
    const stale = frame.layer !== model.get("layer") || frame.channel !== model.get("channel");
    const other = given.picture !== model.get("picture");
    left.classList.toggle("cv-stale", (stale && state === "running") || other);
    right.classList.toggle("cv-stale", other);
    const diverging = palette("diverging", theme);
    root.style.setProperty("--cv-negative", cssColor(diverging[40]));
    root.style.setProperty("--cv-positive", cssColor(diverging[215]));
    broken.say(brokenWords(frame), "warning");
    place.paint(frame, model.get("region"), theme);
    maps.paint(frame, theme);
    classes.paint(frame, names);
    attribution.paint(frame, given.picture, method, className, theme);
    const running = state === "running" && frame.ranking;
    const channel = model.get("channel");
    ranking.paint({ frame, layer: model.get("layer"), channel, className, ranking: running });
    Object.assign(root.dataset, {
      layer: frame.layer,
      channel: String(frame.channel),
      edits: String(model.get("stack").length),
      changed: String(frame.changed),
    });
  };
}

function brokenWords({ nonfinite, seen }: InterventionFrame): string {
  if (nonfinite === 0) return "";
  return `${formatCount(nonfinite)} values of ${seen} are NaN or infinite with these edits.`;
}

export default { render: view<Traits>("intervention", "Intervention", build) };
