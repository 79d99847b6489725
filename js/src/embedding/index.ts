/**
 * Embedding: many images on a plane, as a layer sees them.
 */
import { followSize } from "../lib/canvas";
import { h, icon, type IconName } from "../lib/dom";
import { formatCount } from "../lib/format";
import { receiveFrames } from "../lib/frames";
import { moveThroughLayers } from "../lib/layers";
import { follow } from "../lib/model";
import { Panel } from "../lib/panel";
import { Progress } from "../lib/progress";
import { type Shell, view } from "../lib/shell";
import { themeOf } from "../lib/theme";
import { ChosenPanel } from "./chosen-panel";
import { type Coloring, coloring } from "./colors";
import { isWaiting, type Plane, planeWords, readAbout, readPlane, type Traits, type WaitingFrame } from "./frame";
import { Legend } from "./legend";
import { matching } from "./matching";
import { Scatter } from "./scatter";
import { Sheets } from "./sheets";
import { type Command, Toolbar } from "./toolbar";

/** Traits whose change the kernel answers with another plane. */
const COMPUTED: ReadonlySet<string> = new Set(["layer", "pooling", "projection", "metric"]);

function build({ model, root, signal, painter, saver, kernel }: Shell<Traits>): () => void {
  const about = readAbout(model.get("about"));
  const repaint = () => painter.request();
  const pressed = new Set<number>();
  let plane: Plane | null = null;
  let waiting: WaitingFrame | null = null;
  let text = "";

  const change = <Name extends keyof Traits & string>(name: Name, value: Traits[Name]) => {
    model.set(name, value);
    if (name === "color") pressed.clear();
    painter.flush();
    if (COMPUTED.has(name)) kernel.askBySaving();
    else saver.soon();
  };
  const command = (name: Command) => {
    kernel.order({ type: "command", command: name }, ...COMPUTED);
  };
  const search = (wanted: string) => {
    text = wanted;
    painter.request();
  };
  const toggle = (code: number) => {
    if (!pressed.delete(code)) pressed.add(code);
    painter.request();
  };
  const choose = (number: number | null) => change("number", number);

  const sheets = new Sheets(repaint, signal);
  const toolbar = new Toolbar(change, search, command, signal);
  const scatter = new Scatter(sheets, repaint, choose, signal);
  const legend = new Legend(toggle, signal);
  const chosen = new ChosenPanel(sheets, choose, signal);
  const progress = new Progress("Embedding");
  const empty = h("div", { class: "cv-empty" });
  const notes = h("p", { class: "cv-words cv-quiet" });
  const panel = new Panel("plane", progress.element, scatter.element, empty, notes);
  const tool = (label: string, name: IconName, press: () => void) => {
    const made = h("button", { type: "button", class: "cv-button cv-icon-button", "aria-label": label, title: label }, icon(name));
    made.addEventListener("click", press, { signal });
    return made;
  };
  const zoomIn = tool("Zoom in", "plus", () => scatter.zoom(false));
  const zoomOut = tool("Zoom out", "minus", () => scatter.zoom(true));
  const all = tool("Show all", "fit", () => scatter.whole());
  const tools = h("div", { class: "cv-tools" }, zoomIn, zoomOut, all);
  panel.header.append(tools);
  const side = h("div", { class: "cv-side" }, legend.element, chosen.element);
  root.append(toolbar.element, h("div", { class: "cv-panels" }, panel.element, side));

  moveThroughLayers(root, model, (name) => change("layer", name), signal);
  followSize([scatter.element], repaint, signal);
  const seen = [
    "layers", "layer", "projections", "projection", "pooling", "metric", "color", "display", "number", "state",
    "thumbnails", "neighbours",
  ] as const;
  follow(model, seen, repaint, signal);
  receiveFrames(
    model,
    (frame) => {
      if (isWaiting(frame)) waiting = frame;
      else {
        waiting = null;
        plane = readPlane(frame);
      }
      painter.request(frame.number);
    },
    signal,
  );

  let colored: { of: unknown[]; is: Coloring } | null = null;
  let matched: { of: unknown[]; is: Uint8Array } | null = null;

  return () => {
    const state = model.get("state");
    const theme = themeOf(root);
    toolbar.paint(model, about);
    sheets.read(model.get("thumbnails"));
    panel.title(plane ? plane.layer : model.get("layer"));
    panel.say(plane ? planeWords(plane) : "");
    progress.paint(...shareDone(plane, waiting), state === "running");
    scatter.element.hidden = tools.hidden = notes.hidden = side.hidden = !plane;
    empty.hidden = plane !== null;
    empty.textContent = instead(state, waiting);
    const number = model.get("number");
    const near = model.get("neighbours");
    chosen.paint(about, plane, number, near);
    root.dataset.step = String(plane?.step ?? 0);
    if (!plane) return;
    const stale =
      plane.layer !== model.get("layer") || plane.pooling !== model.get("pooling") || plane.projection !== model.get("projection");
    panel.element.classList.toggle("cv-stale", stale);
    notes.textContent = waiting ? waitingWords(waiting) : plane.words;
    const by = model.get("color");
    colored = remembered(colored, [plane.predicted, by, theme], () => coloring(about, plane!, by, theme));
    const { is } = colored;
    const keys = [...pressed].join();
    matched = remembered(matched, [is, text, keys], () => matching(about, plane!, text, pressed, is.codes));
    const count = matched.is.reduce((sum, each) => sum + each, 0);
    const some = count < plane.count ? `${formatCount(count)} of ${formatCount(plane.count)} shown` : "";
    legend.paint(is, pressed, some);
    root.dataset.matched = String(count);
    scatter.paint({
      about, plane, coloring: is, matched: matched.is, chosen: number, theme,
      near: near && near.of === number ? near.numbers : [],
      thumbnails: about.pictured && model.get("display") === "thumbnails",
    });
    zoomOut.disabled = scatter.scale <= 0.801;
  };
}

/** A value that is made anew only where what it depends on has changed. */
function remembered<T>(
  known: { of: unknown[]; is: T } | null,
  of: unknown[],
  make: () => T,
): { of: unknown[]; is: T } {
  return known && known.of.every((each, at) => each === of[at]) ? known : { of, is: make() };
}

function shareDone(plane: Plane | null, waiting: WaitingFrame | null): [done: number, of: number, words: string] {
  if (waiting) return [waiting.done, waiting.of, waitingWords(waiting)];
  return plane ? [plane.step, plane.steps, planeWords(plane)] : [0, 1, ""];
}

function waitingWords({ doing, done, of }: WaitingFrame): string {
  const count = `${formatCount(done)} of ${formatCount(of)}`;
  return doing === "reading" ? `Reading the layer: ${count} images` : `Making thumbnails: ${count}`;
}

function instead(state: string, waiting: WaitingFrame | null): string {
  if (state === "error") return "Nothing to show";
  if (state === "paused") return "Paused. Play goes on.";
  if (state !== "running") return "Press Play to lay out the images";
  return waiting ? `${waitingWords(waiting)}…` : "Computing…";
}

export default { render: view<Traits>("embedding", "Embedding", build) };
