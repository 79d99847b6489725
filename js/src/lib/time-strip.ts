/**
 * A strip: numbers over time as a heat map, one column a step. All strips of a view share their
 * time axis, so a step is one line through all of them.
 */
import { context, pictureCanvas, pixelRatio, resize } from "./canvas";
import { type Palette, paletteIndex, type Theme } from "./colormap";
import { h } from "./dom";
import { cellAt } from "./geometry";
import { Panel } from "./panel";
import { type Course, valueAt } from "./course";

export interface StripEvents {
  /** The pointer is on a cell, or has left. */
  hover(cell: { row: number; step: number } | null): void;
  choose(row: number, step: number): void;
}

export interface StripLook {
  palette: Palette;
  theme: Theme;
  low: number;
  high: number;
  /** Rows from top to bottom. */
  order: readonly number[];
  /** A name for each of them, or none. */
  labels: readonly string[];
}

export class Strip {
  private readonly canvas: HTMLCanvasElement;
  private readonly frame: HTMLElement;
  private readonly gutter = h("div", { class: "cv-gutter", "aria-hidden": "true" });
  private readonly cursor = h("div", { class: "cv-mark cv-cursor" });
  private readonly chosenRow = h("div", { class: "cv-row", "aria-hidden": "true", hidden: true });
  private readonly panel: Panel;
  private readonly scratch = document.createElement("canvas");
  private painted: unknown[] = [];
  private order: readonly number[] = [];
  private steps = 1;

  readonly element: HTMLElement;
  readonly trackElement: HTMLElement;

  constructor(kind: string, label: string, events: StripEvents, signal: AbortSignal) {
    this.canvas = pictureCanvas(label);
    this.frame = h("div", { class: "cv-track" }, this.canvas, this.chosenRow, this.cursor);
    this.trackElement = this.frame;
    const body = h("div", { class: "cv-timed-body" }, this.gutter, this.frame);
    this.panel = new Panel(`timed cv-${kind}`, body);
    this.element = this.panel.element;
    const under = (event: PointerEvent) => {
      const box = this.frame.getBoundingClientRect();
      const [x, y] = [event.clientX - box.left, event.clientY - box.top];
      const cell = cellAt(this.order.length, this.steps, box.width, box.height, x, y);
      return cell && { row: this.order[cell[0]], step: cell[1] };
    };
    const follow = (event: PointerEvent) => {
      const cell = under(event);
      events.hover(cell);
      if (cell && event.buttons & 1) events.choose(cell.row, cell.step);
    };
    this.frame.addEventListener("pointermove", follow, { signal });
    this.frame.addEventListener("pointerdown", follow, { signal });
    this.frame.addEventListener("pointerleave", () => events.hover(null), { signal });
  }

  paint(title: string, course: Course, look: StripLook): void {
    this.panel.title(title);
    this.steps = course.steps;
    this.order = look.order;
    const size = [this.frame.clientWidth, this.frame.clientHeight, pixelRatio()];
    const wanted = [course.values, look.theme, look.low, look.high, ...size, ...look.order];
    const same =
      wanted.length === this.painted.length && wanted.every((item, at) => item === this.painted[at]);
    if (!same) {
      this.painted = wanted;
      this.draw(course, look);
    }
    const labels = look.labels.length > 0 ? look.order.map((row) => look.labels[row]) : [];
    if (labels.join("\n") !== [...this.gutter.children].map((c) => c.textContent).join("\n")) {
      this.gutter.replaceChildren(...labels.map((text) => h("span", { title: text }, text)));
    }
  }

  private draw(course: Course, { palette, low, high, order }: StripLook): void {
    const { steps } = course;
    const pixels = new Uint32Array(steps * order.length);
    order.forEach((row, line) => {
      for (let step = 0; step < steps; step++) {
        const index = paletteIndex(valueAt(course, step, row), low, high);
        pixels[line * steps + step] = palette[index] || palette[0]; // NaN has no colour of its own
      }
    });
    const rgba = new Uint8ClampedArray(pixels.buffer);
    resize(this.scratch, steps, order.length);
    context(this.scratch).putImageData(new ImageData(rgba, steps, order.length), 0, 0);
    const { canvas, frame } = this;
    const ratio = pixelRatio();
    resize(canvas, Math.round(frame.clientWidth * ratio), Math.round(frame.clientHeight * ratio));
    const target = context(canvas);
    // Many rows in few pixels are averaged; few rows stay crisp.
    target.imageSmoothingEnabled = canvas.height < order.length || canvas.width < steps;
    target.drawImage(this.scratch, 0, 0, canvas.width, canvas.height);
  }

  /** Words beside the heading, and the same for those who do not see the strip. */
  say(line: string, label: string): void {
    this.panel.say(line);
    if (this.canvas.getAttribute("aria-label") !== label) {
      this.canvas.setAttribute("aria-label", label);
    }
  }

  /** @param row the chosen one, or null */
  point(step: number, row: number | null): void {
    this.cursor.style.left = `${(100 * step) / this.steps}%`;
    this.cursor.style.width = `${100 / this.steps}%`;
    const line = row === null ? -1 : this.order.indexOf(row);
    this.chosenRow.hidden = line < 0;
    this.chosenRow.style.top = `${(100 * (line + 0.5)) / Math.max(1, this.order.length)}%`;
  }
}
