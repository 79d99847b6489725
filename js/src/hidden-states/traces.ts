/**
 * One unit over time: its states as lines, and its gates, on the time axis of the strips.
 */
import { type Axis, place, roundAxis } from "../lib/axis";
import { context, pictureCanvas, pixelRatio, resize } from "../lib/canvas";
import { type Course, extent, valueAt } from "../lib/course";
import { h } from "../lib/dom";
import { formatTick, formatValue } from "../lib/format";
import { Panel } from "../lib/panel";

export type Courses = Map<string, Course & { gate: boolean }>;

export class Traces {
  private readonly canvas = pictureCanvas("Course of a unit");
  private readonly ticks = h("div", { class: "cv-gutter cv-ticks", "aria-hidden": "true" });
  private readonly cursor = h("div", { class: "cv-mark cv-cursor" });
  private readonly track = h("div", { class: "cv-track" }, this.canvas, this.cursor);
  private readonly legend = h("ul", { class: "cv-legend" });
  private readonly panel = new Panel(
    "timed cv-traces",
    h("div", { class: "cv-timed-body" }, this.ticks, this.track),
    this.legend,
  );
  private steps = 1;

  readonly element = this.panel.element;
  readonly trackElement = this.track;

  constructor(choose: (step: number) => void, signal: AbortSignal) {
    const follow = (event: PointerEvent) => {
      if (!(event.buttons & 1)) return;
      const box = this.track.getBoundingClientRect();
      const step = Math.floor(((event.clientX - box.left) / box.width) * this.steps);
      if (step >= 0 && step < this.steps) choose(step);
    };
    this.track.addEventListener("pointermove", follow, { signal });
    this.track.addEventListener("pointerdown", follow, { signal });
  }

  paint(maps: Courses, unit: number, step: number): void {
    const drawn = [...maps].filter(([, course]) => unit < course.rows);
    this.steps = drawn[0]?.[1].steps ?? 1;
    this.panel.title(`Unit ${unit}`);
    const lines = drawn.map(([name, course], at) => ({
      name,
      gate: course.gate,
      color: `--cv-series-${(at % 5) + 1}`,
      values: Float32Array.from({ length: this.steps }, (_, k) => valueAt(course, k, unit)),
    }));
    const [low, high] = lines.reduce(
      ([down, up], { values }) => {
        const [least, most] = extent(values);
        return [Math.min(down, least), Math.max(up, most)];
      },
      [0, 0],
    );
    const axis = roundAxis(low, high, 3);
    this.draw(lines, axis);
    this.cursor.style.left = `${(100 * step) / this.steps}%`;
    this.cursor.style.width = `${100 / this.steps}%`;
    this.ticks.replaceChildren(
      ...axis.ticks.map((tick) => {
        const label = h("span", {}, formatTick(tick, axis.ticks[1] - axis.ticks[0]));
        label.style.bottom = `${100 * place(axis, tick, 0, 1)}%`;
        return label;
      }),
    );
    this.legend.replaceChildren(
      ...lines.map(({ name, gate, color, values }) => {
        const swatch = h("span", { class: gate ? "cv-swatch cv-gate" : "cv-swatch" });
        swatch.style.color = `var(${color})`;
        return h("li", {}, swatch, `${mapTitle(name, gate)} `, h("strong", {}, formatValue(values[step])));
      }),
    );
    const said = lines.map(({ name, values }) => `${name} ${formatValue(values[step])}`).join(", ");
    const label = `Course of unit ${unit} over ${this.steps} steps; at step ${step}: ${said}`;
    this.canvas.setAttribute("aria-label", label);
  }

  private draw(
    lines: { gate: boolean; color: string; values: Float32Array }[],
    axis: Axis,
  ): void {
    const ratio = pixelRatio();
    const { clientWidth: width, clientHeight: height } = this.track;
    resize(this.canvas, Math.round(width * ratio), Math.round(height * ratio));
    const target = context(this.canvas);
    target.setTransform(ratio, 0, 0, ratio, 0, 0);
    target.clearRect(0, 0, width, height);
    const style = getComputedStyle(this.track);
    target.fillStyle = style.getPropertyValue("--cv-line");
    for (const tick of axis.ticks) {
      target.fillRect(0, Math.round(place(axis, tick, height - 0.5, 0.5) - 0.5), width, 1);
    }
    for (const { gate, color, values } of lines) {
      target.beginPath();
      target.strokeStyle = style.getPropertyValue(color);
      target.lineWidth = gate ? 1.5 : 2;
      target.setLineDash(gate ? [4, 3] : []);
      values.forEach((value, step) => {
        // A value is that after its step: in the middle of the step's column.
        const x = ((step + 0.5) / this.steps) * width;
        if (Number.isFinite(value)) target.lineTo(x, place(axis, value, height - 1, 1));
      });
      target.stroke();
    }
  }
}

/** A name for people: gates are said to be gates. */
export function mapTitle(name: string, gate: boolean): string {
  return gate ? `${name} gate` : name;
}
