/**
 * An activation: its curve as the network has it, and on it the number before and after.
 */
import { type Axis, place, roundAxis } from "../lib/axis";
import { context, pictureCanvas, pixelRatio, resize } from "../lib/canvas";
import type { Palette } from "../lib/colormap";
import { h } from "../lib/dom";
import { formatTick } from "../lib/format";
import { figure, term } from "./arithmetic";
import { capital, Card, type Look } from "./card";
import { type ActivationTold, slice } from "./frame";
import { Equation } from "./parts";

const LEFT = 40;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 22;

const INKS = ["accent", "ink", "surface", "edge", "line", "quiet"];

interface Measured {
  room: number;
  palette: Palette;
  ratio: number;
  width: number;
  height: number;
  font: string;
  colors: Record<string, string>;
}

export class ActivationCard extends Card<ActivationTold> {
  private readonly canvas = pictureCanvas("Activation curve");
  private readonly box = h("div", { class: "cv-plot" }, this.canvas);
  private readonly equation = new Equation();
  private measured: Measured | null = null;

  constructor() {
    super();
    this.body.append(this.box, this.equation.element);
  }

  protected title({ operation }: ActivationTold): string {
    return operation === "relu" ? "ReLU" : capital(operation);
  }

  protected say({ operation, input }: ActivationTold): string {
    if (operation !== "relu") return "Each number goes through the same curve by itself.";
    const off = Number(input) <= 0;
    return off
      ? "What is below zero is switched off: this one is."
      : "What is above zero passes unchanged: this one does.";
  }

  protected fill(told: ActivationTold, { numbers, width, palette }: Look): void {
    this.measure(width, palette);
    const xs = slice(numbers, told.xs);
    const ys = slice(numbers, told.ys);
    this.draw(xs, ys, Number(told.input), Number(told.result));
    const name = this.title(told);
    const words = `${name} curve: ${figure(told.input)} becomes ${figure(told.result)}`;
    this.canvas.setAttribute("aria-label", words);
    this.equation.paint([
      term(told.input, "before"),
      { sign: "→", text: name, note: "" },
      { sign: "→", text: figure(told.result), note: "after", result: true },
    ]);
  }

  /** Size, type and colours, as long as the card and the theme are the same: asking takes long. */
  private measure(room: number, palette: Palette): void {
    const ratio = pixelRatio();
    const last = this.measured;
    if (last && last.room === room && last.palette === palette && last.ratio === ratio) return;
    const { clientWidth: width, clientHeight: height } = this.box;
    const style = getComputedStyle(this.box);
    const colors = Object.fromEntries(
      INKS.map((name) => [name, style.getPropertyValue(`--cv-${name}`).trim()]),
    );
    const font = `11px ${style.fontFamily}`;
    this.measured = width > 0 ? { room, palette, ratio, width, height, font, colors } : null;
  }

  private draw(xs: Float64Array, ys: Float64Array, input: number, output: number): void {
    if (!this.measured) return;
    const { width, height, ratio, font, colors } = this.measured;
    const color = (name: string) => colors[name] ?? "";
    resize(this.canvas, Math.round(width * ratio), Math.round(height * ratio));
    const target = context(this.canvas);
    target.setTransform(ratio, 0, 0, ratio, 0, 0);
    target.clearRect(0, 0, width, height);
    const across = roundAxis(...extent(xs, input), Math.max(2, width / 70));
    const up = roundAxis(...extent(ys, output), Math.max(2, height / 50));
    const x = (value: number) => place(across, value, LEFT, width - RIGHT);
    const y = (value: number) => place(up, value, height - BOTTOM, TOP);
    target.font = font;
    drawAxes(target, across, up, x, y, width, height, color);
    target.beginPath();
    xs.forEach((value, at) => target.lineTo(x(value), y(ys[at])));
    target.strokeStyle = color("accent");
    target.lineWidth = 2;
    target.lineJoin = "round";
    target.stroke();
    if (!Number.isFinite(input) || !Number.isFinite(output)) return;
    target.setLineDash([4, 3]);
    target.lineWidth = 1;
    target.strokeStyle = color("ink");
    target.beginPath(); // from the number before up to the curve, and over to the number after
    target.moveTo(x(input), y(up.low));
    target.lineTo(x(input), y(output));
    target.lineTo(x(across.low), y(output));
    target.stroke();
    target.setLineDash([]);
    target.beginPath();
    target.arc(x(input), y(output), 5.5, 0, 2 * Math.PI);
    target.fillStyle = color("ink");
    target.strokeStyle = color("surface");
    target.lineWidth = 2;
    target.fill();
    target.stroke();
  }
}

function drawAxes(
  target: CanvasRenderingContext2D,
  across: Axis,
  up: Axis,
  x: (value: number) => number,
  y: (value: number) => number,
  width: number,
  height: number,
  color: (name: string) => string,
): void {
  const strength = (value: number) => color(value === 0 ? "edge" : "line");
  target.textBaseline = "middle";
  target.textAlign = "right";
  for (const value of up.ticks) {
    target.fillStyle = strength(value);
    target.fillRect(LEFT, Math.round(y(value)), width - LEFT - RIGHT, 1);
    target.fillStyle = color("quiet");
    target.fillText(formatTick(value, spacing(up)), LEFT - 6, y(value));
  }
  target.textBaseline = "alphabetic";
  target.textAlign = "center";
  for (const value of across.ticks) {
    target.fillStyle = strength(value);
    target.fillRect(Math.round(x(value)), TOP, 1, height - TOP - BOTTOM);
    target.fillStyle = color("quiet");
    target.fillText(formatTick(value, spacing(across)), x(value), height - 6);
  }
}

function spacing({ ticks }: Axis): number {
  return ticks.length > 1 ? ticks[1] - ticks[0] : 1;
}

function extent(values: Float64Array, more: number): [low: number, high: number] {
  const known = [...values, more].filter(Number.isFinite);
  return [Math.min(...known), Math.max(...known)];
}
