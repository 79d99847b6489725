/**
 * GradientAscent: choose what to maximise, press Play, watch the picture form, and go back
 * through its iterations, during the run and after it.
 */
import { button, Slider } from "../lib/controls";
import { followSize } from "../lib/canvas";
import { h } from "../lib/dom";
import { receiveFrames } from "../lib/frames";
import { follow, type State } from "../lib/model";
import { receiveFiles } from "../lib/saving";
import { type Shell, view } from "../lib/shell";
import { AdviceNotice, type Remedy } from "./advice";
import { Curve } from "./curve";
import { ExamplesPanel } from "./examples-panel";
import { PicturePanel } from "./picture-panel";
import { type AscentFrame, type Moment, Run, type TileInfo } from "./run";
import { Toolbar } from "./toolbar";
import type { Command, Traits } from "./traits";

const NEWEST = -1;

/** What is climbed, and how. */
const GOAL = [
  "objective", "layer", "channel", "position", "target", "end", "channels", "preset", "compare",
  "parameterisation", "size", "seed", "learning_rate", "redirect", "steps",
] as const; // prettier-ignore

function build({ model, root, signal, painter, saver, kernel }: Shell<Traits>): () => void {
  let run: Run | null = null;
  let shown: { moment: Moment; step: number } | null = null;
  let asked: number | null = null; // the step of the picture that the kernel was asked for

  const set = <Name extends keyof Traits & string>(name: Name, value: Traits[Name]) => {
    model.set(name, value);
    if (name !== "preset") return;
    // The kernel brings a preset's steps, too, but what is chosen next may come along with it.
    const preset = model.get("presets").find((each) => each.name === value);
    if (preset?.steps) model.set("steps", preset.steps);
  };
  const change = <Name extends keyof Traits & string>(name: Name, value: Traits[Name]) => {
    set(name, value);
    painter.flush();
    saver.soon();
  };
  const goTo = (step: number) => {
    const newest = run === null || step >= run.newest;
    change("iteration", newest ? NEWEST : run!.available(step));
  };
  const command = (name: Command) => {
    kernel.order({ type: "command", command: name }, ...GOAL);
  };

  const select = ({ layer, channel }: TileInfo) => {
    if (layer === null || channel === null) return;
    model.set("layer", layer);
    change("channel", channel);
  };

  const heed = ({ settings }: Remedy) => {
    for (const [name, value] of Object.entries(settings)) {
      set(name as keyof Traits, value as never);
    }
    painter.flush();
    command("play");
  };
  const saveAs = (format: string) => {
    saver.now(); // which iteration it is of goes ahead
    kernel.ask({ type: "save", format });
  };

  const toolbar = new Toolbar(change, command, signal);
  const picture = new PicturePanel(select, saveAs, () => painter.request(), signal);
  const advice = new AdviceNotice(heed, signal);
  const examples = new ExamplesPanel();
  const curve = new Curve(() => painter.request(), goTo, signal);
  const iteration = new Slider("Iteration", goTo, signal);
  const latest = button("Latest", "latest", () => change("iteration", NEWEST), signal);
  latest.classList.add("cv-plain");
  curve.header.append(latest);
  const progress = h("div", { class: "cv-progress" }, curve.element, iteration.element);
  progress.append(examples.element);
  const panels = h("div", { class: "cv-panels" }, picture.element, progress);
  root.append(toolbar.element, advice.element, panels);

  /** The picture to show: the wanted one if it is here; else it is asked for, one at a time. */
  const choose = (run: Run) => {
    const wanted = model.get("iteration");
    const step = wanted === NEWEST ? run.newest : run.available(wanted);
    const found = run.moment(step);
    if (found) shown = { moment: found, step };
    else if (asked === null) {
      asked = step;
      kernel.ask({ type: "show", step });
    }
  };

  const receive = (frame: AscentFrame) => {
    painter.request(frame.number);
    if (frame.replay) {
      if (frame.run !== run?.id) return; // asked for before the run that is shown
      run.replay(frame, asked);
      asked = null;
      return;
    }
    const again = run !== null && frame.run !== run.id;
    if (frame.run !== run?.id) {
      const bytes = 4 * (frame.length ?? frame.width * frame.height);
      run = new Run(frame.run, bytes * (frame.tiles?.length ?? 1));
      shown = asked = null;
    }
    run.add(frame);
    if (again) change("iteration", NEWEST);
  };

  const repaint = () => painter.request();
  followSize([...picture.stageElements, curve.boxElement, examples.element], repaint, signal);
  follow(
    model,
    [
      "layers",
      "classes",
      "own",
      "objective",
      "layer",
      "channel",
      "position",
      "target",
      "end",
      "channels",
      "presets",
      "parameterisations",
      "preset",
      "compare",
      "parameterisation",
      "size",
      "seed",
      "learning_rate",
      "redirect",
      "steps",
      "iteration",
      "examples",
      "advice",
      "sample_rate",
      "state",
    ],
    repaint,
    signal,
  );
  receiveFrames(model, receive, signal);
  receiveFiles(model, signal);

  return () => {
    const state = model.get("state");
    const live = state === "running" || state === "paused";
    if (run) choose(run);
    toolbar.paint(model);
    const newest = run?.newest ?? 0;
    const step = shown?.step ?? newest;
    const planned = run?.planned ?? model.get("steps");
    const end = live || !run ? Math.max(planned, newest) : newest;
    const chosen = { layer: model.get("layer"), channel: model.get("channel") };
    picture.paint(shown?.moment ?? null, run, step, chosen, words(state, run));
    picture.listen(model.get("sample_rate"));
    curve.paint(run, step, end);
    iteration.set(step, run ? end : 0, run ? String(step) : "none yet", run ? `/ ${end}` : "");
    advice.paint(model.get("advice"));
    examples.paint(model.get("examples"));
    latest.hidden = !run || model.get("iteration") === NEWEST;
    root.dataset.step = String(step);
  };
}

/** What the picture's panel says about the state: beside a picture, and in place of one. */
function words(state: State, run: Run | null): { beside: string; instead: string } {
  const instead: Partial<Record<State, string>> = {
    running: "Computing…",
    error: "Nothing to show",
  };
  const stopped = run && run.newest < run.planned ? "stopped" : "";
  return {
    beside: state === "idle" ? stopped : state,
    instead: instead[state] ?? "Press Play to start",
  };
}

export default { render: view<Traits>("gradient-ascent", "Gradient ascent", build) };
