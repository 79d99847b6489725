/**
 * FeatureMaps: every channel of a layer for one image, one of them large, beside the input.
 *
 * The kernel answers a change of layer or image with one sheet of quantised tiles. All else is
 * done here on that sheet, so it is instant, and works in a saved page with no kernel.
 */
import { followSize } from "../lib/canvas";
import { h } from "../lib/dom";
import { formatCount } from "../lib/format";
import { readTraits, receiveFrames } from "../lib/frames";
import { moveThroughLayers } from "../lib/layers";
import { follow } from "../lib/model";
import { Notice } from "../lib/notice";
import { type Shell, view } from "../lib/shell";
import { themeOf } from "../lib/theme";
import { GridPanel } from "./grid-panel";
import { InputPanel } from "./input-panel";
import { MapPanel } from "./map-panel";
import { type Given, makeScene, type Scene, type Traits } from "./scene";
import { readSheet, type Sheet } from "./sheet";
import { TokenPanel } from "./token-panel";
import { Toolbar } from "./toolbar";

function build({ model, root, signal, painter, saver, kernel }: Shell<Traits>): () => void {
  let sheet: Sheet | null = null;
  let given: Given | null = null;
  let scene: Scene | null = null;

  const change = <Name extends keyof Traits & string>(name: Name, value: Traits[Name]) => {
    model.set(name, value);
    painter.flush();
    saver.soon();
  };
  /** Chooses in what is seen: its layer is chosen with it, should another one be on its way. */
  const choose = <Name extends keyof Traits & string>(name: Name, value: Traits[Name]) => {
    if (sheet) model.set("layer", sheet.layer);
    change(name, value);
  };
  const chooseLayer = (name: string) => {
    model.set("layer", name);
    kernel.askBySaving();
  };

  const moveLayer = moveThroughLayers(root, model, chooseLayer, signal);
  const toolbar = new Toolbar(change, moveLayer, signal);
  const broken = new Notice();
  const input = new InputPanel();
  const text = new TokenPanel((cell) => choose("position", cell), signal);
  const showField = () => input.showField(scene, map.cell);
  const map = new MapPanel({ hover: showField, pin: (cell) => choose("position", cell) }, signal);
  const grid = new GridPanel((channel) => choose("channel", channel), signal);
  const empty = h("div", { class: "cv-empty" });
  const panels = h("div", { class: "cv-panels" }, input.element, text.element, map.element, grid.element);
  root.append(toolbar.element, broken.element, panels, empty);

  const repaint = () => painter.request();
  followSize([input.stageElement, map.stageElement, grid.stageElement], repaint, signal);
  follow(
    model,
    [
      "layers", "layer", "channel", "colormap", "scale", "order", "position", "picture", "tokens",
      "state",
    ], // prettier-ignore
    repaint,
    signal,
  );
  receiveFrames(
    model,
    (frame) => {
      sheet = readSheet(frame);
      given = readTraits(model, "layers", "picture", "tokens");
      painter.request(frame.number);
    },
    signal,
  );

  return () => {
    toolbar.paint(model);
    const picture = (given ?? readTraits(model, "picture")).picture;
    if (picture) panels.style.setProperty("--cv-aspect", String(picture.width / picture.height));
    panels.hidden = !sheet;
    empty.hidden = sheet !== null;
    empty.textContent = emptyWords(model.get("state"));
    if (!sheet || !given) return;
    scene = makeScene(model, sheet, given, themeOf(root));
    const stale = sheet.layer !== model.get("layer") || picture !== model.get("picture");
    panels.classList.toggle("cv-stale", stale);
    broken.say(brokenWords(sheet), "warning");
    const tokens = given.tokens ?? [];
    panels.dataset.kind = tokens.length ? "tokens" : "picture";
    input.element.hidden = tokens.length > 0;
    text.element.hidden = tokens.length === 0;
    input.paint(picture);
    if (tokens.length) text.paint(scene, tokens);
    map.paint(scene);
    grid.paint(scene);
    showField();
    root.dataset.layer = sheet.layer;
    root.dataset.channel = String(scene.channel);
  };
}

function emptyWords(state: string): string {
  if (state === "running") return "Computing…";
  return state === "error" ? "Nothing to show" : "No picture yet";
}

function brokenWords({ nonfinite, codes, layer }: Sheet): string {
  if (nonfinite === 0) return "";
  const counts = `${formatCount(nonfinite)} of ${formatCount(codes.length)}`;
  return (
    `${counts} values of ${layer} are NaN or infinite. A channel of nothing else is hatched; ` +
    "elsewhere they have the colour of the channel's lowest value."
  );
}

export default { render: view<Traits>("feature-maps", "Feature maps", build) };
