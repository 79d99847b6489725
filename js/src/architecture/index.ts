/**
 * Architecture: the layers of a network as a graph whose blocks fold.
 *
 * The kernel sends the graph once, and one frame with the thumbnails and statistics of all layers
 * for each image. Layout, folding, search, colours and zoom are the page's own.
 */
import { claim } from "../lib/controls";
import { followSize } from "../lib/canvas";
import { freshId, h } from "../lib/dom";
import { plural } from "../lib/format";
import { receiveFrames } from "../lib/frames";
import { type CommonTraits, follow } from "../lib/model";
import { Notice } from "../lib/notice";
import { Panel } from "../lib/panel";
import { type Shell, view } from "../lib/shell";
import { themeOf } from "../lib/theme";
import { cardSize } from "./card";
import { type ColorBy, type Coloring, coloring } from "./colors";
import { Drawing } from "./drawing";
import { Graph, type GraphData, type Item } from "./graph";
import { stepFrom } from "./keys";
import { type Box, type Direction, type Layout, Planner } from "./layout";
import { LegendRow } from "./legend";
import { asSvg, savePng, saveSvg } from "./save";
import { type Inks, inksOf, s } from "./svg";
import { Tiles, type TilesFrame } from "./tiles";
import { Toolbar } from "./toolbar";
import { LEGIBLE, Viewport } from "./viewport";
import { describe, formatLarge } from "./words";

interface Traits extends CommonTraits<TilesFrame> {
  graph: GraphData;
  layer: string;
  unfolded: string[];
  color: ColorBy;
}

/** Narrower, and the network runs down the page instead of along it. */
const WIDE = 720;
const HIGHEST = { right: 620, down: 760 } as const;
const LOWEST = 150;
const ROOM = 32;

/** What was drawn last, with what it was drawn from. */
interface Scene {
  graph: Graph;
  direction: Direction;
  pictures: boolean;
  unfolded: ReadonlySet<string>;
  planner: Planner;
  layout: Layout;
}

function build({ model, root, signal, painter, saver }: Shell<Traits>): () => void {
  let tiles: Tiles | null = null;
  let scene: Scene | null = null;
  let inks: Inks | null = null;
  let words = "";
  let found: string[] = [];
  let held: string | null = null; // what was folded or unfolded, and stays where it is
  let reveal: string | null = null;
  let shownLayer = "";
  let hovered: Item | null = null;

  const drawing = new Drawing();
  const svg = s("svg", { role: "img", width: "100%", height: "100%" });
  svg.append(drawing.content);
  const hint = h("span", { id: freshId(), class: "cv-hidden" }, HELP);
  const stage = h("div", {
    class: "cv-graph",
    tabindex: 0,
    role: "group",
    "aria-label": "Layers: arrow keys go along the lines",
    "aria-describedby": hint.id,
    "data-scrolls": true,
  });
  stage.append(svg);
  const viewport = new Viewport(stage, drawing.content, signal);
  const legend = new LegendRow();
  const failed = new Notice();
  const panel = new Panel("architecture", stage, legend.element, hint);
  panel.header.setAttribute("aria-live", "polite");

  const unfolded = () => new Set(model.get("unfolded"));
  const setUnfolded = (names: Iterable<string>) => {
    model.set("unfolded", [...names]);
    painter.request();
    saver.soon();
  };
  const toggle = (name: string) => {
    const now = unfolded();
    held = name;
    if (!now.delete(name)) now.add(name);
    setUnfolded(now);
  };
  const choose = (layer: string | null) => {
    if (layer === null || layer === model.get("layer")) return;
    model.set("layer", layer);
    painter.request();
    saver.soon();
  };
  /** Unfolds all that is around a layer. */
  const open = (layer: string) => {
    const around = scene?.graph.around(layer) ?? [];
    const now = unfolded();
    if (around.every((name) => now.has(name))) return;
    held = null;
    setUnfolded([...now, ...around.filter((name) => !now.has(name))]);
  };
  const search = (text: string) => {
    words = text.trim();
    painter.request();
  };
  const next = (back: boolean) => {
    if (found.length === 0) return;
    const at = found.indexOf(model.get("layer"));
    const step = back ? (at <= 0 ? found.length - 1 : at - 1) : (at + 1) % found.length;
    open(found[step]);
    choose(found[step]);
    reveal = found[step];
    painter.request();
  };
  const foldAll = (fold: boolean) => {
    held = null;
    viewport.moved = false;
    setUnfolded(fold ? [] : (scene?.graph.data.groups.map(({ name }) => name) ?? []));
  };
  const save = (kind: "svg" | "png") => {
    if (!scene || !inks) return;
    const text = asSvg(drawing.content, scene.layout, inks);
    if (kind === "svg") saveSvg(text);
    else void savePng(text, scene.layout).then(() => failed.say("", "warning"), () => failed.say(TOO_LARGE, "warning"));
  };
  const toolbar = new Toolbar(
    {
      search,
      next,
      foldAll,
      save,
      color: (by) => {
        model.set("color", by);
        painter.request();
        saver.soon();
      },
      zoom: (times) => viewport.zoom(times),
      fit: () => scene && viewport.fit(scene.layout),
    },
    signal,
  );
  root.append(toolbar.element, failed.element, panel.element);

  // --- the pointer

  const named = (event: Event, kind: string) =>
    (event.target as Element).closest<SVGElement>(kind)?.dataset ?? {};
  const itemOf = (name: string | undefined) =>
    (name === undefined ? undefined : scene?.graph.items.get(name)) ?? null;
  const click = (event: MouseEvent) => {
    const { fold } = named(event, ".cv-fold");
    if (fold !== undefined) toggle(fold);
    else choose(itemOf(named(event, ".cv-card").name)?.layer ?? null);
  };
  const doubleClick = (event: MouseEvent) => {
    const { name } = named(event, ".cv-card, .cv-block");
    if (name !== undefined && !named(event, ".cv-fold").fold && scene?.graph.isGroup(name)) {
      toggle(name);
    }
  };
  const hover = (event: PointerEvent) => {
    const flow = (event.target as Element).closest<SVGElement>(".cv-flow");
    if (inks) drawing.point(flow, inks);
    hovered = itemOf(named(event, ".cv-card, .cv-block").name);
    say(flow);
  };
  const leave = () => {
    if (inks) drawing.point(null, inks);
    hovered = null;
    say(null);
  };
  const say = (flow: SVGElement | null) => {
    if (flow) {
      const { source, target, shape } = flow.dataset;
      panel.say(`${source} → ${target?.replace(/^.*:/, "")}: ${shape}`);
      return;
    }
    const item = hovered ?? itemOf(model.get("layer"));
    panel.say(item ? describe(item) : "");
  };
  stage.addEventListener("click", click, { signal });
  stage.addEventListener("dblclick", doubleClick, { signal });
  stage.addEventListener("pointerover", hover, { signal });
  stage.addEventListener("pointerleave", leave, { signal });

  // --- keys

  const foldHere = () => {
    if (!scene) return;
    const layer = model.get("layer");
    const seen = scene.graph.seen(layer, scene.unfolded);
    const block = scene.graph.isGroup(seen) ? seen : scene.graph.around(layer)[0];
    if (block !== undefined) toggle(block);
  };
  const key = (event: KeyboardEvent) => {
    if (!scene || event.ctrlKey || event.metaKey || event.altKey) return;
    const { graph, layout, direction } = scene;
    const acts: Record<string, () => void> = {
      "+": () => viewport.zoom(1.25),
      "=": () => viewport.zoom(1.25),
      "-": () => viewport.zoom(1 / 1.25),
      "0": () => viewport.fit(layout),
      Enter: foldHere,
    };
    if (event.key in acts) {
      claim(event);
      acts[event.key]();
    } else if (event.key.startsWith("Arrow")) {
      claim(event);
      const layer = model.get("layer");
      const links = graph.shownLinks(scene.unfolded);
      const cards = graph.shown(scene.unfolded);
      const first = cards.find((name) => graph.items.get(name)?.layer);
      const from = layer && graph.seen(layer, scene.unfolded);
      const to = from ? stepFrom(from, event.key, direction, layout.boxes, links) : first;
      const item = itemOf(to ?? undefined);
      if (!item?.layer) return;
      choose(item.layer);
      reveal = item.name;
    }
  };
  stage.addEventListener("keydown", key, { signal });

  const repaint = () => painter.request();
  followSize([stage], repaint, signal);
  follow(model, ["graph", "layer", "unfolded", "color", "state"], repaint, signal);
  receiveFrames(
    model,
    (frame) => {
      tiles = new Tiles(frame);
      painter.request(frame.number);
    },
    signal,
  );

  // --- painting

  const plan = (): boolean => {
    const data = model.get("graph");
    const pictures = tiles !== null || model.get("state") === "running";
    const direction: Direction = root.clientWidth >= WIDE ? "right" : "down";
    const now = unfolded();
    const graph = scene?.graph.data === data ? scene.graph : new Graph(data);
    const kept =
      scene && scene.graph === graph && scene.direction === direction && scene.pictures === pictures;
    if (kept && scene && same(scene.unfolded, now)) return false;
    const planner = kept && scene ? scene.planner : makePlanner(graph, direction, pictures);
    const before = scene?.layout.boxes.find(({ name }) => name === held);
    const layout = planner.plan(now);
    const turned = !scene || scene.direction !== direction;
    scene = { graph, direction, pictures, unfolded: now, planner, layout };
    if (turned) viewport.moved = false;
    const scale = viewport.moved || held !== null ? viewport.scale : 0;
    fitStage(stage, layout, direction, scale);
    const after = layout.boxes.find(({ name }) => name === held);
    const sideways = direction === "right";
    if (before && after && !turned) viewport.hold(before, after, sideways);
    if (viewport.moved) viewport.centre(layout, sideways);
    if (after) viewport.reveal(heading(after));
    held = null;
    return true;
  };

  return () => {
    const planned = plan();
    if (!scene) return;
    const { graph, direction, layout, pictures } = scene;
    const theme = themeOf(root);
    const current = inksOf(root);
    if (JSON.stringify(current) !== JSON.stringify(inks)) inks = current;
    const ink = inks ?? current;
    const layer = model.get("layer");
    const chosen = layer === "" ? "" : graph.seen(layer, scene.unfolded);
    const items = graph.shown(scene.unfolded).flatMap((name) => graph.items.get(name) ?? []);
    const colors: Coloring = coloring(model.get("color"), items, tiles, theme);
    found = words === "" ? [] : graph.search(words);
    const lit = new Set(found.map((name) => graph.seen(name, scene?.unfolded ?? new Set())));
    drawing.draw({
      graph,
      layout,
      direction,
      inks: ink,
      look: (item) => ({
        item,
        direction,
        pictures,
        color: colors.colorOf(item),
        thumbnail: tiles?.thumbnail(item.layer, theme) ?? null,
        chosen: item.name === chosen,
        dim: words !== "" && !lit.has(item.name),
        inks: ink,
      }),
    });
    if (!viewport.moved) viewport.open(layout);
    else if (planned) keepInSight(viewport, layout, chosen);
    if (reveal !== null || layer !== shownLayer) show(layout, reveal ?? chosen);
    reveal = null;
    shownLayer = layer;
    svg.setAttribute("font-family", ink.font);
    svg.setAttribute("aria-label", label(graph, items));
    panel.title("Architecture");
    say(null);
    legend.paint(colors.legend, model.get("color"));
    const folds = graph.data.groups.length > 0;
    toolbar.paint(model.get("color"), foundWords(words, found, layer), tiles !== null, folds);
    root.dataset.layer = layer;
    root.dataset.shown = String(items.length);
    root.dataset.direction = direction;
  };

  function show(layout: Layout, name: string): void {
    const box = layout.boxes.find((box) => box.name === name && !box.open);
    if (box) viewport.reveal(box);
  }
}

function makePlanner(graph: Graph, direction: Direction, pictures: boolean): Planner {
  const sideways = direction === "right";
  return new Planner(graph, {
    direction,
    card: cardSize(direction, pictures),
    along: 18, // of the layout's ranks, of which every second is for bends
    across: sideways ? 20 : 24,
    ends: sideways ? 32 : 24,
    sides: 14,
    heading: 16,
  });
}

/** The part of a thing by which it is known: of an open block, where its name stands. */
function heading(box: Box): Box {
  return box.open ? { ...box, width: Math.min(box.width, 160), height: 32 } : box;
}

/**
 * As high as the drawing needs, and never lower than it was.
 *
 * @param scale of the drawing; 0 where it is still to be opened
 */
function fitStage(stage: HTMLElement, layout: Layout, direction: Direction, scale: number): void {
  const whole = Math.min(1, (stage.clientWidth - ROOM) / layout.width);
  const wanted = layout.height * (scale || Math.max(whole, LEGIBLE)) + ROOM + 4;
  const height = Math.round(Math.max(LOWEST, Math.min(HIGHEST[direction], wanted)));
  if (stage.dataset.direction !== direction || height > stage.clientHeight) {
    stage.style.height = `${height}px`;
  }
  stage.dataset.direction = direction;
}

/** After folding, the drawing may lie outside of what is seen. */
function keepInSight(viewport: Viewport, layout: Layout, chosen: string): void {
  const whole: Box = { name: "", x: 0, y: 0, ...size(layout), depth: 0, open: false };
  if (viewport.sees(whole)) return;
  viewport.reveal(layout.boxes.find(({ name }) => name === chosen) ?? whole);
}

function size({ width, height }: Layout): { width: number; height: number } {
  return { width, height };
}

function same(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((name) => b.has(name));
}

function label(graph: Graph, items: readonly Item[]): string {
  const { layers } = graph.data;
  const parameters = layers.reduce((sum, layer) => sum + layer.parameters, 0);
  const shown = items.filter(({ layer }) => layer !== null).length;
  return (
    `Graph of ${plural(layers.length, "layer")} with ${formatLarge(parameters)} parameters, ` +
    `shown as ${plural(shown, "card")}`
  );
}

function foundWords(words: string, found: readonly string[], layer: string): string {
  if (words === "") return "";
  const at = found.indexOf(layer);
  return at < 0 ? `${found.length} found` : `${at + 1} of ${found.length}`;
}

const HELP =
  "Arrow keys go along the lines, Enter folds and unfolds a block, plus and minus zoom, 0 fits " +
  "all. Drag moves; the wheel zooms once the graph has the focus.";
const TOO_LARGE = "The picture is too large for this browser. Fold some blocks, or save it as SVG.";

export default { render: view<Traits>("architecture", "Architecture", build) };
