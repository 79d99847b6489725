/**
 * Every head of every layer, small: a line for each layer. A click chooses one.
 */
import { colored, context, pixelRatio, resize } from "../lib/canvas";
import { type Palette, palette, type Theme } from "../lib/colormap";
import { claim } from "../lib/controls";
import { h } from "../lib/dom";
import { formatValue, plural } from "../lib/format";
import { type Rect, shownAspect } from "../lib/geometry";
import { Panel } from "../lib/panel";
import { Mark, Stage } from "../lib/stage";
import {
  type AttentionLayer,
  type Codes,
  headAt,
  headIndex,
  largest,
  onGrid,
  type Scale,
  toCodes,
  type TokenGrid,
  type Weights,
} from "./frame";

const GAP = 4;
const LARGEST = 120;
const SMALLEST = 16;

export interface TilesScene {
  layers: AttentionLayer[];
  layer: string;
  head: number;
  /** Whether one head is chosen, or a whole layer. */
  one: boolean;
  grid: TokenGrid | null;
  weights: Weights;
  scale: Scale;
  theme: Theme;
}

export class TilesPanel {
  private readonly stage = new Stage("All heads");
  private readonly choice = new Mark(this.stage, "choice");
  private readonly hoverMark = new Mark(this.stage, "hover");
  private readonly panel = new Panel("tiles", this.stage.element);
  private readonly scratch = h("canvas");
  private scene: TilesScene | null = null;
  private painted: unknown[] = [];
  private side: [width: number, height: number] = [1, 1];
  private hovered = -1;

  readonly element = this.panel.element;
  readonly stageElement = this.stage.element;

  constructor(
    private readonly choose: (layer: string, head: number) => void,
    signal: AbortSignal,
  ) {
    const { element, frame } = this.stage;
    element.tabIndex = 0;
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", "All heads: arrow keys choose one");
    frame.addEventListener("pointermove", (event) => this.hover(this.under(event)), { signal });
    frame.addEventListener("pointerleave", () => this.hover(-1), { signal });
    frame.addEventListener("click", (event) => this.take(this.under(event)), { signal });
    element.addEventListener("keydown", (event) => this.key(event), { signal });
  }

  paint(scene: TilesScene): void {
    this.scene = scene;
    const { layers, grid, weights, scale, theme } = scene;
    if (this.hovered >= weights.heads.length) this.hovered = -1;
    const most = Math.max(...layers.map(({ heads }) => heads));
    const first = weights.small?.[0];
    const aspect = grid
      ? shownAspect(grid.rows, grid.columns)
      : shownAspect(first?.rows ?? 1, first?.cols ?? 1);
    const ratio = pixelRatio();
    const room = (this.stage.element.clientWidth - 2 * GAP + GAP) / most - GAP;
    const width = Math.round(Math.min(LARGEST, Math.max(SMALLEST, room)) * ratio);
    this.side = [width, Math.round(width / aspect)];
    const total: [number, number] = [this.step(0) * most, this.step(1) * layers.length];
    const { frame } = this.stage;
    frame.style.width = `${total[0] / ratio - GAP}px`;
    frame.style.height = `${total[1] / ratio - GAP}px`;
    this.panel.title(`${plural(weights.heads.length, "head")} in ${plural(layers.length, "layer")}`);
    this.stage.label(
      `All heads: a line for each of ${plural(layers.length, "layer")}, a column for each head`,
    );
    const gap = Math.round(GAP * ratio);
    const wanted = [grid ? weights.frame.rows : weights.frame.small, scale, theme, ...total];
    if (!wanted.every((item, at) => item === this.painted[at])) {
      this.painted = wanted;
      const { canvas } = this.stage;
      resize(canvas, total[0] - gap, total[1] - gap);
      context(canvas).clearRect(0, 0, canvas.width, canvas.height);
      this.draw(scene, palette("magma", theme));
    }
    this.mark();
  }

  private draw({ layers, grid, weights, scale }: TilesScene, colors: Palette): void {
    const target = context(this.stage.canvas);
    const rows = grid ? weights.heads.map((row) => onGrid(row, grid)) : [];
    const shared = scale === "all" ? Math.max(...rows.map(largest)) : undefined;
    let index = 0;
    for (const { heads } of layers) {
      for (let head = 0; head < heads; head++, index++) {
        const codes: Codes | undefined = grid
          ? toCodes(rows[index], grid.rows, grid.columns, shared)
          : weights.small?.[index];
        if (!codes || codes.codes.length < codes.rows * codes.cols) continue;
        const { width, height, rgba } = colored(codes.codes, colors, codes.cols, codes.rows);
        resize(this.scratch, width, height);
        context(this.scratch).putImageData(new ImageData(rgba, width, height), 0, 0);
        const { x, y, width: wide, height: high } = this.rect(index);
        target.imageSmoothingEnabled = width > wide;
        target.drawImage(this.scratch, x, y, wide, high);
      }
    }
  }

  private step(axis: 0 | 1): number {
    return this.side[axis] + Math.round(GAP * pixelRatio());
  }

  /** Where a head's tile lies, in device pixels. */
  private rect(index: number): Rect {
    const { layers } = this.scene!;
    const found = headAt(layers, index)!;
    const line = layers.findIndex(({ name }) => name === found[0]);
    const [width, height] = this.side;
    return { x: found[1] * this.step(0), y: line * this.step(1), width, height };
  }

  private mark(): void {
    const { scene } = this;
    if (!scene) return;
    const { canvas } = this.stage;
    const size = [canvas.width, canvas.height] as const;
    const chosen = this.rect(headIndex(scene.layers, scene.layer, scene.head));
    const heads = scene.layers.find(({ name }) => name === scene.layer)?.heads ?? 1;
    const line = { ...chosen, x: 0, width: heads * this.step(0) - (this.step(0) - this.side[0]) };
    this.choice.place(scene.one ? chosen : line, ...size);
    this.hoverMark.place(this.hovered < 0 ? null : this.rect(this.hovered), ...size);
    this.panel.say(this.words(scene));
  }

  private words({ layers, weights }: TilesScene): string {
    const found = this.hovered < 0 ? null : headAt(layers, this.hovered);
    if (!found) return "";
    const bits = `entropy ${formatValue(weights.entropy[this.hovered])} bits`;
    return `${found[0]}, head ${found[1]}: ${bits}`;
  }

  private hover(index: number): void {
    if (index === this.hovered) return;
    this.hovered = index;
    this.mark();
  }

  private take(index: number): void {
    const found = this.scene && index >= 0 ? headAt(this.scene.layers, index) : null;
    if (found) this.choose(...found);
  }

  private under(event: MouseEvent): number {
    if (!this.scene) return -1;
    const { layers } = this.scene;
    const [x, y] = this.stage.share(event);
    const head = Math.floor((x * this.stage.canvas.width) / this.step(0));
    const layer = layers[Math.floor((y * this.stage.canvas.height) / this.step(1))];
    return layer && head >= 0 && head < layer.heads ? headIndex(layers, layer.name, head) : -1;
  }

  private key(event: KeyboardEvent): void {
    if (!this.scene) return;
    const { layers, layer, head } = this.scene;
    const at = layers.findIndex(({ name }) => name === layer);
    const steps: Record<string, [number, number]> = {
      ArrowLeft: [at, head - 1],
      ArrowRight: [at, head + 1],
      ArrowUp: [at - 1, head],
      ArrowDown: [at + 1, head],
    };
    if (!(event.key in steps)) return;
    claim(event);
    const [line, next] = steps[event.key];
    const info = layers[line];
    if (info && next >= 0 && next < info.heads) this.choose(info.name, next);
  }
}
