/**
 * The pairs: each patch beside what fired the unit in it, all at one scale.
 */
import { paintPicture, type Picture } from "../lib/canvas";
import { button } from "../lib/controls";
import { h, setText } from "../lib/dom";
import { formatValue, plural } from "../lib/format";
import { Panel } from "../lib/panel";
import { Stage } from "../lib/stage";
import {
  centred,
  columnsFor,
  type DeconvolutionFrame,
  longestSide,
  type Pair,
  readPairs,
} from "./pairs";
import { MOST } from "./toolbar";

/** Patches up to this many pixels a side are shown as squares: blended, nothing would be left. */
const TINY = 24;

export class PairsPanel {
  private readonly tiles = Array.from({ length: MOST }, () => new Tile());
  private readonly bar = h("div", { class: "cv-progress", role: "progressbar" });
  private readonly grid = h(
    "div",
    { class: "cv-pairs" },
    ...this.tiles.map(({ element }) => element),
  );
  private readonly none = h("div", { class: "cv-empty" });
  private readonly panel = new Panel("units", this.bar, this.grid, this.none);
  private readonly unpin: HTMLButtonElement;
  private frame: DeconvolutionFrame | null = null;
  private pairs: Pair[] = [];

  readonly element = this.panel.element;
  readonly stageElement = this.grid;

  constructor(point: (index: number | null) => void, unpin: () => void, signal: AbortSignal) {
    this.bar.setAttribute("aria-label", "Pictures searched");
    this.unpin = button("Strongest instead", "latest", unpin, signal);
    this.unpin.classList.add("cv-plain");
    this.panel.header.append(this.unpin);
    this.tiles.forEach(({ element }, index) => {
      element.addEventListener("pointerenter", () => point(index), { signal });
      element.addEventListener("pointerleave", () => point(null), { signal });
    });
  }

  paint(frame: DeconvolutionFrame, running: boolean): void {
    if (frame !== this.frame) {
      this.frame = frame;
      this.pairs = readPairs(frame);
    }
    const searching = frame.show === "top" && running;
    const count = searching ? MOST : this.pairs.length;
    this.panel.title(`${frame.layer}:${frame.channel}`);
    this.panel.say(summary(frame));
    this.unpin.hidden = !frame.pinned;
    this.paintBar(frame, searching);
    this.grid.style.setProperty("--cv-columns", String(columnsFor(count)));
    this.grid.hidden = count === 0;
    this.none.hidden = count > 0;
    setText(this.none, "No patch fires this channel");
    const side = longestSide(this.pairs);
    this.tiles.forEach((tile, index) => {
      tile.element.hidden = index >= count;
      if (index < count) tile.paint(this.pairs[index] ?? null, side);
    });
  }

  private paintBar({ progress }: DeconvolutionFrame, searching: boolean): void {
    this.bar.hidden = !searching || typeof progress !== "number";
    const percent = Math.round(100 * (progress ?? 0));
    this.bar.style.setProperty("--cv-share", String(progress ?? 0));
    this.bar.setAttribute("aria-valuenow", String(percent));
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

  paint(pair: Pair | null, side: number): void {
    setText(this.value, pair ? formatValue(pair.unit.activation) : "");
    setText(this.place, pair ? whereabouts(pair) : "");
    for (const { frame } of this.stages) frame.hidden = pair === null;
    if (!pair) return;
    const [width] = this.stages[0].fit(1);
    const wanted = [pair, side, width, devicePixelRatio];
    if (wanted.every((item, index) => item === this.painted[index])) return;
    this.painted = wanted;
    const what = describe(pair);
    this.paintStage(this.stages[0], pair.patch, side, `Patch of ${what}`);
    this.paintStage(this.stages[1], pair.reconstruction, side, `Reconstruction from ${what}`);
  }

  private paintStage(stage: Stage, picture: Picture, side: number, label: string): void {
    const [width] = stage.fit(1);
    const look = side <= TINY ? "crisp" : "smooth";
    paintPicture(stage.canvas, this.scratch, centred(picture, side), width, look);
    stage.label(label);
  }
}

function summary(frame: DeconvolutionFrame): string {
  if (frame.show === "top") return `${plural(frame.searched ?? 0, "picture")} searched`;
  if (frame.pinned) return "the unit at a place";
  return frame.units.length === 1 ? "the strongest unit" : `the ${frame.units.length} strongest units`;
}

function whereabouts({ unit, source }: Pair): string {
  return source === null ? `at (${unit.row}, ${unit.column})` : `in picture ${source}`;
}

function describe({ unit, source }: Pair): string {
  const at = `unit (${unit.row}, ${unit.column})`;
  const where = source === null ? at : `${at} in picture ${source}`;
  return `${where}, activation ${formatValue(unit.activation)}`;
}
