/**
 * Several pictures of one step as a grid of buttons: each says what it climbs and how far it came,
 * and a press selects its channel.
 */
import { pixelRatio } from "../lib/canvas";
import { h, setText } from "../lib/dom";
import { formatValue } from "../lib/format";
import { Stage } from "../lib/stage";
import type { Moment, TileInfo } from "./run";
import { lookOf, paintShown } from "./shown";

/** Which channel is selected, so that its tile is marked. */
export interface Chosen {
  layer: string;
  channel: number;
}

export class TileGrid {
  readonly element = h("div", { class: "cv-tiles", hidden: true });
  private readonly tiles: Tile[] = [];

  constructor(
    private readonly select: (tile: TileInfo) => void,
    private readonly signal: AbortSignal,
  ) {}

  paint(moment: Moment, infos: readonly TileInfo[], chosen: Chosen): void {
    while (this.tiles.length < infos.length) {
      const tile = new Tile(this.select, this.signal);
      this.tiles.push(tile);
      this.element.append(tile.element);
    }
    this.element.style.setProperty("--cv-columns", String(columnsOf(infos.length)));
    this.tiles.forEach((tile, at) => {
      tile.element.hidden = at >= infos.length;
      if (at < infos.length) tile.paint(moment, at, infos[at], chosen);
    });
  }
}

class Tile {
  private readonly stage = new Stage("Ascent picture");
  private readonly name = h("span", { class: "cv-tile-name" });
  private readonly score = h("span", { class: "cv-quiet" });
  private readonly scratch = document.createElement("canvas");
  private info: TileInfo | null = null;
  private painted: unknown[] = [];

  readonly element = h(
    "button",
    { type: "button", class: "cv-tile" },
    this.stage.element,
    h("span", { class: "cv-caption" }, this.name, this.score),
  );

  constructor(select: (tile: TileInfo) => void, signal: AbortSignal) {
    this.element.addEventListener("click", () => this.info && select(this.info), { signal });
  }

  paint(moment: Moment, at: number, info: TileInfo, chosen: Chosen): void {
    const picture = moment.pictures[at];
    const known = info.channel !== null;
    this.info = info;
    setText(this.name, info.label);
    setText(this.score, formatValue(moment.each[at] ?? NaN));
    this.element.title = known ? `Select ${info.label}` : info.label;
    this.element.disabled = !known;
    const pressed = known && info.layer === chosen.layer && info.channel === chosen.channel;
    this.element.setAttribute("aria-pressed", String(pressed));
    this.stage.label(`${picture.samples ? "Wave" : "Picture"} of ${info.label}`);
    this.stage.element.style.aspectRatio = String(picture.width / picture.height);
    const [width, height] = this.stage.fit(picture.width / picture.height);
    const painted = [picture, width, pixelRatio(), lookOf(picture, this.stage.canvas)];
    if (painted.every((item, index) => item === this.painted[index])) return;
    this.painted = painted;
    paintShown(this.stage.canvas, this.scratch, picture, width, height);
  }
}

/** How many stand beside each other: as many as below each other, or one more. */
export function columnsOf(count: number): number {
  return Math.max(1, Math.ceil(Math.sqrt(count)));
}
