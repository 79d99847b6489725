/**
 * A map of one channel, with the place that is looked at. Pointing at it looks at another place, a
 * click stays there.
 */
import { asBytes } from "../lib/bytes";
import { colored, paintPicture } from "../lib/canvas";
import { type Palette, palette, paletteIndex, type Theme } from "../lib/colormap";
import { h } from "../lib/dom";
import { cellAt, type Rect, shownAspect } from "../lib/geometry";
import type { Position } from "../lib/model";
import { Panel } from "../lib/panel";
import { Mark, Stage } from "../lib/stage";
import type { MapInfo } from "./frame";

export interface MapEvents {
  /** The pointer came to a cell, or left; cells count on the layer's own map. */
  look(cell: Position | null): void;
  /** The person chose a cell. */
  pin(cell: Position): void;
}

export class MapPanel {
  private readonly stage: Stage;
  private readonly cells: Mark[] = [];
  private readonly veils: HTMLElement[] = [];
  private readonly mark: Mark;
  private readonly panel: Panel;
  private readonly scratch = document.createElement("canvas");
  private painted: unknown[] = [];
  private grid: [rows: number, cols: number] = [1, 1];
  private hovered: Position | null = null;
  private fitted = "";
  private width = 0;

  readonly element: HTMLElement;
  readonly stageElement: HTMLElement;

  constructor(
    kind: string,
    label: string,
    private readonly events: MapEvents,
    signal: AbortSignal,
  ) {
    this.stage = new Stage(label);
    this.mark = new Mark(this.stage, "window");
    this.panel = new Panel(kind, this.stage.element);
    this.element = this.panel.element;
    this.stageElement = this.stage.element;
    const { frame } = this.stage;
    frame.addEventListener("pointermove", (event) => this.hover(this.under(event)), { signal });
    frame.addEventListener("pointerleave", () => this.hover(null), { signal });
    const click = (event: MouseEvent) => {
      const cell = this.under(event);
      if (cell) this.events.pin(cell);
    };
    frame.addEventListener("click", click, { signal });
  }

  /**
   * @param grid rows and columns of the layer's own map, on which cells are pointed at
   * @param gray shown as a picture is
   */
  paint(
    title: string,
    info: MapInfo,
    codes: unknown,
    grid: [number, number],
    theme: Theme,
    gray: boolean,
  ): void {
    this.grid = grid;
    this.panel.title(title);
    const { rows, cols } = info;
    const shape = `${rows} ${cols}`;
    if (shape !== this.fitted) [this.width] = this.stage.fit(shownAspect(rows, cols));
    this.fitted = shape;
    const { width } = this;
    const wanted = [codes, width, theme, devicePixelRatio];
    if (wanted.every((item, at) => item === this.painted[at])) return;
    this.painted = wanted;
    const picture = colored(asBytes(codes), colors(info, theme, gray), cols, rows);
    paintPicture(this.stage.canvas, this.scratch, picture, width, "crisp");
  }

  /** The stage may have another size than when the map was painted. */
  resized(): void {
    this.fitted = "";
  }

  /** Words beside the heading, and the same for those who do not see the map. */
  say(line: string, label: string): void {
    this.panel.say(line);
    this.stage.label(label);
  }

  /**
   * @param rect around the place
   * @param spots cells in it that are taken alone, as with a dilation
   * @param veiled what is not yet to be seen
   */
  place(rect: Rect | null, spots: Rect[], veiled: Rect[], { rows, cols }: MapInfo): void {
    this.mark.place(rect, cols, rows);
    while (this.cells.length < spots.length) this.cells.push(new Mark(this.stage, "spot"));
    this.cells.forEach((mark, at) => mark.place(spots[at] ?? null, cols, rows));
    while (this.veils.length < veiled.length) {
      const veil = h("div", { class: "cv-veil" });
      this.stage.canvas.after(veil);
      this.veils.push(veil);
    }
    this.veils.forEach((veil, at) => {
      const part = veiled[at];
      veil.hidden = !part;
      if (!part) return;
      veil.style.left = `${(100 * part.x) / cols}%`;
      veil.style.top = `${(100 * part.y) / rows}%`;
      veil.style.width = `${(100 * part.width) / cols}%`;
      veil.style.height = `${(100 * part.height) / rows}%`;
    });
  }

  private under(event: PointerEvent | MouseEvent): Position | null {
    const [x, y] = this.stage.share(event);
    return cellAt(...this.grid, 1, 1, x, y);
  }

  private hover(cell: Position | null): void {
    if (String(cell) === String(this.hovered)) return;
    this.hovered = cell;
    this.events.look(cell);
  }
}

/** The colour of a value on a map: zero in the middle where there are negative values. */
export function valueColor(
  { low, high }: MapInfo,
  theme: Theme,
  gray: boolean,
): (value: number) => number {
  const signed = low < 0;
  const chosen = palette(gray ? "gray" : signed ? "diverging" : "viridis", theme);
  const most = Math.max(-low, high);
  const range = high > low ? [low, high] : [0, high || 1]; // a silent channel is as dark as zero
  const [from, to] = signed && !gray ? [-most, most] : range;
  return (value) => chosen[paletteIndex(value, from, to)];
}

/** The colour of each code of a map. */
function colors(info: MapInfo, theme: Theme, gray: boolean): Palette {
  const color = valueColor(info, theme, gray);
  const { low, high } = info;
  return Uint32Array.from({ length: 256 }, (_, code) => color(low + (code / 255) * (high - low)));
}
