/**
 * Attention: what a token looks at, in every layer and head, and one of them large.
 *
 * The kernel answers each query with one frame that holds all heads; which of them is large, the
 * scale and the display need no more than what that frame or the next one brings.
 */
import { followSize } from "../lib/canvas";
import { h, setText } from "../lib/dom";
import { readTraits, receiveFrames } from "../lib/frames";
import { moveThroughLayers } from "../lib/layers";
import { follow, type State } from "../lib/model";
import { type Shell, view } from "../lib/shell";
import { themeOf } from "../lib/theme";
import { TokenStrip } from "../lib/token-strip";
import { lookerOf, ownQuery, readWeights, type Show, type Traits, type Weights } from "./frame";
import { HeadsChart } from "./heads-chart";
import { LookingFrom } from "./looking-from";
import { MapPanel } from "./map-panel";
import { QueryPanel } from "./query-panel";
import { TilesPanel } from "./tiles-panel";
import { type Change, Toolbar } from "./toolbar";

const WATCHED = [
  "layers", "grid", "tokens", "layer", "head", "query", "show", "display", "scale", "picture",
  "notes", "state",
] as const; // prettier-ignore

function build({ model, root, signal, painter, saver, kernel }: Shell<Traits>): () => void {
  let weights: Weights | null = null;
  let given = readTraits(model, "layers", "grid", "tokens", "notes", "picture");

  const change: Change = (changed) => {
    for (const [name, value] of Object.entries(changed)) model.set(name as keyof Traits, value);
    painter.flush();
    if ("display" in changed || "scale" in changed) saver.soon();
    else kernel.askBySaving();
  };
  const looking = new LookingFrom((token) => {
    if (model.get("show") === "flow") return;
    kernel.send(token === null ? { type: "look" } : { type: "look", token });
  });
  signal.addEventListener("abort", () => looking.dispose());
  const choose = (query: number) => change({ query });
  const chooseHead = (layer: string, head: number) => change({ layer, head, show: "head" });

  const moveLayer = moveThroughLayers(root, model, (layer) => change({ layer }), signal);
  const toolbar = new Toolbar(change, moveLayer, signal);
  const query = new QueryPanel({ look: (token) => looking.look(token), choose }, signal);
  const strip = new TokenStrip(choose, (token) => looking.look(token), signal);
  const map = new MapPanel(choose, signal);
  const tiles = new TilesPanel(chooseHead, signal);
  const distance = new HeadsChart("Mean distance", "pixels", chooseHead, signal);
  const entropy = new HeadsChart("Entropy", "bits", chooseHead, signal);
  const words = h("p", { class: "cv-words cv-quiet" });
  const empty = h("div", { class: "cv-empty" });
  const charts = h("div", { class: "cv-charts" }, distance.element, entropy.element);
  const panels = h(
    "div",
    { class: "cv-panels" },
    query.element,
    strip.element,
    map.element,
    tiles.element,
    charts,
  );
  root.append(toolbar.element, panels, words, empty);

  const repaint = () => painter.request();
  followSize(
    [query, map, tiles, distance, entropy].map(({ stageElement }) => stageElement),
    repaint,
    signal,
  );
  follow(model, WATCHED, repaint, signal);
  receiveFrames(
    model,
    (frame) => {
      given = readTraits(model, "layers", "grid", "tokens", "notes", "picture");
      weights = readWeights(frame, given.layers);
      painter.request(frame.number);
      looking.answered(frame.query);
    },
    signal,
  );

  return () => {
    toolbar.paint(model);
    panels.hidden = words.hidden = !weights;
    empty.hidden = weights !== null;
    empty.textContent = emptyWords(model.get("state"));
    if (!weights) return;
    const { frame } = weights;
    const { layers, grid, tokens, picture } = given;
    const [layer, show] = [model.get("layer"), model.get("show")];
    const theme = themeOf(root);
    const info = layers.find(({ name }) => name === frame.layer) ?? layers[0];
    // another layer may have fewer heads; the kernel has not said so yet
    const heads = layers.find(({ name }) => name === layer)?.heads ?? 1;
    const head = Math.min(model.get("head"), heads - 1);
    const other = show === "head" && frame.head !== head;
    const stale = frame.layer !== layer || frame.show !== show || other || given.tokens !== model.get("tokens");
    panels.classList.toggle("cv-stale", stale && frame.progress === 1);
    const title = titleOf(frame.show, frame.head, frame.progress);
    const pictured = grid !== null && picture !== null;
    const matrix = model.get("display") === "matrix" || !pictured ? weights.matrix : null;
    panels.dataset.kind = pictured ? "patches" : "tokens";
    if (picture) panels.style.setProperty("--cv-aspect", String(picture.width / picture.height));
    query.element.hidden = !pictured;
    strip.element.hidden = pictured;
    map.element.hidden = !pictured && !matrix;
    const chosen = model.get("query");
    const looker = lookerOf(info, chosen, tokens);
    if (pictured) query.paint(picture, grid, chosen, looker, ownQuery(info, chosen) !== null);
    else paintStrip(strip, tokens, weights, chosen, title, lookerOf(info, frame.query, tokens));
    map.element.dataset.display = matrix ? "matrix" : "picture";
    if (matrix) {
      map.paintMatrix(matrix, [info.queries, info.keys], weights, tokens, theme, title);
    } else if (pictured) {
      const looks = lookerOf(info, frame.query, tokens);
      map.paintPicture(picture, grid, weights, tokens, looks, theme, title);
    }
    const scale = model.get("scale");
    const one = show === "head";
    tiles.paint({ layers, layer, head, one, grid: pictured ? grid : null, weights, scale, theme });
    distance.element.hidden = !weights.distance?.some(Number.isFinite);
    if (weights.distance) distance.paint(layers, weights.distance, layer, head, null);
    const most = Math.log2(Math.max(...layers.map(({ keys }) => keys)));
    entropy.paint(layers, weights.entropy, layer, head, most);
    const said = [grid?.words ?? "", ...given.notes].join(" ");
    setText(words, note(frame.show, model.get("display"), said));
    Object.assign(root.dataset, {
      layer: frame.layer,
      head: String(frame.head),
      query: String(frame.query),
      show: frame.show,
    });
  };
}

function paintStrip(
  strip: TokenStrip,
  tokens: readonly string[],
  { row }: Weights,
  chosen: number,
  title: string,
  looks: string,
): void {
  const label = `Tokens, shaded by what ${looks} looks at`;
  strip.paint({ tokens, values: row, chosen, title, line: `${looks} looks at`, label });
}

function titleOf(show: Show, head: number, progress: number): string {
  const part = progress < 1 ? `, ${Math.floor(100 * progress)} % found` : "";
  const names = { head: `Head ${head}`, mean: "Mean of heads", rollout: "Rollout", flow: "Flow" };
  return `${names[show]}${part}`;
}

function note(show: Show, display: string, grid: string): string {
  const told = {
    head: "",
    mean: "",
    rollout: " Rollout: the layers' matrices up to this one, multiplied, with the residual as half.",
    flow: " Flow: the most that could pass from the query through all layers to each input token.",
  }[show];
  const none = show === "flow" && display === "matrix" ? " It is found for one query at a time." : "";
  return `${grid}${told}${none}`.trim();
}

function emptyWords(state: State): string {
  if (state === "running") return "Computing…";
  return state === "error" ? "Nothing to show" : "No attention yet";
}

export default { render: view<Traits>("attention", "Attention", build) };
