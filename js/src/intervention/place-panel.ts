/**
 * The map that is changed: a rectangle drawn on it, or a cell clicked, is where the next edit holds.
 */
import { asBytes } from "../lib/bytes";
import { colored, paintPicture } from "../lib/canvas";
import { ColorBar } from "../lib/color-bar";
import type { Theme } from "../lib/colormap";
import { claim } from "../lib/controls";
import { h, setText } from "../lib/dom";
import { formatValue } from "../lib/format";
import { cellAt, shownAspect } from "../lib/geometry";
import type { Position } from "../lib/model";
import { Panel } from "../lib/panel";
import { Mark, Stage } from "../lib/stage";
import { colorsOf } from "./colors";
import { type InterventionFrame, type Region, regionBetween, regionByKey } from "./frame";

export class PlacePanel {
  private readonly stage = new Stage("The map that is changed");
  private readonly mark = new Mark(this.stage, "region");
  private readonly number = h("div", { class: "cv-figure" });
  private readonly bar = new ColorBar();
  private readonly scratch = document.createElement("canvas");
  private readonly panel = new Panel("place", this.stage.element, this.bar.element);
  private grid: [rows: number, cols: number] = [1, 1];
  private region: Region | null = null;
  private start: Position | null = null;

  readonly element = this.panel.element;
  readonly stageElement = this.stage.element;

  constructor(
    private readonly choose: (region: Region | null) => void,
    signal: AbortSignal,
  ) {
    const { element, frame } = this.stage;
    element.append(this.number);
    element.tabIndex = 0;
    element.setAttribute("role", "group");
    element.setAttribute(
      "aria-label",
      "Region: arrow keys move it, with Shift they resize it, Escape takes the whole map",
    );
    const on = { signal };
    frame.addEventListener("pointerdown", (event) => this.begin(event), on);
    frame.addEventListener("pointermove", (event) => this.draw(event), on);
    frame.addEventListener("pointerup", (event) => this.end(event), on);
    frame.addEventListener("pointercancel", () => this.cancel(), on);
    element.addEventListener("keydown", (event) => this.key(event), on);
  }

  paint(frame: InterventionFrame, region: Region | null, theme: Theme): void {
    const { rows, cols, low, high } = frame.own;
    this.grid = [rows, cols];
    const spatial = rows * cols > 1;
    this.panel.title(`${frame.layer}:${frame.channel}`);
    this.stage.frame.hidden = !spatial;
    this.number.hidden = spatial;
    const { element } = this.stage;
    element.classList.toggle("cv-vector", !spatial);
    element.style.setProperty("--cv-aspect", String(shownAspect(rows, cols)));
    const codes = asBytes(frame.own_codes);
    const colors = colorsOf(low, theme);
    this.bar.paint(colors, [low, high]);
    if (spatial) {
      const [width] = this.stage.fit(shownAspect(rows, cols));
      paintPicture(
        this.stage.canvas,
        this.scratch,
        colored(codes, colors, cols, rows),
        width,
        "crisp",
      );
    } else {
      setText(this.number, formatValue(low + (codes[0] / 255) * (high - low)));
    }
    if (this.start === null) this.place(region);
  }

  private place(region: Region | null): void {
    this.region = region;
    const [rows, cols] = this.grid;
    const rect = region && {
      x: region[1],
      y: region[0],
      width: region[3] - region[1],
      height: region[2] - region[0],
    };
    this.mark.place(rows * cols > 1 ? rect : null, cols, rows);
    const words = region
      ? `rows ${span(region[0], region[2])}, columns ${span(region[1], region[3])}`
      : rows * cols > 1
        ? "whole map · draw a region"
        : "";
    this.panel.say(words);
    this.stage.label(`The map that is changed, ${region ? words : "all of it"}`);
  }

  private begin(event: PointerEvent): void {
    const cell = this.under(event);
    if (!cell || event.button !== 0) return;
    this.start = cell;
    this.stage.frame.setPointerCapture(event.pointerId);
    this.place(regionBetween(cell, cell));
  }

  private draw(event: PointerEvent): void {
    const cell = this.start && this.under(event);
    if (this.start && cell) this.place(regionBetween(this.start, cell));
  }

  private end(event: PointerEvent): void {
    if (this.start === null) return;
    this.draw(event);
    this.start = null;
    this.choose(this.region);
  }

  private cancel(): void {
    this.start = null;
  }

  private key(event: KeyboardEvent): void {
    const [rows, cols] = this.grid;
    if (rows * cols === 1) return;
    const next = regionByKey(this.region, event.key, event.shiftKey, rows, cols);
    if (next === undefined) return;
    claim(event);
    this.choose(next);
  }

  /** The cell under the pointer, or the nearest one while a region is drawn. */
  private under(event: PointerEvent): Position | null {
    const inside = (share: number) => Math.min(0.999999, Math.max(0, share));
    const [x, y] = this.stage.share(event);
    return cellAt(...this.grid, 1, 1, inside(x), inside(y));
  }
}

function span(first: number, end: number): string {
  return end - first === 1 ? String(first) : `${first} to ${end - 1}`;
}
