/**
 * One chart: the curves of a number and of the same on other data, over the steps; a mark where the
 * shown network is, and the values under the pointer. Click or drag goes there.
 */
import { axis, type Axis, place, roundAxis } from "../lib/axis";
import { context, pictureCanvas, pixelRatio, resize } from "../lib/canvas";
import { h } from "../lib/dom";
import { formatTick, formatValue } from "../lib/format";
import { Panel } from "../lib/panel";
import { type Curve, pointAt, valueAt } from "./moments";

const LEFT = 48;
const RIGHT = 10;
const TOP = 8;
const BOTTOM = 22;
const COLORS = ["accent", "bad", "good", "warn"];

export class Chart {
  private readonly canvas = pictureCanvas("Curve");
  private readonly box = h("div", { class: "cv-plot" }, this.canvas);
  private readonly legend = h("span", { class: "cv-legend" });
  private readonly panel = new Panel("curve", this.box);
  private curves: Curve[] = [];
  private steps: Axis = axis(0, 1, 1);
  private hovered: number | null = null;
  private last = 0;

  readonly element = this.panel.element;
  readonly boxElement = this.box;

  constructor(
    private readonly repaint: () => void,
    goTo: (step: number) => void,
    signal: AbortSignal,
  ) {
    this.panel.header.insertBefore(this.legend, this.panel.header.lastChild);
    const drag = (event: PointerEvent) => {
      this.hover(this.stepUnder(event));
      if (event.buttons & 1 && this.hovered !== null) goTo(this.hovered);
    };
    this.box.addEventListener("pointermove", drag, { signal });
    this.box.addEventListener("pointerdown", drag, { signal });
    this.box.addEventListener("pointerleave", () => this.hover(null), { signal });
  }

  /**
   * @param shown the step of the network on show
   * @param last the last step that was made
   */
  paint(name: string, curves: Curve[], shown: number, last: number): void {
    this.curves = curves;
    this.last = last;
    this.panel.title(name);
    const ends = curves.map(({ steps }) => steps.at(-1) ?? 0);
    const { clientWidth: width, clientHeight: height } = this.box;
    const ratio = pixelRatio();
    resize(this.canvas, Math.round(width * ratio), Math.round(height * ratio));
    const target = context(this.canvas);
    target.setTransform(ratio, 0, 0, ratio, 0, 0);
    target.clearRect(0, 0, width, height);
    this.steps = axis(0, Math.max(1, last, ...ends), Math.max(2, width / 60), true);
    this.draw(target, width, height, shown);
    this.words(name, shown);
  }

  private draw(
    target: CanvasRenderingContext2D,
    width: number,
    height: number,
    shown: number,
  ): void {
    const values = roundAxis(...extent(this.curves), Math.max(2, height / 55));
    const x = (step: number) => place(this.steps, step, LEFT, width - RIGHT);
    const y = (value: number) => place(values, value, height - BOTTOM, TOP);
    const style = getComputedStyle(this.box);
    const color = (name: string) => style.getPropertyValue(`--cv-${name}`).trim();

    target.font = `11px ${style.fontFamily}`;
    target.textBaseline = "middle";
    target.textAlign = "right";
    const spacing = values.ticks.length > 1 ? values.ticks[1] - values.ticks[0] : 1;
    for (const value of values.ticks) {
      target.fillStyle = color("line");
      target.fillRect(LEFT, Math.round(y(value)), width - LEFT - RIGHT, 1);
      target.fillStyle = color("quiet");
      target.fillText(formatTick(value, spacing), LEFT - 7, y(value));
    }
    target.textBaseline = "alphabetic";
    target.textAlign = "center";
    for (const step of this.steps.ticks) target.fillText(formatTick(step, 1), x(step), height - 6);

    target.fillStyle = color("edge");
    target.fillRect(Math.round(x(shown)), TOP, 1, height - TOP - BOTTOM);
    this.curves.forEach((curve, at) => {
      target.strokeStyle = color(COLORS[at % COLORS.length]);
      target.lineWidth = curve.other ? 1.25 : 2;
      target.setLineDash(curve.other ? [4, 3] : []);
      target.lineJoin = "round";
      line(target, curve, x, y);
    });
    target.setLineDash([]);
    const step = this.hovered ?? shown;
    this.curves.forEach((curve, at) => {
      const [last, value] = pointAt(curve, step);
      if (!Number.isFinite(value)) return;
      target.beginPath();
      target.arc(x(last), y(value), 4.5, 0, 2 * Math.PI);
      target.fillStyle = color(COLORS[at % COLORS.length]);
      target.strokeStyle = color("surface");
      target.lineWidth = 2;
      target.fill();
      target.stroke();
    });
  }

  private words(name: string, shown: number): void {
    const step = this.hovered ?? shown;
    const said = this.curves.map((curve) => formatValue(valueAt(curve, step))).join(", ");
    this.panel.say(`step ${step}: ${said}`);
    const shownNames = this.curves.length > 1 ? this.curves : [];
    this.legend.replaceChildren(
      ...shownNames.map(({ name, other }, at) => {
        const mark = h("i", { class: other ? "cv-dashed" : "" });
        mark.style.color = `var(--cv-${COLORS[at % COLORS.length]})`;
        return h("span", {}, mark, other ? `${name}, before` : name);
      }),
    );
    const newest = this.curves.map((curve) => formatValue(valueAt(curve, Infinity))).join(", ");
    this.canvas.setAttribute("aria-label", `${name} over ${this.last} steps, now ${newest}`);
  }

  private hover(step: number | null): void {
    if (step === this.hovered) return;
    this.hovered = step;
    this.repaint();
  }

  private stepUnder(event: PointerEvent): number {
    const box = this.box.getBoundingClientRect();
    const share = (event.clientX - box.left - LEFT) / (box.width - LEFT - RIGHT);
    const step = Math.round(this.steps.low + share * (this.steps.high - this.steps.low));
    return Math.min(this.last, Math.max(0, step));
  }
}

/** A line with a gap wherever a value is not a number. */
function line(
  target: CanvasRenderingContext2D,
  { steps, values }: Curve,
  x: (step: number) => number,
  y: (value: number) => number,
): void {
  target.beginPath();
  let drawing = false;
  for (let at = 0; at < steps.length; at++) {
    if (!Number.isFinite(values[at])) {
      drawing = false;
      continue;
    }
    if (drawing) target.lineTo(x(steps[at]), y(values[at]));
    else target.moveTo(x(steps[at]), y(values[at]));
    drawing = true;
  }
  target.stroke();
}

function extent(curves: readonly Curve[]): [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity];
  for (const { values } of curves) {
    for (const value of values) {
      if (!Number.isFinite(value)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return [low, high];
}
