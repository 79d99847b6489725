/**
 * The channels of the watched layer that change most: before, after, and the difference.
 */
import { colored, paintPicture, pictureCanvas } from "../lib/canvas";
import { type Palette, palette, type Theme } from "../lib/colormap";
import { h, setText } from "../lib/dom";
import { formatCount, formatValue } from "../lib/format";
import { shownAspect } from "../lib/geometry";
import { Panel } from "../lib/panel";
import { colorsOf } from "./colors";
import { type InterventionFrame, readTiles, type Tile } from "./frame";

const ROWS = ["before", "after", "difference"] as const;

export class MapsPanel {
  private readonly grid = h("div", { class: "cv-tiles" });
  private readonly panel = new Panel("maps", this.grid);
  private readonly columns: Column[] = [];
  private painted: unknown[] = [];
  readonly element = this.panel.element;

  constructor(
    private readonly choose: (channel: number) => void,
    private readonly signal: AbortSignal,
  ) {
    const names = ROWS.map((name) => h("span", { class: "cv-quiet cv-row-name" }, name));
    const mean = h("span", { class: "cv-quiet cv-row-name" }, "mean");
    this.grid.append(h("span"), ...names, mean);
  }

  paint(frame: InterventionFrame, theme: Theme): void {
    this.panel.title(`${frame.seen}, the channels that change most`);
    const counts = `${formatCount(frame.changed)} of ${formatCount(frame.channels)}`;
    this.panel.say(frame.changed ? `${counts} change` : "nothing changes");
    const width = this.grid.clientWidth;
    const wanted = [frame, theme, width, devicePixelRatio];
    if (wanted.every((item, at) => item === this.painted[at])) return;
    this.painted = wanted;
    const tiles = readTiles(frame);
    while (this.columns.length < tiles.length) {
      const column = new Column(this.choose, this.signal);
      this.columns.push(column);
      this.grid.append(...column.elements);
    }
    this.grid.style.setProperty("--cv-columns", String(tiles.length));
    this.grid.style.setProperty("--cv-aspect", String(shownAspect(frame.rows, frame.cols)));
    this.columns.forEach((column, at) => column.show(at < tiles.length));
    tiles.forEach((tile, at) => this.columns[at].paint(tile, frame, theme));
  }
}

class Column {
  readonly elements: HTMLElement[];
  private readonly head: HTMLButtonElement;
  private readonly canvases: HTMLCanvasElement[];
  private readonly mean = h("span", { class: "cv-tile-mean" });
  private readonly scratch = document.createElement("canvas");
  private channel = 0;

  constructor(choose: (channel: number) => void, signal: AbortSignal) {
    this.head = h("button", { type: "button", class: "cv-button cv-plain" });
    this.head.addEventListener("click", () => choose(this.channel), { signal });
    this.canvases = ROWS.map((name) => pictureCanvas(name));
    this.elements = [this.head, ...this.canvases, this.mean];
  }

  show(there: boolean): void {
    for (const element of this.elements) element.hidden = !there;
  }

  paint(tile: Tile, frame: InterventionFrame, theme: Theme): void {
    const { channel, range, means } = tile;
    this.channel = channel;
    setText(this.head, String(channel));
    this.head.title = `Change channel ${channel} of ${frame.seen} next`;
    this.head.setAttribute("aria-label", this.head.title);
    const colors = colorsOf(range[0], theme);
    const apart = palette("diverging", theme);
    ROWS.forEach((name, at) => {
      const shown: Palette = name === "difference" ? apart : colors;
      const words = `Channel ${channel} of ${frame.seen}, ${name}, mean ${formatValue(means[at])}`;
      this.canvases[at].setAttribute("aria-label", words);
      this.canvases[at].title = words;
      const picture = colored(tile[name], shown, frame.cols, frame.rows);
      paintPicture(this.canvases[at], this.scratch, picture, this.canvases[at].clientWidth, "crisp");
    });
    const sign = means[2] > 0 ? "+" : "";
    setText(this.mean, means[2] === 0 ? "0" : `${sign}${formatValue(means[2])}`);
    this.mean.title = `mean ${formatValue(means[0])} before, ${formatValue(means[1])} after`;
  }
}
