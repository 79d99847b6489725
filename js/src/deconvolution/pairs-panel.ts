/**
 * The pairs: each patch beside what fired the unit in it, all at one scale.
 */
import { paintPicture, type Picture } from "../lib/canvas";
import { h, setText } from "../lib/dom";
import { formatValue, plural } from "../lib/format";
import { Panel } from "../lib/panel";
import { Progress } from "../lib/progress";
import { Stage } from "../lib/stage";
import {
  columnsFor,
  commonSize,
  type DeconvolutionFrame,
  type Pair,
  placed,
  readPairs,
} from "./pairs";
import { MOST } from "./toolbar";

/** Patches up to this many pixels a side are shown as squares: blended, nothing would be left. */
const TINY = 24;

export class PairsPanel {
  private readonly tiles = Array.from({ length: MOST }, () => new Tile());
  private readonly progress = new Progress("Pictures searched");
  private readonly grid = h(
    "div",
    { class: "cv-pairs" },
    ...this.tiles.map(({ element }) => element),
  );
  private readonly none = h("div", { class: "cv-empty" });
  private readonly panel = new Panel("units", this.progress.element, this.grid, this.none);
  private readonly unpin = h(
    "button",
    { type: "button", class: "cv-button cv-plain" },
    "Strongest instead",
  );
  private frame: DeconvolutionFrame | null = null;
  private pairs: Pair[] = [];

  readonly element = this.panel.element;
  readonly stageElement = this.grid;

  constructor(point: (index: number | null) => void, unpin: () => void, signal: AbortSignal) {
    this.unpin.addEventListener("click", unpin, { signal });
    this.panel.header.append(this.unpin);
    this.tiles.forEach(({ element }, index) => {
      element.addEventListener("pointerenter", () => point(index), { signal });
      element.addEventListener("pointerleave", () => point(null), { signal });
    });
  }

  /** @param spatial whether the frame's layer has places */
  paint(frame: DeconvolutionFrame, spatial: boolean, running: boolean): void {
    if (frame !== this.frame) {
      this.frame = frame;
      this.pairs = readPairs(frame);
    }
    const searching = frame.show === "top" && running;
    const count = searching ? MOST : this.pairs.length;
    this.panel.title(`${frame.layer}:${frame.channel}`);
    this.panel.say(summary(frame, spatial));
    this.unpin.hidden = !frame.pinned;
    const share = frame.progress ?? 0;
    this.progress.element.hidden = !searching;
    this.progress.paint(share, 1, `${Math.round(100 * share)} %`, searching);
    this.element.style.setProperty("--cv-columns", String(columnsFor(count || MOST)));
    this.grid.hidden = count === 0;
    this.none.hidden = count > 0;
    setText(this.none, "No patch fires this channel");
    const size = commonSize(this.pairs);
    this.grid.style.setProperty("--cv-aspect", String(size[0] / size[1]));
    this.tiles.forEach((tile, index) => {
      tile.element.hidden = index >= count;
      if (index < count) tile.paint(this.pairs[index] ?? null, size, spatial);
    });
  }
}

/** One pair, or the place where one may come. */
class Tile {
  private readonly stages = [new Stage("Patch"), new Stage("Reconstruction")];
  private readonly value = h("span");
  private readonly place = h("span", { class: "cv-quiet" });
  private readonly scratch = document.createElement("canvas");
  private painted: unknown[] = [];

  readonly element = h(
    "figure",
    { class: "cv-pair" },
    ...this.stages.map(({ element }) => element),
    h("figcaption", {}, this.value, " ", this.place),
  );

  paint(pair: Pair | null, size: [number, number], spatial: boolean): void {
    setText(this.value, pair ? formatValue(pair.unit.activation) : "");
    setText(this.place, pair ? whereabouts(pair, spatial) : "");
    for (const { frame } of this.stages) frame.hidden = pair === null;
    if (!pair) return;
    const [width] = this.stages[0].fit(size[0] / size[1]);
    const wanted = [pair, String(size), width, devicePixelRatio];
    if (wanted.every((item, index) => item === this.painted[index])) return;
    this.painted = wanted;
    const look = Math.max(...size) <= TINY ? "crisp" : "smooth";
    const paint = (stage: Stage, picture: Picture, label: string) => {
      const [width] = stage.fit(size[0] / size[1]);
      paintPicture(stage.canvas, this.scratch, placed(picture, pair.unit, size), width, look);
      stage.label(label);
    };
    paint(this.stages[0], pair.patch, `Patch of ${describe(pair)}`);
    paint(this.stages[1], pair.reconstruction, `Reconstruction from ${describe(pair)}`);
  }
}

function summary(frame: DeconvolutionFrame, spatial: boolean): string {
  if (frame.show === "top") return `${plural(frame.searched ?? 0, "picture")} searched`;
  if (!spatial) return "the only unit";
  if (frame.pinned) return "pinned unit";
  const count = frame.units.length;
  return count === 1 ? "the strongest unit" : `the ${count} strongest units`;
}

function whereabouts({ unit, source }: Pair, spatial: boolean): string {
  if (source !== null) return `in picture ${source}`;
  return spatial ? `at (${unit.row}, ${unit.column})` : "";
}

function describe({ unit, source }: Pair): string {
  const at = `unit (${unit.row}, ${unit.column})`;
  const where = source === null ? at : `${at} in picture ${source}`;
  return `${where}, activation ${formatValue(unit.activation)}`;
}
