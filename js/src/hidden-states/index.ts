/**
 * HiddenStates: units of a recurrent layer over time, gates, the prediction after each step, and
 * the input that drives it.
 *
 * The kernel sends every number of every step once. Steps, units, gates, their order, and playing
 * need no answer from it, so a saved page stays alive.
 */
import { followSize } from "../lib/canvas";
import { palette } from "../lib/colormap";
import { claim } from "../lib/controls";
import { type Course, extent, largestAt, rowOrder, valueAt } from "../lib/course";
import { h, setText } from "../lib/dom";
import { formatValue, plural } from "../lib/format";
import { readTraits, receiveFrames } from "../lib/frames";
import { moveThroughLayers } from "../lib/layers";
import { follow, type State } from "../lib/model";
import { SaidPanel } from "../lib/said-panel";
import { type Shell, view } from "../lib/shell";
import { themeOf } from "../lib/theme";
import { Strip } from "../lib/time-strip";
import {
  decidedAt,
  readInputs,
  readMaps,
  readPredictions,
  type StatesFrame,
} from "./frame";
import { InputPanel } from "./input-panel";
import { Player } from "./player";
import { type Change, Toolbar, type Traits } from "./toolbar";
import { type Courses, mapTitle, Traces } from "./traces";

interface Cell {
  strip: "input" | "states" | "said";
  row: number;
  step: number;
}

function build({ model, root, signal, painter, saver, kernel }: Shell<Traits>): () => void {
  let frame: StatesFrame | null = null;
  let given = readTraits(model, "picture");
  let maps: Courses = new Map();
  let inputs: Course | null = null;
  let said: Course | null = null;
  let hovered: Cell | null = null;

  const set = (changed: Partial<Traits>) => {
    for (const [name, value] of Object.entries(changed)) model.set(name as keyof Traits, value);
    painter.flush();
  };
  const change: Change = (changed) => {
    set(changed);
    if ("layer" in changed) kernel.askBySaving();
    else saver.soon();
  };
  const last = () => (frame?.steps ?? 1) - 1;
  const goTo = (step: number) => change({ step: Math.min(Math.max(0, step), last()) });
  const onward = () => (frame?.reverse ? -1 : 1);
  const player = new Player(
    () => {
      goTo(model.get("step") + onward());
      return model.get("step") !== (frame?.reverse ? 0 : last());
    },
    () => painter.request(),
    signal,
  );
  const playing = (on: boolean) => {
    if (!on) return player.pause();
    const end = frame?.reverse ? 0 : last();
    if (model.get("step") === end) goTo(last() - end);
    player.play(last() + 1);
  };
  const choose = (step: number) => {
    player.pause();
    goTo(step);
  };
  const stripEvents = (strip: Cell["strip"]) => ({
    hover: (cell: { row: number; step: number } | null) => {
      hovered = cell && { strip, ...cell };
      painter.request();
    },
    choose: (row: number, step: number) => {
      player.pause();
      if (strip !== "states" || !frame) return change({ step });
      change({ step, channel: row, ...(frame.layer !== model.get("layer") && { layer: frame.layer }) });
    },
  });

  const moveLayer = moveThroughLayers(root, model, (layer) => change({ layer }), signal);
  const toolbar = new Toolbar(change, moveLayer, choose, playing, signal);
  const input = new InputPanel();
  const prediction = new SaidPanel();
  const read = new Strip("read", "What is read", stripEvents("input"), signal);
  const states = new Strip("states", "Units over time", stripEvents("states"), signal);
  const traces = new Traces(choose, signal);
  const course = new Strip("course", "Prediction over time", stripEvents("said"), signal);
  const time = h("div", { class: "cv-time", "aria-hidden": "true" });
  const strips = h(
    "div",
    {
      class: "cv-strips",
      role: "group",
      tabindex: 0,
      "aria-label": "Course over time; arrow keys move through steps and units",
    },
    read.element,
    states.element,
    traces.element,
    course.element,
    time,
  );
  const left = h("div", { class: "cv-left" }, input.element, prediction.element);
  const panels = h("div", { class: "cv-panels" }, left, strips);
  const notes = h("p", { class: "cv-words cv-notes" });
  const empty = h("div", { class: "cv-empty" });
  root.append(toolbar.element, panels, notes, empty);
  strips.addEventListener("keydown", (event) => {
    const moved = keyed(event.key, model.get("step"), last());
    const unit = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (moved === null && unit === undefined) return;
    claim(event);
    if (moved !== null) choose(moved);
    else change({ channel: nextUnit(model.get("channel"), unit ?? 0) });
  }, { signal });
  const order = () => rowOrder(maps.get(model.get("show")) ?? NOTHING, model.get("order"));
  const nextUnit = (unit: number, by: number) => {
    const rows = order();
    return rows[Math.min(Math.max(0, rows.indexOf(unit) + by), rows.length - 1)] ?? unit;
  };

  const repaint = () => painter.request();
  const tracks = [read, states, traces, course].map(({ trackElement }) => trackElement);
  followSize([input.stageElement, ...tracks], repaint, signal);
  const followed = ["layers", "layer", "channel", "step", "show", "shown", "order", "picture", "state"];
  follow(model, followed as (keyof Traits & string)[], repaint, signal);
  receiveFrames(
    model,
    (received) => {
      frame = received;
      given = readTraits(model, "picture");
      if (hovered && hovered.step >= received.steps) hovered = null;
      maps = readMaps(received);
      inputs = readInputs(received);
      said = readPredictions(received);
      painter.request(received.number);
    },
    signal,
  );

  return () => {
    toolbar.paint(model, frame, player.plays);
    panels.hidden = !frame;
    empty.hidden = frame !== null;
    empty.textContent = emptyWords(model.get("state"));
    setText(notes, frame?.notes.join(" ") ?? "");
    notes.hidden = !frame?.notes.length;
    if (!frame) return;
    const { picture } = given;
    const stale = frame.layer !== model.get("layer") || picture !== model.get("picture");
    panels.classList.toggle("cv-stale", stale);
    const theme = themeOf(root);
    const step = Math.min(model.get("step"), last());
    const unit = Math.min(model.get("channel"), frame.units - 1);
    const pictured = picture !== null;
    input.element.hidden = !pictured;
    prediction.element.hidden = !said;
    left.hidden = !pictured && !said;
    if (picture) input.paint(picture, frame, step);
    if (said) prediction.paint(said, frame.classes, step, `after step ${step}`, predictedWords(frame));

    read.element.hidden = !inputs;
    if (inputs) {
      const [low, high] = extent(inputs.values);
      const signed = low < 0;
      const most = Math.max(-low, high);
      read.paint(`Input, ${plural(inputs.rows, "value")} a step`, inputs, {
        palette: palette(signed ? "diverging" : "gray", theme),
        theme,
        low: signed ? -most : low,
        high: signed ? most : high,
        order: rowOrder(inputs, "index"),
        labels: [],
      });
      read.point(step, null);
      const at = hovered?.strip === "input" && hovered.row < inputs.rows ? hovered : null;
      const line = at
        ? `value ${at.row} of step ${at.step}: ${formatValue(valueAt(inputs, at.step, at.row))}`
        : `step ${step}`;
      read.say(line, `What is read at each of ${inputs.steps} steps`);
    }
    const shown = maps.has(model.get("show")) ? model.get("show") : frame.maps[0].name;
    const map = maps.get(shown);
    if (map) {
      const [low, high] = extent(map.values);
      const most = Math.max(-low, high) || 1;
      states.paint(`${capital(mapTitle(shown, map.gate))}, ${plural(map.rows, "unit")}`, map, {
        palette: palette(map.gate ? "viridis" : "diverging", theme),
        theme,
        low: map.gate ? 0 : -most,
        high: map.gate ? 1 : most,
        order: rowOrder(map, model.get("order")),
        labels: [],
      });
      states.point(step, unit);
      const at = hovered?.strip === "states" ? hovered : { row: unit, step };
      const value = at.row < map.rows ? formatValue(valueAt(map, at.step, at.row)) : "none";
      const words = `unit ${at.row} at step ${at.step}: ${value}`;
      states.say(words, `${mapTitle(shown, map.gate)} of ${map.rows} units over ${map.steps} steps; ${words}`);
    }
    traces.paint(maps, unit, step);
    course.element.hidden = !said;
    if (said) {
      course.paint("Prediction after each step", said, {
        palette: palette("viridis", theme),
        theme,
        low: 0,
        high: 1,
        order: rowOrder(said, "index"),
        labels: frame.classes,
      });
      course.point(step, null);
      course.say(saidWords(said, frame, hovered), "Class probabilities after each step");
    }
    paintTime(time, frame.steps);
    Object.assign(root.dataset, {
      layer: frame.layer,
      step: String(step),
      channel: String(unit),
      show: shown,
      playing: String(player.plays),
    });
  };
}

const NOTHING: Course = { steps: 0, rows: 0, values: new Float32Array() };

/** The step that a key leads to; null for any other key. */
function keyed(key: string, step: number, last: number): number | null {
  const steps: Record<string, number> = { ArrowLeft: step - 1, ArrowRight: step + 1, Home: 0, End: last };
  return key in steps ? Math.min(Math.max(0, steps[key]), last) : null;
}

function saidWords(said: Course, { classes, reverse, steps }: StatesFrame, hovered: Cell | null): string {
  if (hovered?.strip === "said" && hovered.row < classes.length) {
    const { row, step } = hovered;
    return `${classes[row]} after step ${step}: ${(100 * valueAt(said, step, row)).toFixed(1)} %`;
  }
  const end = reverse ? 0 : steps - 1;
  return `${classes[largestAt(said, end)]} from step ${decidedAt(said, reverse)} on`;
}

function predictedWords({ predicted, reverse }: StatesFrame): string {
  return `Predictions ${predicted}.${reverse ? " The sequence is read from its end." : ""}`;
}

/** Some steps by number, below all strips. */
function paintTime(time: HTMLElement, steps: number): void {
  const every = Math.max(1, 10 ** Math.floor(Math.log10(steps / 2)), Math.ceil(steps / 8 / 5) * 5);
  const marks = Array.from({ length: Math.ceil(steps / every) }, (_, k) => k * every);
  if (time.dataset.shown === `${steps}`) return;
  time.dataset.shown = `${steps}`;
  time.replaceChildren(
    ...marks.map((step) => {
      const mark = h("span", {}, step === 0 ? "step 0" : String(step));
      mark.style.left = `${(100 * (step + 0.5)) / steps}%`;
      return mark;
    }),
  );
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function emptyWords(state: State): string {
  if (state === "running") return "Computing…";
  return state === "error" ? "Nothing to show" : "No sequence yet";
}

export default { render: view<Traits>("hidden-states", "Hidden states", build) };
