/**
 * Which attention is looked at, by which token, and how it is shown.
 */
import type { AnyModel } from "@anywidget/types";
import { type Option, Select, Slider } from "../lib/controls";
import { h } from "../lib/dom";
import { type AttentionLayer, ownQuery, type Traits } from "./frame";

const SHOWS: Option[] = [
  { value: "head", text: "one head" },
  { value: "mean", text: "mean of the heads" },
  { value: "rollout", text: "rollout to the input" },
  { value: "flow", text: "flow to the input" },
];
const SCALES: Option[] = [
  { value: "head", text: "per head" },
  { value: "all", text: "all alike" },
];
/** Tokens in the list of queries at most; others are pointed at. */
const LISTED = 64;

export type Change = (changed: Partial<Traits>) => void;

export class Toolbar {
  readonly element: HTMLElement;
  private readonly layer: Slider;
  private readonly head: Slider;
  private readonly show: Select;
  private readonly query: Select;
  private readonly display: Select;
  private readonly scale: Select;

  constructor(change: Change, moveLayer: (index: number) => void, signal: AbortSignal) {
    this.layer = new Slider("Layer", moveLayer, signal);
    this.head = new Slider("Head", (head) => change({ head, show: "head" }), signal);
    this.show = new Select("Show", (show) => change({ show } as Partial<Traits>), signal);
    this.query = new Select("Query", (query) => change({ query: Number(query) }), signal);
    this.display = new Select(
      "Display",
      (display) => change({ display } as Partial<Traits>),
      signal,
    );
    this.scale = new Select("Scale", (scale) => change({ scale } as Partial<Traits>), signal);
    this.element = h(
      "div",
      { class: "cv-toolbar" },
      this.layer.element,
      this.head.element,
      this.show.element,
      this.query.element,
      this.display.element,
      this.scale.element,
    );
  }

  paint(model: AnyModel<Traits>): void {
    const layers = model.get("layers");
    const index = Math.max(0, layers.findIndex(({ name }) => name === model.get("layer")));
    const info = layers[index];
    const detail = info ? `${info.queries}×${info.keys}` : "";
    this.layer.set(index, layers.length - 1, info?.name ?? "none", detail);
    const last = (info?.heads ?? 1) - 1;
    const one = model.get("show") === "head";
    this.head.set(model.get("head"), last, one ? String(model.get("head")) : "all", `/ ${last}`);
    this.show.set(model.get("show"), SHOWS);
    const own = info ? ownQuery(info, model.get("query")) : null;
    if (info && own !== null) this.query.set(String(own), ownQueries(info));
    else this.query.set(String(model.get("query")), queries(model));
    const picture = model.get("grid") ? "on the picture" : "one query";
    this.display.set(model.get("display"), [
      { value: "picture", text: picture },
      { value: "matrix", text: "matrix of all tokens" },
    ]);
    this.scale.set(model.get("scale"), SCALES);
  }
}

/** Those of a layer whose queries are not the tokens. */
function ownQueries({ queries }: AttentionLayer): Option[] {
  const numbers = Array.from({ length: Math.min(queries, LISTED) }, (_, at) => at);
  return numbers.map((at) => ({ value: String(at), text: `query ${at}` }));
}

/** The tokens to choose from: class tokens and the chosen patch, or all words. */
function queries(model: AnyModel<Traits>): Option[] {
  const tokens = model.get("tokens");
  const grid = model.get("grid");
  const chosen = model.get("query");
  const numbers = grid ? [...grid.others] : tokens.slice(0, LISTED).map((_, token) => token);
  if (grid && grid.others.includes(chosen)) {
    const middle = Math.floor(grid.rows / 2) * grid.columns + Math.floor(grid.columns / 2);
    numbers.push(grid.first + middle);
  }
  if (!numbers.includes(chosen)) numbers.push(chosen);
  return numbers.map((token) => ({ value: String(token), text: name(token) }));

  function name(token: number): string {
    if (!grid || grid.others.includes(token)) return grid ? tokens[token] : `${token}: ${tokens[token]}`;
    return `patch at ${tokens[token]}`;
  }
}
