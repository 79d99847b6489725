/**
 * What the weights of a layer are like: a histogram, and numbers below it.
 */
import { axis, place } from "../lib/axis";
import { asIntegers } from "../lib/bytes";
import { context, pictureCanvas, pixelRatio, resize } from "../lib/canvas";
import { h, setText } from "../lib/dom";
import { formatCount, formatTick, formatValue } from "../lib/format";
import { Panel } from "../lib/panel";
import type { AboutTold } from "./frame";

const FOOT = 18; // CSS pixels below the bars

export class Statistics {
  private readonly canvas = pictureCanvas("Histogram");
  private readonly plot = h("div", { class: "cv-plot" }, this.canvas);
  private readonly numbers = h("div", { class: "cv-told" });
  private readonly panel = new Panel("statistics", this.plot, this.numbers);
  private about: AboutTold | null = null;
  private counts: Int32Array = new Int32Array();

  readonly element = this.panel.element;
  readonly plotElement = this.plot;

  constructor(signal: AbortSignal) {
    this.plot.addEventListener("pointermove", (event) => this.point(event), { signal });
    this.plot.addEventListener("pointerleave", () => this.rest(), { signal });
  }

  paint(about: AboutTold): void {
    if (about !== this.about) {
      this.about = about;
      this.counts = asIntegers(about.counts);
      const { statistics: found } = about;
      const share = Number(found.nearZero);
      this.numbers.replaceChildren(
        ...entry("count", formatCount(found.count)),
        ...entry("mean", formatValue(Number(found.mean))),
        ...entry("deviation", formatValue(Number(found.std))),
        ...entry("least", formatValue(Number(found.low))),
        ...entry("largest", formatValue(Number(found.high))),
        ...entry("norm", formatValue(Number(found.norm))),
        ...entry("near zero", `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`, "At most a hundredth of the largest magnitude"),
        ...(found.nonfinite ? entry("NaN or ∞", formatCount(found.nonfinite)) : []),
      );
      this.panel.title("Weights of the layer");
      this.rest();
    }
    this.draw(about);
  }

  private draw({ statistics, layer }: AboutTold): void {
    const ratio = pixelRatio();
    const { clientWidth: width, clientHeight: height } = this.plot;
    const { counts } = this;
    resize(this.canvas, Math.round(width * ratio), Math.round(height * ratio));
    const target = context(this.canvas);
    target.setTransform(ratio, 0, 0, ratio, 0, 0);
    target.clearRect(0, 0, width, height);
    const style = getComputedStyle(this.plot);
    const color = (name: string) => style.getPropertyValue(`--cv-${name}`).trim();
    const most = counts.reduce((a, b) => Math.max(a, b), 1);
    const step = width / counts.length;
    const base = height - FOOT;
    counts.forEach((count, at) => {
      if (!count) return;
      const middle = statistics.first + ((at + 0.5) / counts.length) * (statistics.last - statistics.first);
      const high = Math.max(1, ((base - 4) * count) / most);
      target.fillStyle = color(middle < 0 ? "negative" : "positive");
      target.fillRect(at * step, base - high, Math.max(1, step - 1), high);
    });
    target.fillStyle = color("edge");
    target.fillRect(0, base, width, 1);
    const ticks = axis(statistics.first, statistics.last, Math.max(2, Math.floor(width / 90)));
    target.fillStyle = color("quiet");
    target.font = `11px ${style.fontFamily}`;
    target.textBaseline = "bottom";
    const apart = (ticks.ticks[1] ?? 1) - (ticks.ticks[0] ?? 0);
    for (const tick of ticks.ticks) {
      const x = place(ticks, tick, 0, width);
      target.fillRect(Math.min(width - 1, x), base, 1, 3);
      target.textAlign = x < 16 ? "left" : x > width - 16 ? "right" : "center";
      target.fillText(formatTick(tick, Math.abs(apart)), x, height);
    }
    const [mean, deviation] = [statistics.mean, statistics.std].map((n) => formatValue(Number(n)));
    this.canvas.setAttribute("aria-label", `Histogram of the weights of ${layer}: mean ${mean}, deviation ${deviation}`);
  }

  private point(event: PointerEvent): void {
    const { about, counts } = this;
    if (!about) return;
    const box = this.plot.getBoundingClientRect();
    const at = Math.min(counts.length - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * counts.length)));
    const { first, last } = about.statistics;
    const edge = (k: number) => formatValue(first + (k / counts.length) * (last - first));
    this.panel.say(`${edge(at)} to ${edge(at + 1)}: ${formatCount(counts[at])}`);
  }

  private rest(): void {
    const found = this.about?.statistics;
    const drawn = found && found.sampled < found.count - found.nonfinite;
    this.panel.say(drawn ? `histogram of ${formatCount(found.sampled)} drawn ones` : "");
  }
}

function entry(name: string, value: string, hint = ""): HTMLElement[] {
  const made = h("div", { title: hint || null }, h("span", { class: "cv-quiet" }, name), h("span", {}));
  setText(made.lastElementChild as HTMLElement, value);
  return [made];
}
