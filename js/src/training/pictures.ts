/**
 * The three pictures of a look: the first filters, the unit's feature map, and what drives it.
 */
import { colored, context, paintPicture, pixelRatio, resize } from "../lib/canvas";
import { palette, paletteIndex, type Theme } from "../lib/colormap";
import { rgbToRgba } from "../lib/bytes";
import { setText, h } from "../lib/dom";
import { formatValue, plural } from "../lib/format";
import { shownAspect } from "../lib/geometry";
import { Panel } from "../lib/panel";
import { Stage } from "../lib/stage";
import type { Look } from "./moments";

/** Between filters, in cells of a filter. */
const GAP = 0.4;

export class Pictures {
  private readonly filters = new Stage("First filters");
  private readonly map = new Stage("Feature map");
  private readonly ascent = new Stage("Ascent picture");
  private readonly none = h("p", { class: "cv-quiet cv-none" });
  private readonly panels = [
    new Panel("filters", this.filters.element),
    new Panel("unit-map", this.map.element),
    new Panel("ascent", this.ascent.element, this.none),
  ];
  private readonly scratch = document.createElement("canvas");

  readonly element = h("div", { class: "cv-pictures" }, ...this.panels.map((p) => p.element));
  readonly stageElements = [this.filters, this.map, this.ascent].map(({ element }) => element);

  paint(look: Look, theme: Theme): void {
    const unit = `${look.layer}:${look.channel}`;
    this.paintFilters(look, theme);
    this.paintMap(look, unit, theme);
    this.paintAscent(look, unit);
  }

  private paintFilters(look: Look, theme: Theme): void {
    const { count, rows, cols } = look.filters;
    const panel = this.panels[0];
    panel.element.hidden = count === 0;
    if (count === 0) return;
    panel.title(`Filters of ${look.filtersOf}`);
    panel.say(`±${formatValue(look.filtersRange)}`);
    const across = Math.ceil(Math.sqrt((count * (rows + GAP)) / (cols + GAP)));
    const down = Math.ceil(count / across);
    const [width] = this.filters.fit(
      (across * (cols + GAP) - GAP) / (down * (rows + GAP) - GAP),
    );
    this.filters.label(
      `${plural(count, "filter")} of ${look.filtersOf} after ${look.step} steps`,
    );
    drawFilters(this.filters.canvas, this.scratch, look, across, down, width, theme);
  }

  private paintMap(look: Look, unit: string, theme: Theme): void {
    const { codes, rows, cols, low, high } = look.map;
    this.panels[1].title(`Map of ${unit}`);
    this.panels[1].say(`${formatValue(low)} to ${formatValue(high)}`);
    const [width] = this.map.fit(shownAspect(rows, cols));
    this.map.label(`Feature map of ${unit} after ${look.step} steps, ${rows} by ${cols}`);
    const bound = Math.max(-low, high);
    const span: [number, number] = low < 0 ? [-bound, bound] : [low, high];
    const colors = palette(low < 0 ? "diverging" : "viridis", theme);
    const own = new Uint32Array(256);
    for (let code = 0; code < 256; code++) {
      own[code] = colors[paletteIndex(low + (code / 255) * (high - low), ...span)];
    }
    const picture = colored(codes, own, cols, rows);
    paintPicture(this.map.canvas, this.scratch, picture, width, "crisp");
  }

  private paintAscent(look: Look, unit: string): void {
    const { rgb, rows, cols } = look.ascent;
    const none = rows === 0;
    this.panels[2].title(`What drives ${unit}`);
    this.ascent.element.hidden = none;
    this.none.hidden = !none;
    setText(this.none, none ? "No ascent picture of this unit at this step." : "");
    if (none) return;
    const [width] = this.ascent.fit(cols / rows);
    this.ascent.label(`What drives ${unit} after ${look.step} steps`);
    const picture = { width: cols, height: rows, rgba: rgbToRgba(rgb, rows * cols) };
    const look_ = Math.max(rows, cols) <= 64 ? "smooth" : "crisp";
    paintPicture(this.ascent.canvas, this.scratch, picture, width, look_);
  }
}

/** The filters in a grid; colours as they are, one channel through the diverging map. */
function drawFilters(
  canvas: HTMLCanvasElement,
  scratch: HTMLCanvasElement,
  { filters: { codes, count, rows, cols, channels } }: Look,
  across: number,
  down: number,
  width: number,
  theme: Theme,
): void {
  const cell = Math.max(1, Math.ceil((width * pixelRatio()) / (across * (cols + GAP) - GAP)));
  const gap = Math.max(1, Math.round(GAP * cell));
  const colors = palette("diverging", theme);
  const pixels = new Uint32Array(rows * cols);
  resize(scratch, cols, rows);
  resize(canvas, across * (cols * cell + gap) - gap, down * (rows * cell + gap) - gap);
  const target = context(canvas);
  target.clearRect(0, 0, canvas.width, canvas.height);
  target.imageSmoothingEnabled = false;
  for (let filter = 0; filter < count; filter++) {
    const from = filter * rows * cols * channels;
    for (let at = 0; at < pixels.length; at++) {
      const place = from + at * channels;
      pixels[at] =
        channels === 3
          ? (0xff000000 | (codes[place + 2] << 16) | (codes[place + 1] << 8) | codes[place]) >>> 0
          : colors[codes[place]];
    }
    const image = new ImageData(new Uint8ClampedArray(pixels.buffer), cols, rows);
    context(scratch).putImageData(image, 0, 0);
    const [left, top] = [filter % across, Math.floor(filter / across)];
    target.drawImage(
      scratch,
      left * (cols * cell + gap),
      top * (rows * cell + gap),
      cols * cell,
      rows * cell,
    );
  }
}
