/**
 * Attribution: which pixels speak for a class, by up to six methods side by side, how far to trust
 * each, and what an attack makes of them.
 */
import { followSize } from "../lib/canvas";
import { button } from "../lib/controls";
import { h, setText } from "../lib/dom";
import { readTraits, receiveFrames } from "../lib/frames";
import { follow } from "../lib/model";
import { type Shell, view } from "../lib/shell";
import { themeOf } from "../lib/theme";
import { Guide } from "./guide";
import { MapPanel } from "./map-panel";
import { type AttributionFrame, type MapState, Run, type Seen } from "./run";
import { Toolbar, type Traits } from "./toolbar";

const NEWEST = -1;
const MOST = 6;

/** Width by height of what shows a sequence, however long it is. */
const LINE_ASPECT = 2.4;

function build({ model, root, signal, painter, saver, kernel }: Shell<Traits>): () => void {
  let run: Run | null = null;
  let given = readTraits(model, "picture", "wave"); // what the maps of the run lie on
  let shown: { maps: MapState[]; step: number } | null = null;
  let asked: number | null = null; // the step of the maps that the kernel was asked for

  const show = <Name extends keyof Traits & string>(name: Name, value: Traits[Name]) => {
    model.set(name, value);
    painter.flush();
    saver.soon();
  };
  const ask = <Name extends keyof Traits & string>(name: Name, value: Traits[Name]) => {
    model.set(name, value);
    painter.request();
    kernel.askBySaving();
  };
  const goTo = (step: number) =>
    show("iteration", run === null || step >= run.newest ? NEWEST : run.available(step));
  /** Puts a method beside the others; in place of the last one where there is no more room. */
  const add = (name: string) => {
    const methods = model.get("methods");
    if (!methods.includes(name)) ask("methods", [...methods.slice(0, MOST - 1), name]);
  };
  const addNext = () => {
    const methods = model.get("methods");
    const free = model.get("catalogue").find(({ name }) => !methods.includes(name));
    if (free) add(free.name);
  };

  const toolbar = new Toolbar({ ask, show, goTo }, signal);
  const seen = h("div", { class: "cv-seen", role: "status" });
  const maps = h("div", { class: "cv-maps" });
  const more = button("Compare with another method", "plus", addNext, signal);
  const guide = new Guide(add);
  const empty = h("div", { class: "cv-empty" });
  root.append(toolbar.element, seen, maps, empty, more, guide.element);

  const panels: MapPanel[] = [];
  const repaint = () => painter.request();
  const panel = (index: number): MapPanel => {
    const choose = (name: string) =>
      ask("methods", model.get("methods").map((each, k) => (k === index ? name : each)));
    const remove = () => ask("methods", model.get("methods").filter((_, k) => k !== index));
    const made = new MapPanel(index, choose, remove, signal);
    followSize([made.stageElement], repaint, signal);
    return made;
  };

  /** The maps to show: the wanted ones if they are here; else they are asked for, once. */
  const choose = (run: Run) => {
    const wanted = model.get("iteration");
    const step = wanted === NEWEST ? run.newest : run.available(wanted);
    const found = run.maps(step);
    if (found) shown = { maps: found, step };
    else if (asked === null) {
      asked = step;
      kernel.ask({ type: "show", step });
    }
  };

  const receive = (frame: AttributionFrame) => {
    painter.request(frame.number);
    if (frame.replay) {
      if (frame.run !== run?.latest.run) return; // asked for before the run that is shown
      run.replay(frame, asked);
      asked = null;
      return;
    }
    if (frame.run !== run?.latest.run) {
      run = new Run(frame);
      given = readTraits(model, "picture", "wave");
      shown = asked = null;
    }
    run.add(frame);
  };

  follow(
    model,
    [
      "catalogue",
      "classes",
      "layers",
      "picture",
      "wave",
      "methods",
      "target",
      "layer",
      "epsilon",
      "opacity",
      "iteration",
      "state",
    ],
    repaint,
    signal,
  );
  receiveFrames(model, receive, signal);

  const isStale = ({ target, epsilon }: AttributionFrame) =>
    given.picture !== model.get("picture") ||
    given.wave !== model.get("wave") ||
    epsilon !== model.get("epsilon") ||
    target !== (model.get("target") ?? target);

  return () => {
    if (run) choose(run);
    const state = model.get("state");
    const { picture, wave } = run ? given : readTraits(model, "picture", "wave");
    const none = picture === null && wave === null;
    const methods = model.get("methods");
    const catalogue = model.get("catalogue");
    toolbar.paint(model, run, shown?.step ?? 0);
    const aspect = picture && run?.latest.rows !== 1 ? picture.width / picture.height : LINE_ASPECT;
    maps.style.setProperty("--cv-aspect", String(aspect));
    maps.classList.toggle("cv-of-lines", run?.latest.rows === 1);
    empty.hidden = !none;
    setText(empty, state === "running" ? "Computing…" : "Nothing to show");
    maps.hidden = none;
    maps.classList.toggle("cv-stale", run !== null && isStale(run.latest));
    while (panels.length < methods.length) panels.push(panel(panels.length));
    panels.forEach(({ element }, index) => {
      if (index >= methods.length) element.remove();
      else if (!element.isConnected) maps.append(element);
    });
    const className = model.get("classes")[run?.latest.target ?? -1] ?? "";
    methods.forEach((name, index) => {
      const entry = catalogue.find((each) => each.name === name);
      const at = run?.latest.names.indexOf(name) ?? -1;
      if (!entry) return;
      panels[index].paint(
        {
          entry,
          catalogue,
          taken: methods,
          picture,
          wave,
          aspect,
          map: shown?.maps[at],
          trust: run?.latest.trust[at] ?? [],
          refused: run?.latest.refused[at] ?? "",
          className,
          opacity: model.get("opacity"),
          theme: themeOf(root),
          running: state === "running",
        },
        methods.length === 1,
      );
    });
    more.hidden = methods.length >= MOST || none;
    seen.hidden = !run;
    if (run) setText(seen, seenWords(run.latest, model.get("classes")));
    guide.paint(catalogue, methods);
    root.dataset.step = String(shown?.step ?? -1);
  };
}

function seenWords({ before, seen, epsilon }: AttributionFrame, classes: string[]): string {
  const words = (found: Seen[]) =>
    found.map(([index, share]) => `${classes[index]} ${Math.round(100 * share)} %`).join(", ");
  if (!epsilon) return `The network sees: ${words(before)}`;
  return `The network sees: ${words(before.slice(0, 1))} → after the attack: ${words(seen)}`;
}

export default { render: view<Traits>("attribution", "Attribution", build) };
