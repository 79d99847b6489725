/**
 * All channels of a layer, a column each: where their values lie, their mean and spread.
 */
import { axis, place } from "../lib/axis";
import { context, pictureCanvas, pixelRatio, resize } from "../lib/canvas";
import { claim } from "../lib/controls";
import { h } from "../lib/dom";
import { formatTick, plural } from "../lib/format";
import { Panel } from "../lib/panel";
import { ALWAYS, type Channels, channelWords, DEAD, type LayerRow } from "./frame";

const LEFT = 46; // CSS pixels for the axis
const FOOT = 12; // and for the marks

export class ChannelsPanel {
  private readonly canvas = pictureCanvas("Channels");
  private readonly plot = h(
    "div",
    { class: "cv-channels-plot", tabindex: 0, role: "group", "aria-label": "Channels: arrow keys choose one" },
    this.canvas,
  );
  private readonly empty = h("p", { class: "cv-quiet", hidden: true }, "The kernel is asked for the channels of this layer…");
  private readonly words = h(
    "p",
    { class: "cv-words cv-quiet" },
    swatch("dead", "one value for all images"),
    swatch("always", "never switched off"),
    swatch("mean", "mean ± deviation"),
  );
  private readonly panel = new Panel("channels", this.plot, this.empty, this.words);
  private channels: Channels | null = null;
  private order: readonly number[] = [];
  private chosen = 0;
  private pointed: number | null = null;

  readonly element = this.panel.element;
  readonly plotElement = this.plot;

  constructor(
    private readonly choose: (channel: number) => void,
    private readonly repaint: () => void,
    signal: AbortSignal,
  ) {
    const { plot } = this;
    plot.addEventListener("pointermove", (event) => this.point(this.under(event)), { signal });
    plot.addEventListener("pointerleave", () => this.point(null), { signal });
    plot.addEventListener("click", (event) => this.click(event), { signal });
    plot.addEventListener("keydown", (event) => this.key(event), { signal });
  }

  paint(row: LayerRow, channels: Channels | null, order: readonly number[], chosen: number): void {
    this.channels = channels;
    this.order = order;
    this.chosen = chosen;
    this.panel.title("Channels");
    this.plot.hidden = !channels;
    this.empty.hidden = channels !== null;
    if (!channels) return;
    const told = this.pointed ?? chosen;
    this.panel.say(told < channels.count ? channelWords(channels, told) : "");
    const ratio = pixelRatio();
    const { clientWidth: width, clientHeight: height } = this.plot;
    resize(this.canvas, Math.round(width * ratio), Math.round(height * ratio));
    const target = context(this.canvas);
    target.setTransform(ratio, 0, 0, ratio, 0, 0);
    target.clearRect(0, 0, width, height);
    const style = getComputedStyle(this.plot);
    const color = (name: string) => style.getPropertyValue(`--cv-${name}`).trim();
    const scale = axis(row.first, row.last, Math.max(2, Math.floor(height / 50)));
    const [top, base] = [6, height - FOOT];
    const up = (value: number) => place(scale, value, base, top);
    this.ticks(target, scale, width, up, color);
    this.heat(target, row, channels, width, up, color);
    this.numbers(target, channels, width, base, up, color);
    const words = `${plural(channels.count, "channel")} of ${row.layer}. Chosen: ${channelWords(channels, chosen)}`;
    this.canvas.setAttribute("aria-label", words);
  }

  private ticks(
    target: CanvasRenderingContext2D,
    scale: ReturnType<typeof axis>,
    width: number,
    up: (value: number) => number,
    color: (name: string) => string,
  ): void {
    const step = scale.ticks.length > 1 ? scale.ticks[1] - scale.ticks[0] : 1;
    target.font = `11px ${getComputedStyle(this.plot).fontFamily}`;
    target.textAlign = "right";
    target.textBaseline = "middle";
    for (const tick of scale.ticks) {
      target.fillStyle = color(tick === 0 ? "edge" : "line");
      target.fillRect(LEFT, up(tick), width - LEFT, 1);
      target.fillStyle = color("quiet");
      target.fillText(formatTick(tick, step), LEFT - 6, up(tick));
    }
  }

  private heat(
    target: CanvasRenderingContext2D,
    row: LayerRow,
    { heat, bins }: Channels,
    width: number,
    up: (value: number) => number,
    color: (name: string) => string,
  ): void {
    const wide = ((row.last - row.first) * row.rough) / row.counts.length;
    const step = (width - LEFT) / this.order.length;
    target.fillStyle = color("accent");
    this.order.forEach((channel, line) => {
      const left = LEFT + line * step;
      for (let bin = 0; bin < bins; bin++) {
        const code = heat[channel * bins + bin];
        if (!code) continue;
        target.globalAlpha = 0.12 + 0.7 * (code / 255);
        const y = up(Math.min(row.last, row.first + (bin + 1) * wide));
        const end = up(row.first + bin * wide);
        target.fillRect(left, y, Math.max(1, step > 4 ? step - 1 : step), end - y);
      }
    });
    target.globalAlpha = 1;
  }

  private numbers(
    target: CanvasRenderingContext2D,
    { mean, spread, marks }: Channels,
    width: number,
    base: number,
    up: (value: number) => number,
    color: (name: string) => string,
  ): void {
    const step = (width - LEFT) / this.order.length;
    this.order.forEach((channel, line) => {
      const left = LEFT + line * step;
      const middle = left + (step > 4 ? step - 1 : step) / 2;
      const told = channel === this.chosen || channel === this.pointed;
      if (told) {
        target.fillStyle = color(channel === this.chosen ? "ink" : "edge");
        target.fillRect(left - 1, 0, 1, base);
        target.fillRect(left + Math.max(1, step - 1), 0, 1, base);
      }
      if (marks[channel] === DEAD || marks[channel] === ALWAYS) {
        target.fillStyle = color(marks[channel] === DEAD ? "bad" : "warn");
        target.fillRect(left, base + 5, Math.max(1, step > 4 ? step - 1 : step), 5);
      }
      if (!Number.isFinite(mean[channel])) return;
      target.fillStyle = color("ink");
      if (step >= 3) {
        const [from, to] = [up(mean[channel] + spread[channel]), up(mean[channel] - spread[channel])];
        target.fillRect(middle - 0.5, from, 1, Math.max(1, to - from));
      }
      const size = step >= 3 ? Math.min(4, step) : 1;
      target.fillRect(middle - size / 2, up(mean[channel]) - size / 2, size, size);
    });
  }

  // --- pointing

  private under(event: PointerEvent | MouseEvent): number | null {
    const box = this.plot.getBoundingClientRect();
    const line = Math.floor(((event.clientX - box.left - LEFT) / (box.width - LEFT)) * this.order.length);
    return this.order[line] ?? null;
  }

  private point(channel: number | null): void {
    if (channel === this.pointed) return;
    this.pointed = channel;
    this.repaint();
  }

  private click(event: MouseEvent): void {
    const channel = this.under(event);
    if (channel !== null) this.choose(channel);
  }

  private key(event: KeyboardEvent): void {
    const { order } = this;
    const at = order.indexOf(this.chosen);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: order.length - 1 }[event.key];
    if (to === undefined || !this.channels) return;
    claim(event);
    this.choose(order[Math.min(order.length - 1, Math.max(0, to))]);
  }
}

function swatch(kind: string, text: string): HTMLElement {
  return h("span", {}, h("i", { class: `cv-swatch cv-swatch-${kind}`, "aria-hidden": "true" }), text);
}
