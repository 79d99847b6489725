/**
 * Operation: how one number comes about, with the real numbers, step by step.
 *
 * The kernel answers a chosen place with one frame. Pointing at a place looks at it, which the page
 * tells by itself where it can; a click chooses it, and what is chosen is shared with other views.
 */
import { followSize } from "../lib/canvas";
import { cssColor, palette } from "../lib/colormap";
import { h } from "../lib/dom";
import { receiveFrames } from "../lib/frames";
import { inside, moveThroughLayers } from "../lib/layers";
import { follow, type Position, type State } from "../lib/model";
import { type Shell, view } from "../lib/shell";
import { themeOf } from "../lib/theme";
import { figure } from "./arithmetic";
import { keepMaps, type OperationFrame, readNumbers } from "./frame";
import { valueColor } from "./map-panel";
import { Maps } from "./maps";
import { Pointing, walks } from "./pointing";
import { Steps } from "./steps";
import type { Shown } from "./tell";
import { type Change, type Command, Toolbar, type Traits } from "./toolbar";

function build({ model, root, signal, painter, saver, kernel }: Shell<Traits>): () => void {
  let frame: OperationFrame | undefined; // the newest of the kernel
  let painted: unknown[] = []; // of what the cards were painted last
  let measured = false; // the room for them
  let diverging = { theme: themeOf(root), palette: palette("diverging", themeOf(root)) };

  const change: Change = (changed) => {
    for (const [name, value] of Object.entries(changed)) model.set(name as keyof Traits, value);
    painter.flush();
    kernel.askBySaving();
  };
  /** Chooses in what is seen: its layer is chosen with it, should another one be on its way. */
  const choose: Change = (changed) => change({ ...(frame && { layer: frame.layer }), ...changed });
  const heard: Pointing["heard"] = (message, buffers) => pointing.heard(message, buffers);
  const command = (name: Command) => {
    const order = { type: "command", command: name };
    const begins = name === "play" || name === "step";
    if (begins) kernel.order(order, "layer", "channel", "position", "source");
    else kernel.order(order); // where the walk has come to, the kernel knows better
  };
  const repaint = () => painter.request();
  const pointing = new Pointing(
    kernel,
    () => {
      painter.request();
      painter.flush(); // events of the pointer come right before a refresh
    },
    signal,
  );
  const moving = () => walks(frame, model.get("state"));
  const unpin = () => change({ position: null });
  const pin = (position: Position) => {
    if (!pointing.alone || moving() || frame?.layer !== model.get("layer")) {
      choose({ position });
      return;
    }
    model.set("position", position); // the page shows it by itself: there is no answer to wait for
    painter.flush();
    saver.soon();
  };
  const anew = () => {
    painted = [];
    repaint();
  };

  const moveLayer = moveThroughLayers(root, model, (layer) => change({ layer }), signal);
  const toolbar = new Toolbar(change, moveLayer, command, signal);
  const maps = new Maps(
    {
      look: (cell) => {
        if (!moving()) pointing.look(cell);
      },
      pin,
      unpin,
      toggle: () => {
        if (frame && frame.output.rows * frame.output.cols > 1) command(moving() ? "pause" : "play");
      },
    },
    signal,
  );
  const come = (event: Event) => pointing.come(/^(pointerenter|focusin)$/.test(event.type));
  for (const name of ["pointerenter", "pointerleave", "focusin", "focusout"]) {
    maps.element.addEventListener(name, come, { signal });
  }
  const steps = new Steps(
    {
      open: (source) => choose({ source }),
      choose: (channel) => choose({ channel }),
      repaint: () => {
        anew();
        painter.flush();
      },
    },
    signal,
  );
  const number = h("p", { class: "cv-number" });
  const strongest = h(
    "button",
    { type: "button", class: "cv-button cv-plain" },
    "Strongest place instead",
  );
  strongest.addEventListener("click", unpin, { signal });
  const empty = h("div", { class: "cv-empty" });
  const right = h("div", { class: "cv-right" }, number, strongest, steps.element);
  const panels = h("div", { class: "cv-panels" }, maps.element, right);
  root.append(toolbar.element, panels, empty);

  const resized = () => {
    measured = false;
    anew();
  };
  followSize([...maps.stageElements, steps.element], resized, signal);
  follow(model, ["layers", "layer", "channel", "position", "source", "state"], repaint, signal);
  follow(model, ["position"], () => pointing.chosen(), signal);
  receiveFrames(
    model,
    (received) => {
      frame = keepMaps(received, frame ?? null);
      painter.request(received.number);
      pointing.received({ frame, numbers: readNumbers(received) });
    },
    signal,
  );
  model.on("msg:custom", heard);
  signal.addEventListener("abort", () => model.off("msg:custom", heard));

  return () => {
    const state = model.get("state");
    toolbar.paint(model, frame?.walking === true);
    panels.hidden = !frame;
    empty.hidden = frame !== undefined;
    empty.textContent = emptyWords(state);
    if (!frame) return;
    const pinned = inside(model.get("position"), frame.output);
    const shown = pointing.shown(pinned, model.get("source"));
    root.dataset.pointing = pointing.alone ? "page" : "kernel"; // who tells the place under the pointer
    if (shown) paint(shown, pinned);
  };

  function paint(shown: Shown, pinned: Position | null): void {
    const { frame, numbers } = shown;
    const { layer, channel, position } = frame;
    const stale = layer !== model.get("layer") || channel !== model.get("channel");
    panels.classList.toggle("cv-stale", stale);
    const theme = themeOf(root);
    const walking = moving();
    root.classList.toggle("cv-walks", walking);
    maps.choose(pinned ?? position);
    strongest.hidden = pinned === null;
    // Most changes of state leave the numbers alone, and painting them is what takes time.
    const wanted = [frame, theme, walking];
    if (wanted.every((item, at) => item === painted[at])) return;
    painted = wanted;
    if (diverging.theme !== theme) diverging = { theme, palette: palette("diverging", theme) };
    root.style.setProperty("--cv-negative", cssColor(diverging.palette[40]));
    root.style.setProperty("--cv-positive", cssColor(diverging.palette[215]));
    if (!measured) {
      maps.resized();
      steps.measure();
      measured = true;
    }
    maps.paint(frame, theme);
    panels.dataset.maps = maps.element.hidden ? "none" : maps.element.dataset.maps;
    number.replaceChildren(...headline(frame));
    steps.paint(frame.steps, frame.then, {
      numbers,
      palette: diverging.palette,
      seen: frame.input && valueColor(frame.input, theme, frame.inputName === "input"),
      walking,
      channel,
    });
    Object.assign(root.dataset, { layer, channel: String(channel), position: position.join(",") });
  }
}

/** The number at hand, and where it is. */
function headline({
  layer,
  channel,
  label,
  position,
  value,
  output,
}: OperationFrame): Node[] {
  const where = output.rows * output.cols > 1 ? ` at (${position.join(", ")})` : "";
  const name = label && label !== String(channel) ? `${layer}:${channel} (${label})` : `${layer}:${channel}`;
  return [
    h("span", { class: "cv-quiet" }, `How ${name}${where} comes to be `),
    h("strong", {}, figure(value)),
  ];
}

function emptyWords(state: State): string {
  if (state === "running") return "Computing…";
  return state === "error" ? "Nothing to show" : "No number yet";
}

export default { render: view<Traits>("operation", "Operation", build) };
