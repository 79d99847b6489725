/**
 * The values of the chosen layer, and over them those of the chosen channel.
 */
import { axis, place } from "../lib/axis";
import { context, pictureCanvas, pixelRatio, resize } from "../lib/canvas";
import { h } from "../lib/dom";
import { formatCount, formatTick, formatValue } from "../lib/format";
import { Panel } from "../lib/panel";
import { type Channels, channelWords, type LayerRow, layerWords, percent } from "./frame";

const FOOT = 20; // CSS pixels below the bars

export class Histogram {
  private readonly canvas = pictureCanvas("Histogram");
  private readonly plot = h("div", { class: "cv-plot" }, this.canvas);
  private readonly numbers = h("div", { class: "cv-facts" });
  private readonly panel = new Panel("histogram", this.plot, this.numbers);
  private row: LayerRow | null = null;
  private told: unknown;
  private rest = "";

  readonly element = this.panel.element;
  readonly plotElement = this.plot;

  constructor(signal: AbortSignal) {
    this.plot.addEventListener("pointermove", (event) => this.point(event), { signal });
    this.plot.addEventListener("pointerleave", () => this.panel.say(this.rest), { signal });
  }

  paint(row: LayerRow, channels: Channels | null, channel: number): void {
    this.row = row;
    this.panel.title(row.layer);
    if (this.told !== row) {
      this.told = row;
      this.numbers.replaceChildren(...facts(row));
    }
    const rest = channels ? `all values but zeros; channel ${channel} as a line` : "all values but zeros";
    if (rest !== this.rest) this.panel.say((this.rest = rest));
    const ratio = pixelRatio();
    const { clientWidth: width, clientHeight: height } = this.plot;
    resize(this.canvas, Math.round(width * ratio), Math.round(height * ratio));
    const target = context(this.canvas);
    target.setTransform(ratio, 0, 0, ratio, 0, 0);
    target.clearRect(0, 0, width, height);
    const style = getComputedStyle(this.plot);
    const color = (name: string) => style.getPropertyValue(`--cv-${name}`).trim();
    const base = height - FOOT;
    const most = row.counts.reduce((a, b) => Math.max(a, b), 1);
    const step = width / row.counts.length;
    target.fillStyle = color("edge");
    row.counts.forEach((count, at) => {
      if (!count) return;
      const high = Math.max(1, ((base - 6) * count) / most);
      target.fillRect(at * step, base - high, Math.max(1, step > 3 ? step - 1 : step), high);
    });
    this.ticks(target, row, width, base, color);
    const words = channels ? channelWords(channels, channel) : "";
    if (channels) this.channel(target, channels, channel, row, width, base, color("accent"));
    this.canvas.setAttribute("aria-label", `Histogram of ${row.layer}: ${layerWords(row)}. ${words}`);
  }

  private ticks(
    target: CanvasRenderingContext2D,
    { first, last }: LayerRow,
    width: number,
    base: number,
    color: (name: string) => string,
  ): void {
    const scale = axis(first, last, Math.max(2, Math.floor(width / 90)));
    const step = scale.ticks.length > 1 ? scale.ticks[1] - scale.ticks[0] : 1;
    target.fillStyle = color("line");
    target.fillRect(0, base, width, 1);
    target.font = `11px ${getComputedStyle(this.plot).fontFamily}`;
    target.textBaseline = "bottom";
    for (const tick of scale.ticks) {
      const x = place(scale, tick, 0, width);
      target.fillStyle = color("line");
      target.fillRect(Math.min(width - 1, x), base, 1, 4);
      target.fillStyle = color("quiet");
      target.textAlign = x < 16 ? "left" : x > width - 16 ? "right" : "center";
      target.fillText(formatTick(tick, step), x, base + FOOT);
    }
  }

  /** The chosen channel as a line: its fullest bin is as high as the plot. */
  private channel(
    target: CanvasRenderingContext2D,
    { heat, bins }: Channels,
    channel: number,
    row: LayerRow,
    width: number,
    base: number,
    color: string,
  ): void {
    const step = (width * row.rough) / row.counts.length;
    target.strokeStyle = color;
    target.lineWidth = 2;
    target.beginPath();
    target.moveTo(0, base);
    for (let at = 0; at < bins; at++) {
      const share = (heat[channel * bins + at] / 255) ** 2;
      const y = base - share * (base - 6);
      target.lineTo(Math.min(width, at * step), y);
      target.lineTo(Math.min(width, (at + 1) * step), y);
    }
    target.lineTo(Math.min(width, bins * step), base);
    target.stroke();
  }

  private point(event: PointerEvent): void {
    const { row } = this;
    if (!row) return;
    const box = this.plot.getBoundingClientRect();
    const at = Math.floor(((event.clientX - box.left) / box.width) * row.counts.length);
    if (!(at in row.counts)) return;
    const wide = (row.last - row.first) / row.counts.length;
    const from = row.first + at * wide;
    this.panel.say(`${formatValue(from)} to ${formatValue(from + wide)}: ${formatCount(row.counts[at])} values`);
  }
}

function facts(row: LayerRow): HTMLElement[] {
  const pairs: [string, string][] = [
    ["mean", formatValue(Number(row.mean))],
    ["deviation", formatValue(Number(row.spread))],
    ["least", formatValue(Number(row.low))],
    ["largest", formatValue(Number(row.high))],
    ["zero", percent(row.zeros)],
  ];
  if (row.saturated !== null) pairs.push(["saturated", percent(row.saturated)]);
  if (row.nonfinite) pairs.push(["NaN or ∞", formatCount(row.nonfinite)]);
  return pairs.map(([name, value]) => h("span", {}, h("span", { class: "cv-quiet" }, name), ` ${value}`));
}
