/**
 * The channels of the watched layer that change most: before, after, and the difference.
 */
import { colored, context, paintPicture, pictureCanvas, pixelRatio, resize } from "../lib/canvas";
import { cssColor, type Palette, palette, type Theme } from "../lib/colormap";
import { h, setText } from "../lib/dom";
import { formatCount, formatValue } from "../lib/format";
import { shownAspect } from "../lib/geometry";
import { Panel } from "../lib/panel";
import { colorsOf } from "./colors";
import { type InterventionFrame, readTiles, type Tile } from "./frame";

/** CSS pixels of the panel below which fewer channels are shown. */
const NARROW = 430;

const ROWS = ["before", "after", "difference"] as const;

export class MapsPanel {
  private readonly grid = h("div", { class: "cv-tiles" });
  private readonly panel = new Panel("maps", this.grid);
  private readonly mean = h("span", { class: "cv-quiet cv-row-name" });
  private readonly columns: Column[] = [];
  private painted: unknown[] = [];
  readonly element = this.panel.element;

  constructor(
    private readonly choose: (channel: number) => void,
    private readonly signal: AbortSignal,
  ) {
    const names = ROWS.map((name) => h("span", { class: "cv-quiet cv-row-name" }, name));
    this.grid.append(h("span"), ...names, this.mean);
  }

  paint(frame: InterventionFrame, theme: Theme): void {
    const which = frame.changed ? "the channels that change most" : "the strongest channels";
    this.panel.title(`${frame.seen}, ${which}`);
    const counts = `${formatCount(frame.changed)} of ${formatCount(frame.channels)}`;
    const most = `by up to ${formatValue(frame.most)}`;
    this.panel.say(frame.changed ? `${counts} change, ${most}` : "nothing changes");
    const width = this.grid.clientWidth;
    const wanted = [frame, theme, width, devicePixelRatio];
    if (wanted.every((item, at) => item === this.painted[at])) return;
    this.painted = wanted;
    const tiles = readTiles(frame).slice(0, width < NARROW ? 5 : undefined);
    while (this.columns.length < tiles.length) {
      const column = new Column(this.choose, this.signal);
      this.columns.push(column);
      this.grid.append(...column.elements);
    }
    this.grid.style.setProperty("--cv-columns", String(tiles.length));
    const aspect = isVector(frame) ? 1.6 : shownAspect(frame.rows, frame.cols);
    this.grid.style.setProperty("--cv-aspect", String(aspect));
    setText(this.mean, isVector(frame) ? "" : "mean");
    this.columns.forEach((column, at) => column.show(at < tiles.length));
    tiles.forEach((tile, at) => this.columns[at].paint(tile, frame, theme));
  }
}

function isVector({ rows, cols }: InterventionFrame): boolean {
  return rows * cols === 1;
}

/** A single value: its colour, and the number itself in an ink that stands out. */
function paintNumber(canvas: HTMLCanvasElement, color: number, text: string): void {
  const ratio = pixelRatio();
  const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((n) => Math.ceil(n * ratio));
  resize(canvas, width, height);
  const target = context(canvas);
  target.fillStyle = cssColor(color);
  target.fillRect(0, 0, width, height);
  const [red, green, blue] = [color & 255, (color >> 8) & 255, (color >> 16) & 255];
  target.fillStyle = 0.3 * red + 0.59 * green + 0.11 * blue > 130 ? "#000" : "#fff";
  target.font = `${Math.min(13, canvas.clientWidth / 4) * ratio}px sans-serif`;
  target.textAlign = "center";
  target.textBaseline = "middle";
  target.fillText(text, width / 2, height / 2);
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
      const canvas = this.canvases[at];
      if (isVector(frame)) {
        paintNumber(canvas, shown[tile[name][0]], formatValue(means[at]));
        return;
      }
      const picture = colored(tile[name], shown, frame.cols, frame.rows);
      paintPicture(canvas, this.scratch, picture, canvas.clientWidth, "crisp");
    });
    const sign = means[2] > 0 ? "+" : "";
    const change = means[2] === 0 ? "0" : `${sign}${formatValue(means[2])}`;
    setText(this.mean, isVector(frame) ? "" : change); // a single value says it itself
    this.mean.title = `mean ${formatValue(means[0])} before, ${formatValue(means[1])} after`;
  }
}
