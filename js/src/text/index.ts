/**
 * Text: a text with what speaks for a class in which letters, what a channel answers to in it, and
 * what that channel looks for in many texts. Type another one, and all of it follows.
 */
import { ColorBar, type Range } from "../lib/color-bar";
import { palette, type Palette } from "../lib/colormap";
import { h, setText } from "../lib/dom";
import { formatValue } from "../lib/format";
import { receiveFrames } from "../lib/frames";
import { moveThroughLayers } from "../lib/layers";
import { follow, type State } from "../lib/model";
import { SaidPanel } from "../lib/said-panel";
import { shade } from "../lib/shade";
import { type Shell, view } from "../lib/shell";
import { themeOf } from "../lib/theme";
import { TokenStrip } from "../lib/token-strip";
import { ChannelsPanel } from "./channels-panel";
import {
  atTokens,
  largest,
  readFrame,
  type Reading,
  responseRange,
  sharesRange,
  sizeWords,
  type TextFrame,
  tokenWords,
  type Traits,
} from "./frame";
import { MatchesPanel } from "./matches-panel";
import { type Change, METHODS, Toolbar } from "./toolbar";

const WATCHED = [
  "text", "editable", "method", "methods", "target", "classes", "layers", "layer", "channel",
  "position", "state",
] as const; // prettier-ignore

function build({ model, root, signal, painter, kernel }: Shell<Traits>): () => void {
  let reading: Reading | null = null;
  let hovered: number | null = null;

  const change: Change = (changed) => {
    for (const [name, value] of Object.entries(changed)) model.set(name as keyof Traits, value);
    painter.request();
    kernel.askBySaving();
  };
  const choose = (token: number) => {
    const same = model.get("position")?.[1] === token;
    model.set("position", same ? null : [0, token]);
    painter.flush();
    model.save_changes();
  };
  const look = (token: number | null) => {
    hovered = token;
    painter.request();
  };

  const moveLayer = moveThroughLayers(root, model, (layer) => change({ layer }), signal);
  const toolbar = new Toolbar(change, moveLayer, signal);
  const speaks = new TokenStrip(choose, look, signal, "speaks");
  const answers = new TokenStrip(choose, look, signal, "answers");
  const speaksBar = new ColorBar();
  const answersBar = new ColorBar();
  const prediction = new SaidPanel();
  const found = new MatchesPanel();
  const strongest = new ChannelsPanel((channel) => {
    if (reading) change({ layer: reading.frame.layer, channel }); // whose channels are listed
  }, signal);
  speaks.element.append(speaksBar.element);
  answers.element.append(answersBar.element);
  const strips = h("div", { class: "cv-strips" }, speaks.element, strongest.element, answers.element, found.element);
  const panels = h("div", { class: "cv-panels" }, prediction.element, strips);
  const notes = h("p", { class: "cv-words cv-notes" });
  const empty = h("div", { class: "cv-empty" });
  root.append(toolbar.element, panels, notes, empty);

  const repaint = () => painter.request();
  follow(model, WATCHED, repaint, signal);
  receiveFrames(
    model,
    (frame) => {
      reading = readFrame(frame);
      painter.request(frame.number);
    },
    signal,
  );

  return () => {
    toolbar.paint(model, reading);
    panels.hidden = !reading;
    empty.hidden = reading !== null;
    empty.textContent = emptyWords(model.get("state"));
    notes.hidden = !reading;
    if (!reading) return;
    const { frame } = reading;
    const chosen = model.get("position")?.[1] ?? null;
    const token = chosen !== null && chosen < frame.tokens.length ? chosen : null;
    const at = hovered !== null && hovered < frame.tokens.length ? hovered : token;
    panels.classList.toggle("cv-stale", isStale(reading, model));
    const paint = (strip: TokenStrip, bar: ColorBar, what: Painting) => {
      const { values, title, line, label } = what;
      const colors = shade(what.palette, what.range);
      strip.paint({ tokens: frame.tokens, chosen: token, values, title, line, label, colors });
      bar.paint(what.palette, what.range);
      bar.point(at === null || at >= what.values.length ? null : what.values[at]);
    };
    const theme = themeOf(root);
    const classes = model.get("classes");
    const diverging = palette("diverging", theme);
    const sequential = palette("viridis", theme);
    paint(speaks, speaksBar, sharesOf(reading, classes[frame.target], at, frame.signed ? diverging : sequential));
    const signed = responseRange(reading)[0] < 0;
    paint(answers, answersBar, responseOf(reading, at, signed ? diverging : sequential));
    const values = reading.said;
    const said = { steps: 1, rows: values.length, values };
    prediction.paint(said, classes, 0, "", wordsOf(frame, classes[frame.target]));
    found.paint(frame);
    strongest.paint(frame, model.get("channel"), classes[frame.target]);
    setText(notes, frame.notes.join(" "));
    Object.assign(root.dataset, {
      method: frame.method,
      target: String(frame.target),
      layer: frame.layer,
      channel: String(frame.channel),
      text: frame.tokens.join(""),
    });
  };
}

/** What a strip and its colour bar show. */
interface Painting {
  values: Float32Array;
  title: string;
  line: string;
  label: string;
  range: Range;
  palette: Palette;
}

function sharesOf(reading: Reading, name: string, at: number | null, palette: Palette): Painting {
  const { frame, shares } = reading;
  const title = frame.signed ? `What speaks for ${name}` : `What matters for ${name}`;
  const most = `most ${tokenWords(frame.tokens, shares, largest(shares))}`;
  return {
    values: shares,
    title,
    line: at === null ? sizeWords(frame) : tokenWords(frame.tokens, shares, at),
    label: `${METHODS[frame.method] ?? frame.method} for ${name} by token; ${most}`,
    range: sharesRange(reading),
    palette,
  };
}

function responseOf(reading: Reading, at: number | null, palette: Palette): Painting {
  const { frame, response } = reading;
  const values = atTokens(reading);
  const title = `Channel ${frame.channel} of ${frame.layer}`;
  const seen = frame.window > 1 ? `sees ${frame.window} at a time; ` : "";
  const best = largest(values);
  const all = values.length ? `most ${tokenWords(frame.tokens, values, best)}` : formatValue(response[0]);
  return {
    values,
    title,
    line: values.length && at !== null ? tokenWords(frame.tokens, values, at) : seen + all,
    label: `${title} by token; ${all}`,
    range: responseRange(reading),
    palette,
  };
}

function wordsOf({ method, signed }: TextFrame, name: string): string {
  const what = `Colours: ${METHODS[method] ?? method} for ${name}.`;
  return signed ? `${what} Red speaks for it, blue against it.` : `${what} The brighter, the more.`;
}

function isStale({ frame }: Reading, model: Shell<Traits>["model"]): boolean {
  const other = (["method", "layer", "channel"] as const).some((name) => frame[name] !== model.get(name));
  return other || frame.target !== (model.get("target") ?? frame.target);
}

function emptyWords(state: State): string {
  if (state === "running") return "Computing…";
  return state === "error" ? "Nothing to show" : "No text yet";
}

export default { render: view<Traits>("text", "Text", build) };
