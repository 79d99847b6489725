/**
 * To whom a channel is tied: the layers before and after it, every channel of them as a cell, and
 * the strongest with their kernels and activations. A click goes there: a circuit one can walk.
 */
import { context, pictureCanvas, pixelRatio, resize } from "../lib/canvas";
import { type Palette, palette, paletteIndex, type Theme } from "../lib/colormap";
import { button } from "../lib/controls";
import { h, setText } from "../lib/dom";
import { formatValue, plural } from "../lib/format";
import { Panel } from "../lib/panel";
import type { Channel, LinksTold, MapTold, Partner } from "./frame";
import { largest } from "./frame";
import { fill, weightPicture } from "./paint";

const TILE = 44; // CSS pixels
const SMALLEST = 6; // of a cell

export type Walk = (layer: string, channel: number) => void;

/** All channels of another layer in lines of cells, coloured by strength and sign. */
class Strip {
  private readonly canvas = pictureCanvas("Connections");
  readonly element = h("div", { class: "cv-strip-map" }, this.canvas);
  private links: LinksTold | null = null;
  private channel: Channel | null = null;
  private columns = 1;
  private lines = 1;

  constructor(
    private readonly say: (words: string) => void,
    walk: Walk,
    signal: AbortSignal,
  ) {
    const { element } = this;
    element.addEventListener("pointermove", (event) => this.tell(this.under(event)), { signal });
    element.addEventListener("pointerleave", () => this.say(""), { signal });
    element.addEventListener(
      "click",
      (event) => {
        const at = this.under(event);
        if (at >= 0 && this.links) walk(this.links.layer, at);
      },
      { signal },
    );
  }

  paint(channel: Channel, links: LinksTold, colors: Palette, walks: boolean): void {
    Object.assign(this, { channel, links });
    this.element.classList.toggle("cv-walks", walks);
    const width = this.element.clientWidth;
    this.lines = Math.max(1, Math.ceil((links.count * SMALLEST) / Math.max(width, SMALLEST)));
    this.columns = Math.ceil(links.count / this.lines);
    const cell = Math.max(SMALLEST, Math.min(16, Math.floor(width / this.columns)));
    const tall = this.lines > 1 ? Math.max(cell, 9) : 16;
    this.element.style.height = `${this.lines * tall}px`;
    const ratio = pixelRatio();
    const [side, high] = [Math.round(cell * ratio), Math.round(tall * ratio)];
    resize(this.canvas, this.columns * side, this.lines * high);
    this.canvas.style.width = `${(this.columns * side) / ratio}px`;
    const target = context(this.canvas);
    target.clearRect(0, 0, this.canvas.width, this.canvas.height);
    const most = largest(channel.numbers, links.strength, links.strength + links.count) || 1;
    for (let at = 0; at < links.count; at++) {
      const value = signed(channel, links, at);
      const color = colors[paletteIndex(value, -most, most)];
      target.fillStyle = `rgb(${color & 255} ${(color >> 8) & 255} ${(color >> 16) & 255})`;
      const [x, y] = [(at % this.columns) * side, Math.floor(at / this.columns) * high];
      target.fillRect(x, y, side - 1, high - 1);
    }
    const best = links.partners[0];
    const words = best ? `, the strongest to channel ${best.channel}` : "";
    this.canvas.setAttribute("aria-label", `Connections to ${plural(links.count, "channel")} of ${links.layer}${words}`);
  }

  private under(event: MouseEvent): number {
    const box = this.canvas.getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / box.width) * this.columns);
    const line = Math.floor(((event.clientY - box.top) / box.height) * this.lines);
    const at = line * this.columns + column;
    return column >= 0 && column < this.columns && this.links && at < this.links.count ? at : -1;
  }

  private tell(at: number): void {
    if (!this.channel || !this.links || at < 0) return this.say("");
    const strength = this.channel.numbers[this.links.strength + at];
    const total = this.channel.numbers[this.links.total + at];
    this.say(`${nameOf(this.links.layer, at, this.links.count)}, strength ${formatValue(strength)}, sum ${formatValue(total)}`);
  }
}

/** Strength with the sign of the sum. */
function signed(channel: Channel, links: LinksTold, at: number): number {
  const strength = channel.numbers[links.strength + at];
  return channel.numbers[links.total + at] < 0 ? -strength : strength;
}

/** A channel of another layer: its kernel, its map, its strength. */
class PartnerButton {
  private readonly kernel = pictureCanvas("Kernel");
  private readonly map = pictureCanvas("Activation");
  private readonly name = h("span", { class: "cv-partner-name" });
  private readonly strength = h("span", { class: "cv-quiet" });
  readonly element: HTMLButtonElement;
  private to: [layer: string, channel: number] | null = null;

  constructor(walk: Walk, signal: AbortSignal) {
    this.element = h(
      "button",
      { type: "button", class: "cv-partner" },
      this.kernel,
      this.map,
      h("span", { class: "cv-partner-words" }, this.name, this.strength),
    );
    this.element.addEventListener("click", () => this.to && walk(...this.to), { signal });
  }

  paint(channel: Channel, { layer, count }: LinksTold, partner: Partner, most: number, theme: Theme, walks: boolean): void {
    this.to = [layer, partner.channel];
    this.element.disabled = !walks;
    const label = nameOf(layer, partner.channel, count);
    const { map } = partner;
    const single = map !== null && map.rows * map.cols === 1;
    setText(this.name, label);
    const value = single ? `, gives ${formatValue(Number(map.low))}` : "";
    setText(this.strength, formatValue(partner.strength) + value);
    const { kernel: at, rows, cols } = partner;
    const values = channel.numbers.subarray(at, at + rows * cols);
    const [width, height] = boxed(rows, cols);
    this.kernel.style.width = `${width}px`;
    this.kernel.style.height = `${height}px`;
    fill(this.kernel, weightPicture({ values, depth: 1, rows, cols }, 0, most, palette("diverging", theme)), width, height);
    this.kernel.setAttribute("aria-label", `Kernel between ${label} and this channel`);
    this.map.hidden = !map || single;
    if (map && !single) paintMap(this.map, channel, map, theme, `Activation of ${label}`);
    this.element.title = walks ? `Go to ${label}` : "";
  }
}

/** A channel by its layer and number; those of a picture by their colours. */
function nameOf(layer: string, channel: number, count: number): string {
  const color = layer === "input" && count === 3 ? ["red", "green", "blue"][channel] : undefined;
  return color ? `${layer}, ${color}` : `${layer}:${channel}`;
}

/** A kernel or map in a square, whatever its shape; lines of cells get a height that can be seen. */
function boxed(rows: number, cols: number): [number, number] {
  const aspect = Math.min(3, Math.max(1 / 3, cols / rows));
  return aspect >= 1 ? [TILE, Math.round(TILE / aspect)] : [Math.round(TILE * aspect), TILE];
}

function paintMap(canvas: HTMLCanvasElement, channel: Channel, map: MapTold, theme: Theme, label: string): void {
  const [low, high] = [Number(map.low), Number(map.high)];
  const negative = low < 0;
  const colors = palette(negative ? "diverging" : "viridis", theme);
  const most = Math.max(-low, high) || 1;
  const pixels = new Uint32Array(map.rows * map.cols);
  for (let at = 0; at < pixels.length; at++) {
    const value = low + (channel.codes[map.at + at] / 255) * (high - low);
    pixels[at] = colors[negative ? paletteIndex(value, -most, most) : paletteIndex(value, 0, most)];
  }
  const [width, height] = boxed(map.rows, map.cols);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  fill(canvas, { width: map.cols, height: map.rows, rgba: new Uint8ClampedArray(pixels.buffer) }, width, height);
  canvas.setAttribute("aria-label", label);
}

/** One other layer. */
class Group {
  private readonly heading = h("h4", {});
  private readonly strip: Strip;
  private readonly partners = h("div", { class: "cv-partners" });
  private readonly buttons: PartnerButton[] = [];
  readonly element: HTMLElement;

  constructor(
    say: (words: string) => void,
    private readonly walk: Walk,
    private readonly signal: AbortSignal,
  ) {
    this.strip = new Strip(say, walk, signal);
    this.element = h("div", { class: "cv-links" }, this.heading, this.strip.element, this.partners);
  }

  paint(channel: Channel, links: LinksTold, before: boolean, walks: boolean, theme: Theme): void {
    setText(this.heading, `${before ? "from" : "to"} ${links.layer}, ${plural(links.count, "channel")}`);
    this.strip.paint(channel, links, palette("diverging", theme), walks);
    while (this.buttons.length < links.partners.length) {
      const made = new PartnerButton(this.walk, this.signal);
      this.buttons.push(made);
      this.partners.append(made.element);
    }
    const most = Math.max(
      ...links.partners.map(({ kernel, rows, cols }) => largest(channel.numbers, kernel, kernel + rows * cols)),
      1e-30,
    );
    this.buttons.forEach((made, at) => {
      const partner = links.partners[at];
      made.element.hidden = !partner;
      if (partner) made.paint(channel, links, partner, most, theme, walks);
    });
  }
}

/** The layers on one side of the channel. */
class Side {
  private readonly groups: Group[] = [];
  private readonly empty = h("p", { class: "cv-quiet cv-words" });
  readonly element: HTMLElement;

  constructor(
    private readonly before: boolean,
    private readonly say: (words: string) => void,
    private readonly walk: Walk,
    private readonly signal: AbortSignal,
  ) {
    const title = before ? "Before" : "After";
    this.element = h("section", { class: "cv-side", "aria-label": title }, h("h3", {}, title), this.empty);
  }

  paint(channel: Channel, links: readonly LinksTold[], more: number, layers: ReadonlySet<string>, theme: Theme): void {
    while (this.groups.length < links.length) {
      const made = new Group(this.say, this.walk, this.signal);
      this.groups.push(made);
      this.empty.before(made.element);
    }
    this.groups.forEach((group, at) => {
      group.element.hidden = !links[at];
      if (links[at]) group.paint(channel, links[at], this.before, layers.has(links[at].layer), theme);
    });
    const none = this.before
      ? "What lies before mixes channels, so none can be told apart."
      : "Nothing with weights takes this channel by itself.";
    setText(this.empty, links.length === 0 ? none : more > 0 ? `and ${plural(more, "layer")} more` : "");
    this.empty.hidden = links.length > 0 && more <= 0;
  }
}

export class Connections {
  private readonly map = pictureCanvas("Activation");
  private readonly own = h("div", { class: "cv-own" });
  private readonly back: HTMLButtonElement;
  private readonly panel: Panel;
  private readonly sides: Side[];
  private readonly past: [layer: string, channel: number][] = [];
  private readonly heading = h("strong", {});
  private readonly norm = h("span", { class: "cv-quiet" });
  private here: [layer: string, channel: number] = ["", 0];

  readonly element: HTMLElement;

  constructor(go: Walk, signal: AbortSignal) {
    const say = (words: string) => this.panel.say(words);
    const walk: Walk = (layer, channel) => {
      this.past.push(this.here);
      go(layer, channel);
    };
    this.sides = [true, false].map((before) => new Side(before, say, walk, signal));
    this.back = button("Back", "restart", () => this.past.length && go(...this.past.pop()!), signal);
    this.own.append(this.map, h("div", {}, this.heading, this.norm), this.back);
    this.panel = new Panel("connections", this.own, ...this.sides.map(({ element }) => element));
    this.panel.title("Connections");
    this.element = this.panel.element;
    this.walk = walk;
  }

  /** Goes to a channel, so that Back comes back. */
  readonly walk: Walk;

  paint(channel: Channel, layers: ReadonlySet<string>, theme: Theme): void {
    const { frame } = channel;
    this.here = [frame.layer, frame.channel];
    setText(this.heading, `${frame.layer}:${frame.channel}`);
    const single = frame.own !== null && frame.own.rows * frame.own.cols === 1;
    const value = frame.own && single ? `, gives ${formatValue(Number(frame.own.low))}` : "";
    setText(this.norm, `norm ${formatValue(Number(frame.norm))}${value}`);
    this.map.hidden = !frame.own || single;
    if (frame.own && !single) paintMap(this.map, channel, frame.own, theme, `Activation of ${frame.layer}:${frame.channel}`);
    this.back.disabled = this.past.length === 0;
    this.sides[0].paint(channel, frame.before, frame.more[0], layers, theme);
    this.sides[1].paint(channel, frame.after, frame.more[1], layers, theme);
  }
}
