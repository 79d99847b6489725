/**
 * How the filters of a layer lie to one another: a map of them, their likeness, singular values.
 */
import { axis, place } from "../lib/axis";
import { asFloats, asIntegers } from "../lib/bytes";
import { context, pictureCanvas, pixelRatio, resize } from "../lib/canvas";
import { type Palette, paletteIndex } from "../lib/colormap";
import { claim, Select } from "../lib/controls";
import { h } from "../lib/dom";
import { formatCount, formatValue, plural } from "../lib/format";
import { Panel } from "../lib/panel";
import { type ArrangementTold, Likeness, magnitudes, type Pictures } from "./frame";
import { sprite, weightPicture } from "./paint";

const NAMES: Record<string, string> = {
  pca: "map, PCA",
  tsne: "map, t-SNE",
  umap: "map, UMAP",
  similarity: "similarity",
  singular: "singular values",
};
/** Cosine from which two filters count as copies of one another. */
const ALIKE = 0.95;
const AIR = 16; // CSS pixels around the map

export interface StructureScene {
  told: ArrangementTold | null;
  /** Whether `told` is what was asked for. */
  current: boolean;
  layer: string;
  channel: number;
  filters: Pictures | null;
  colors: Palette;
}

export class Structure {
  private readonly canvas = pictureCanvas("Structure");
  private readonly plot = h(
    "div",
    { class: "cv-plot", tabindex: 0, role: "group", "aria-label": "Structure: arrow keys go to another channel" },
    this.canvas,
  );
  private readonly empty = h("div", { class: "cv-empty" });
  private readonly words = h("p", { class: "cv-quiet cv-words" });
  private readonly panel = new Panel("structure", this.plot, this.empty, this.words);
  private readonly select: Select;
  private scene: StructureScene | null = null;
  private read: ArrangementTold | null = null;
  private numbers: Int32Array = new Int32Array();
  private places: Float32Array = new Float32Array();
  private values: Float32Array = new Float32Array();
  private likeness: Likeness | null = null;
  private sprites: HTMLCanvasElement[] = [];
  private spritesOf: unknown = null;
  private spritesIn: Palette | null = null;
  private pointed: number | null = null;

  readonly element = this.panel.element;
  readonly plotElement = this.plot;

  constructor(
    change: (structure: string) => void,
    private readonly choose: (channel: number) => void,
    signal: AbortSignal,
  ) {
    this.select = new Select("Structure", change, signal);
    this.panel.header.after(this.select.element);
    this.panel.title("Filters among one another");
    this.plot.addEventListener("pointermove", (event) => this.point(event), { signal });
    this.plot.addEventListener("pointerleave", () => this.leave(), { signal });
    this.plot.addEventListener("click", () => this.pointed !== null && this.choose(this.pointed), { signal });
    this.plot.addEventListener("keydown", (event) => this.key(event), { signal });
  }

  paint(scene: StructureScene, structure: string, structures: readonly string[]): void {
    this.select.set(structure, structures.map((value) => ({ value, text: NAMES[value] ?? value })));
    const { told, current } = scene;
    if (told && told.layer !== scene.layer) {
      // Numbers of one layer do not go with pictures of another: what is drawn stays, dimmed, until
      // this layer's own arrangement has come.
      this.element.classList.add("cv-stale");
      this.scene = this.pointed = null;
      return;
    }
    this.scene = scene;
    const words = told?.words ?? "";
    this.plot.hidden = !told || words !== "";
    this.empty.hidden = !this.plot.hidden;
    this.empty.textContent = current && words ? words : "Laying out the filters…";
    this.element.classList.toggle("cv-stale", !current);
    this.words.textContent = "";
    if (!told || words) return;
    if (told !== this.read) this.readAnew(told);
    const ratio = pixelRatio();
    const { clientWidth: width, clientHeight: height } = this.plot;
    resize(this.canvas, Math.round(width * ratio), Math.round(height * ratio));
    const target = context(this.canvas);
    target.setTransform(ratio, 0, 0, ratio, 0, 0);
    target.clearRect(0, 0, width, height);
    this.element.dataset.what = told.what;
    if (told.what === "similarity") this.drawLikeness(target, scene);
    else if (told.what === "singular") this.drawSingular(target, told, width, height);
    else this.drawMap(target, scene, told);
  }

  private readAnew(told: ArrangementTold): void {
    this.read = told;
    this.pointed = null;
    this.panel.say("");
    this.numbers = asIntegers(told.numbers);
    this.places = asFloats(told.places);
    this.values = asFloats(told.values);
    this.likeness = told.what === "similarity" ? new Likeness(told) : null;
  }

  private color(name: string): string {
    return getComputedStyle(this.plot).getPropertyValue(`--cv-${name}`).trim();
  }

  // --- the map

  /** Where a filter is on the stage; a plane keeps its shape, as far as the box allows. */
  private spot(at: number): [x: number, y: number] {
    const { clientWidth, clientHeight } = this.plot;
    const bounds = [0, 1].map((axis) => {
      let [low, high] = [Infinity, -Infinity];
      for (let k = axis; k < this.places.length; k += 2) {
        low = Math.min(low, this.places[k]);
        high = Math.max(high, this.places[k]);
      }
      return [low, high - low || 1];
    });
    const share = (axis: number) => (this.places[2 * at + axis] - bounds[axis][0]) / bounds[axis][1];
    return [AIR + share(0) * (clientWidth - 2 * AIR), AIR + (1 - share(1)) * (clientHeight - 2 * AIR)];
  }

  private drawMap(target: CanvasRenderingContext2D, scene: StructureScene, told: ArrangementTold): void {
    const { filters, colors, channel, layer } = scene;
    if (filters && (this.spritesOf !== filters.values || this.spritesIn !== colors)) {
      [this.spritesOf, this.spritesIn] = [filters.values, colors];
      const sizes = magnitudes(filters);
      this.sprites = Array.from({ length: filters.count }, (_, at) => sprite(weightPicture(filters, at, sizes[at], colors)));
    }
    const side = filters ? 22 : 0;
    const chosen = this.numbers.indexOf(channel);
    const drawn = [...this.numbers.keys()].filter((at) => at !== chosen);
    if (chosen >= 0) drawn.push(chosen); // on top
    for (const at of drawn) {
      const [x, y] = this.spot(at);
      const marked = at === chosen || this.numbers[at] === this.pointed;
      if (filters) {
        target.imageSmoothingEnabled = false;
        target.drawImage(this.sprites[this.numbers[at]], x - side / 2, y - side / 2, side, side);
        if (marked) {
          target.strokeStyle = this.color(at === chosen ? "accent" : "ink");
          target.lineWidth = 2.5;
          target.strokeRect(x - side / 2 - 2, y - side / 2 - 2, side + 4, side + 4);
        }
        continue;
      }
      target.beginPath();
      target.arc(x, y, marked ? 6 : 3.5, 0, 2 * Math.PI);
      target.globalAlpha = marked ? 1 : 0.7;
      target.fillStyle = this.color(at === chosen ? "accent" : marked ? "ink" : "edge");
      target.fill();
      target.globalAlpha = 1;
      if (at === chosen) {
        target.font = `600 12px ${getComputedStyle(this.plot).fontFamily}`;
        target.fillStyle = this.color("ink");
        target.textAlign = x > this.plot.clientWidth - 40 ? "right" : "left";
        target.textBaseline = "middle";
        target.fillText(String(channel), x + (target.textAlign === "left" ? 10 : -10), y);
      }
    }
    const count = plural(this.numbers.length, "filter");
    this.canvas.setAttribute("aria-label", `Map of ${count} of ${layer}, ${NAMES[told.what]}`);
    const share = typeof told.explained === "number" ? ` The plane holds ${Math.round(100 * told.explained)} % of their variance.` : "";
    const all = scene.current && chosen < 0 ? ` Channel ${channel} is not among them: these have the largest norms.` : "";
    this.words.textContent = `${count}; near ones have similar weights.${share}${all}`;
  }

  // --- likeness

  private drawLikeness(target: CanvasRenderingContext2D, { colors, channel, layer }: StructureScene): void {
    const { likeness } = this;
    if (!likeness) return;
    const count = this.numbers.length;
    const side = this.square();
    const pixels = new Uint32Array(count * count);
    for (let row = 0; row < count; row++) {
      for (let column = 0; column < count; column++) {
        pixels[row * count + column] = colors[paletteIndex(likeness.at(row, column), -1, 1)];
      }
    }
    const picture = sprite({ width: count, height: count, rgba: new Uint8ClampedArray(pixels.buffer) });
    target.imageSmoothingEnabled = count > side * pixelRatio();
    target.drawImage(picture, 0, 0, side, side);
    const chosen = this.numbers.indexOf(channel);
    this.canvas.setAttribute("aria-label", `Cosine similarity of ${plural(count, "filter")} of ${layer}`);
    const pairs = likeness.pairs(ALIKE);
    const copies = pairs ? `${plural(pairs, "pair")} nearly alike (above ${ALIKE}).` : `No two are nearly alike (above ${ALIKE}).`;
    const near = chosen < 0 ? null : likeness.nearest(chosen);
    const most = near === null ? "" : ` Most like channel ${channel}: ${this.numbers[near]} (${formatValue(likeness.at(chosen, near))}).`;
    this.words.textContent = `Cosine between every two filters, from −1 to 1. ${copies}${most}`;
    if (chosen < 0) return;
    const cell = side / count;
    target.strokeStyle = this.color("accent");
    target.lineWidth = 1.5;
    target.strokeRect(-4, chosen * cell, side + 8, Math.max(2, cell));
    target.strokeRect(chosen * cell, -4, Math.max(2, cell), side + 8);
  }

  private square(): number {
    return Math.min(this.plot.clientWidth, this.plot.clientHeight);
  }

  // --- singular values

  private drawSingular(target: CanvasRenderingContext2D, told: ArrangementTold, width: number, height: number): void {
    const { values } = this;
    const [left, foot, top] = [44, 18, 6];
    const scale = axis(0, values[0] || 1, Math.max(2, Math.floor(height / 60)));
    const base = height - foot;
    target.font = `11px ${getComputedStyle(this.plot).fontFamily}`;
    target.textBaseline = "middle";
    target.textAlign = "right";
    for (const tick of scale.ticks) {
      const y = place(scale, tick, base, top);
      target.fillStyle = this.color("line");
      target.fillRect(left, y, width - left, 1);
      target.fillStyle = this.color("quiet");
      target.fillText(formatValue(tick), left - 6, y);
    }
    const step = (width - left) / values.length;
    const needed = told.needed ?? Infinity;
    values.forEach((value, at) => {
      const y = place(scale, value, base, top);
      target.fillStyle = this.color(at < needed ? "accent" : "edge");
      target.fillRect(left + at * step, y, Math.max(1, step > 3 ? step - 1 : step), base - y);
    });
    target.fillStyle = this.color("quiet");
    target.textBaseline = "bottom";
    target.textAlign = "left";
    target.fillText("1", left, height);
    target.textAlign = "right";
    target.fillText(formatCount(values.length), width, height);
    const most = formatCount(told.most ?? values.length);
    const held =
      typeof told.needed === "number"
        ? `${told.needed} of ${most} directions hold 90 % of the energy (the sum of squares).`
        : `The ${values.length} largest of ${most} hold ${Math.round((100 * values.reduce((sum, v) => sum + v * v, 0)) / (told.energy || 1))} % of the energy (the sum of squares).`;
    this.words.textContent = held;
    this.canvas.setAttribute("aria-label", `Singular values: ${held}`);
  }

  // --- pointing

  private under(event: PointerEvent): { at: number; other?: number } | null {
    const box = this.plot.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    if (this.likeness) {
      const cell = this.square() / this.numbers.length;
      const [other, at] = [Math.floor(x / cell), Math.floor(y / cell)];
      return Math.max(at, other) < this.numbers.length ? { at, other } : null;
    }
    let best: number | null = null;
    let least = 18;
    for (let at = 0; at < this.numbers.length && this.places.length; at++) {
      const [left, top] = this.spot(at);
      const far = Math.hypot(left - x, top - y);
      if (far < least) [best, least] = [at, far];
    }
    return best === null ? null : { at: best };
  }

  private point(event: PointerEvent): void {
    if (!this.scene || this.read?.what === "singular") return;
    const found = this.under(event);
    const pointed = found ? this.numbers[found.at] : null;
    if (found?.other !== undefined && this.likeness) {
      const cosine = formatValue(this.likeness.at(found.at, found.other));
      this.panel.say(`${this.numbers[found.at]} and ${this.numbers[found.other]}: ${cosine}`);
    } else this.panel.say(pointed === null ? "" : `channel ${pointed}`);
    if (pointed === this.pointed) return;
    this.pointed = pointed;
    this.repaint();
  }

  private leave(): void {
    this.panel.say("");
    this.pointed = null;
    this.repaint();
  }

  private repaint(): void {
    const { scene } = this;
    if (scene?.told && !scene.told.words && scene.told.places) {
      const { clientWidth, clientHeight } = this.plot;
      const target = context(this.canvas);
      target.clearRect(0, 0, clientWidth, clientHeight);
      this.drawMap(target, scene, scene.told);
    }
  }

  private key(event: KeyboardEvent): void {
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (step === undefined || !this.scene || !this.numbers.length) return;
    claim(event);
    const at = this.numbers.indexOf(this.scene.channel) + step;
    this.choose(this.numbers[Math.min(this.numbers.length - 1, Math.max(0, at))]);
  }
}
