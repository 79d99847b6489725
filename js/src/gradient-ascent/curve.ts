/**
 * The score over the iterations, as a line; a mark where the shown picture is, and the value
 * under the pointer. Click or drag goes there.
 */
import { axis, type Axis, place, roundAxis } from "../lib/axis";
import { context, pictureCanvas, pixelRatio, resize } from "../lib/canvas";
import { h } from "../lib/dom";
import { formatTick, formatValue } from "../lib/format";
import { Panel } from "../lib/panel";
import type { Run } from "./run";

/** Room around the plot, in CSS pixels; the Iteration slider below lines up with it. */
const LEFT = 48;
const RIGHT = 10;
const TOP = 8;
const BOTTOM = 22;

export class Curve {
  private readonly canvas = pictureCanvas("Score curve");
  private readonly box = h("div", { class: "cv-plot" }, this.canvas);
  private readonly panel = new Panel("curve", this.box);
  private run: Run | null = null;
  private shown = 0;
  private steps: Axis = axis(0, 1, 1);
  private hovered: number | null = null;

  readonly element = this.panel.element;
  readonly header = this.panel.header;
  readonly boxElement = this.box;

  constructor(
    private readonly repaint: () => void,
    goTo: (step: number) => void,
    signal: AbortSignal,
  ) {
    this.panel.title("Score");
    const drag = (event: PointerEvent) => {
      this.hover(this.stepUnder(event));
      if (event.buttons & 1 && this.hovered !== null) goTo(this.hovered);
    };
    this.box.addEventListener("pointermove", drag, { signal });
    this.box.addEventListener("pointerdown", drag, { signal });
    this.box.addEventListener("pointerleave", () => this.hover(null), { signal });
  }

  /**
   * @param shown the step of the picture on show
   * @param end the last step of the axis
   */
  paint(run: Run | null, shown: number, end: number): void {
    this.run = run;
    this.shown = shown;
    this.panel.title(run && run.tiles.length > 1 ? "Mean score" : "Score");
    const ratio = pixelRatio();
    const { clientWidth: width, clientHeight: height } = this.box;
    resize(this.canvas, Math.round(width * ratio), Math.round(height * ratio));
    const target = context(this.canvas);
    target.setTransform(ratio, 0, 0, ratio, 0, 0);
    target.clearRect(0, 0, width, height);
    this.steps = axis(0, Math.max(1, end), Math.max(2, width / 60), true);
    this.draw(target, width, height);
    this.words();
  }

  private draw(target: CanvasRenderingContext2D, width: number, height: number): void {
    const points = this.run?.curve() ?? [];
    const scores = roundAxis(...extent(points), Math.max(2, height / 70));
    const x = (step: number) => place(this.steps, step, LEFT, width - RIGHT);
    const y = (score: number) => place(scores, score, height - BOTTOM, TOP);
    const style = getComputedStyle(this.box);
    const color = (name: string) => style.getPropertyValue(`--cv-${name}`).trim();

    target.font = `11px ${style.fontFamily}`;
    target.lineWidth = 1;
    target.textBaseline = "middle";
    target.textAlign = "right";
    // Without a score the axis has no values, only its ground line.
    for (const score of points.length > 0 ? scores.ticks : [0]) {
      target.fillStyle = color("line");
      target.fillRect(LEFT, Math.round(y(score)), width - LEFT - RIGHT, 1);
      target.fillStyle = color("quiet");
      const label = points.length > 0 ? formatTick(score, spacing(scores)) : "";
      target.fillText(label, LEFT - 7, y(score));
    }
    target.textBaseline = "alphabetic";
    target.textAlign = "center";
    for (const step of this.steps.ticks) {
      target.fillText(formatTick(step, 1), x(step), height - 6);
    }
    if (points.length === 0) return;

    target.beginPath();
    for (const [step, score] of points) target.lineTo(x(step), y(score));
    target.strokeStyle = color("accent");
    target.lineWidth = 2;
    target.lineJoin = "round";
    target.stroke();

    if (this.hovered !== null) this.mark(target, x, y, this.hovered, color, false);
    this.mark(target, x, y, this.shown, color, true);
  }

  private mark(
    target: CanvasRenderingContext2D,
    x: (step: number) => number,
    y: (score: number) => number,
    step: number,
    color: (name: string) => string,
    filled: boolean,
  ): void {
    const score = this.run?.score(step) ?? NaN;
    if (!Number.isFinite(score)) return;
    target.beginPath();
    target.arc(x(step), y(score), filled ? 5 : 4, 0, 2 * Math.PI);
    target.fillStyle = color(filled ? "accent" : "surface");
    target.strokeStyle = color(filled ? "surface" : "accent");
    target.lineWidth = 2;
    target.fill();
    target.stroke();
  }

  private words(): void {
    const { run } = this;
    if (!run) return this.panel.say("");
    const step = this.hovered ?? this.shown;
    this.panel.say(`step ${step}: ${formatValue(run.score(step))}`);
    const words = `Score curve over ${run.newest} steps, now ${formatValue(run.score(run.newest))}`;
    this.canvas.setAttribute("aria-label", words);
  }

  private hover(step: number | null): void {
    if (step === this.hovered) return;
    this.hovered = step;
    this.repaint();
  }

  private stepUnder(event: PointerEvent): number | null {
    if (!this.run) return null;
    const box = this.box.getBoundingClientRect();
    const share = (event.clientX - box.left - LEFT) / (box.width - LEFT - RIGHT);
    const step = Math.round(this.steps.low + share * (this.steps.high - this.steps.low));
    return Math.min(this.run.newest, Math.max(0, step));
  }
}

function spacing({ ticks }: Axis): number {
  return ticks.length > 1 ? ticks[1] - ticks[0] : 1;
}

function extent(points: [number, number][]): [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity];
  for (const [, score] of points) {
    low = Math.min(low, score);
    high = Math.max(high, score);
  }
  return [low, high];
}
