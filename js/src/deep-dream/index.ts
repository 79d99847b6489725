/**
 * DeepDream: choose what to amplify in a photograph, press Play, watch it dream octave by octave,
 * and go back through all iterations, during the run and after it.
 */
import { followSize } from "../lib/canvas";
import { button, Select } from "../lib/controls";
import { h, setText } from "../lib/dom";
import { readTraits, receiveFrames } from "../lib/frames";
import { follow, type State } from "../lib/model";
import { Notice } from "../lib/notice";
import { receiveFiles } from "../lib/saving";
import { type Shell, view } from "../lib/shell";
import { Dream, type DreamFrame, type Moment, momentWords } from "./dream";
import { Pictures } from "./pictures";
import { Timeline } from "./timeline";
import { type Change, type Command, type Show, Toolbar, type Traits } from "./toolbar";

const NEWEST = -1;

/** What is dreamt of, and how. */
const GOAL = ["objective", "layer", "channel", "preset", "octaves", "iterations", "strength"] as const;
const SHOWS = [
  { value: "beside", text: "beside the photograph" },
  { value: "over", text: "over the photograph" },
];

function build({ model, root, signal, painter, saver, kernel }: Shell<Traits>): () => void {
  let dream: Dream | null = null;
  let given = readTraits(model, "picture"); // what the dream began with
  let moment: Moment | null = null;
  let asked: number | null = null; // the step of the picture that the kernel was asked for

  const change: Change = (name, value) => {
    model.set(name, value);
    // The kernel brings a preset's numbers, too, but what is chosen next may come along with it.
    const preset = name === "preset" && model.get("presets").find((each) => each.name === value);
    if (preset) {
      model.set("octaves", preset.octaves);
      model.set("iterations", preset.iterations);
      model.set("strength", preset.strength);
    }
    painter.flush();
    saver.soon();
  };
  const goTo = (step: number) => {
    const newest = dream === null || step >= dream.newest;
    change("iteration", newest ? NEWEST : dream!.available(step));
  };
  const command = (name: Command) => {
    kernel.order({ type: "command", command: name }, ...GOAL);
  };

  const saveAs = (format: string) => {
    saver.now(); // which iteration it is of goes ahead
    kernel.ask({ type: "save", format });
  };

  const toolbar = new Toolbar(change, command, signal);
  const note = new Notice();
  const pictures = new Pictures((percent) => change("compare", percent), saveAs, signal);
  const timeline = new Timeline(goTo, signal);
  const words = h("span", { class: "cv-words" });
  const latest = button("Latest", "latest", () => change("iteration", NEWEST), signal);
  latest.classList.add("cv-plain");
  const show = new Select("Show", (value) => change("show", value as Show), signal);
  const status = h("div", { class: "cv-status" }, words, latest);
  const bottom = h("div", { class: "cv-bottom" }, status, timeline.element, show.element);
  root.append(toolbar.element, note.element, pictures.element, bottom);

  /** The moment to show: the wanted one if it is here; else it is asked for, one at a time. */
  const choose = (dream: Dream) => {
    const wanted = model.get("iteration");
    const step = wanted === NEWEST ? dream.newest : dream.available(wanted);
    const found = dream.moment(step);
    if (found) moment = found;
    else if (asked === null) {
      asked = step;
      kernel.ask({ type: "show", step });
    }
  };

  const receive = (frame: DreamFrame) => {
    painter.request(frame.number);
    if (frame.replay) {
      if (frame.run !== dream?.id) return; // asked for before the dream that is shown
      dream.replay(frame, asked);
      asked = null;
      return;
    }
    const again = dream !== null && frame.run !== dream.id;
    if (frame.run !== dream?.id) {
      given = readTraits(model, "picture");
      const { width, height } = given.picture ?? frame;
      dream = new Dream(frame, width * height);
      asked = null;
    }
    dream.add(frame);
    if (again) change("iteration", NEWEST);
  };

  const repaint = () => painter.request();
  followSize(pictures.stageElements, repaint, signal);
  follow(
    model,
    ["layers", "weights", "objective", "layer", "channel", "preset", "octaves", "iterations",
      "strength", "iteration", "show", "compare", "picture", "state"],
    repaint,
    signal,
  );
  receiveFrames(model, receive, signal);
  receiveFiles(model, signal);

  return () => {
    const state = model.get("state");
    if (dream) choose(dream);
    toolbar.paint(model, dream !== null);
    const said = dream && moment ? momentWords(moment, dream) : "";
    const octaves = dream?.octaves ?? model.get("octaves").length;
    const photograph = model.get("picture");
    pictures.paint(photograph, dream && given.picture, dream, moment, {
      show: model.get("show"),
      compare: model.get("compare"),
      words: instead(state),
    });
    timeline.paint(moment?.step ?? 0, dream?.steps ?? 0, octaves, moment?.octave ?? -1, said);
    show.set(model.get("show"), SHOWS);
    setText(words, [beside(state, dream), said].filter(Boolean).join(": "));
    note.say(moment?.note ?? "", "warning");
    latest.hidden = !dream || model.get("iteration") === NEWEST;
    root.dataset.step = String(moment?.step ?? 0);
    root.dataset.octave = String((moment?.octave ?? -1) + 1);
  };
}

/** The state, in words, before where the dream is. */
function beside(state: State, dream: Dream | null): string {
  if (state === "idle") return dream && dream.newest < dream.steps ? "stopped" : "";
  if (state === "running") return dream ? "dreaming" : "";
  return { paused: "paused", done: "done", error: "ended by an error" }[state];
}

function instead(state: State): string {
  if (state === "running") return "Computing…";
  return state === "error" ? "Nothing to show" : "Press Play to dream";
}

export default { render: view<Traits>("deep-dream", "DeepDream", build) };
