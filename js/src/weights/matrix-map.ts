/**
 * A whole weight matrix, by levels: blocks while it is far, cells when it is near. Tiles come from
 * the kernel as they are needed; until one is there, a coarser one stands in.
 *
 * The wheel zooms once the map has the focus, or with Ctrl; else the notebook would stop scrolling
 * wherever the pointer crosses a view.
 */
import { asBytes } from "../lib/bytes";
import { context, pictureCanvas, pixelRatio, resize } from "../lib/canvas";
import { type Palette, paletteIndex } from "../lib/colormap";
import { claim } from "../lib/controls";
import { h } from "../lib/dom";
import { formatValue } from "../lib/format";
import type { MatrixTold, TileTold } from "./frame";
import { cellUnder, levelFor, moved, type Part, TILE, type TileAt, tilesFor, wholeOf, zoomed } from "./levels";
import { sprite } from "./paint";

type Mode = "extreme" | "mean";

interface Tile extends TileAt {
  rows: number;
  cols: number;
  codes: Record<Mode, Int16Array>;
  scales: Record<Mode, number>;
  canvas: HTMLCanvasElement | null;
  key: unknown[];
}

export interface MatrixScene {
  layer: string;
  matrix: MatrixTold;
  mode: Mode;
  shared: boolean;
  colors: Palette;
  row: number;
}

const STEP = 1.6;
const KEPT = 200; // tiles

export class MatrixMap {
  private readonly canvas = pictureCanvas("Weight matrix");
  private tiles = new Map<string, Tile>();
  private asked = new Set<string>();
  private scene: MatrixScene | null = null;
  private part: Part = wholeOf(1, 1);
  private dragged = false;
  private most = 1;

  readonly element = h(
    "div",
    {
      class: "cv-matrix-map",
      tabindex: 0,
      role: "group",
      "aria-label": "Weight matrix: arrow keys move, plus and minus zoom, 0 shows all",
    },
    this.canvas,
  );

  /**
   * @param ask asks the kernel for a tile
   * @param say tells what is under the pointer
   * @param choose called with the row that was clicked
   */
  constructor(
    private readonly repaint: () => void,
    private readonly ask: (layer: string, tile: TileAt) => void,
    private readonly say: (words: string) => void,
    private readonly choose: (row: number) => void,
    signal: AbortSignal,
  ) {
    const { element } = this;
    element.addEventListener("wheel", (event) => this.wheel(event), { signal, passive: false });
    element.addEventListener("pointerdown", (event) => this.drag(event), { signal });
    element.addEventListener("pointermove", (event) => this.hover(event), { signal });
    element.addEventListener("pointerleave", () => this.say(""), { signal });
    element.addEventListener("click", (event) => this.click(event), { signal });
    element.addEventListener("keydown", (event) => this.key(event), { signal });
  }

  /** The value at the ends of the colours. */
  get range(): number {
    return this.most;
  }

  get isWhole(): boolean {
    const { scene, part } = this;
    return !scene || (part.width >= scene.matrix.cols && part.height >= scene.matrix.rows);
  }

  zoom(by: number, x?: number, y?: number): void {
    const { scene } = this;
    if (scene) this.look(zoomed(this.part, by, scene.matrix.rows, scene.matrix.cols, x, y));
  }

  whole(): void {
    if (this.scene) this.look(wholeOf(this.scene.matrix.rows, this.scene.matrix.cols));
  }

  /** A tile has come. */
  receive(layer: string, at: TileAt, told: TileTold): void {
    if (layer !== this.scene?.layer) return;
    this.keep(at, told);
    this.repaint();
  }

  paint(scene: MatrixScene): void {
    if (scene.matrix !== this.scene?.matrix) {
      this.tiles.clear();
      this.asked.clear();
      this.part = wholeOf(scene.matrix.rows, scene.matrix.cols);
      this.scene = scene;
      this.keep({ level: scene.matrix.top, row: 0, column: 0 }, scene.matrix);
    }
    this.scene = scene;
    const ratio = pixelRatio();
    const { clientWidth, clientHeight } = this.element;
    resize(this.canvas, Math.round(clientWidth * ratio), Math.round(clientHeight * ratio));
    const target = context(this.canvas);
    const { width, height } = this.canvas;
    target.clearRect(0, 0, width, height);
    const { rows, cols, top } = scene.matrix;
    const level = levelFor(this.part, clientWidth, clientHeight, top);
    const wanted = tilesFor(this.part, level, rows, cols);
    for (const tile of wanted) this.want(scene.layer, tile);
    const shown = [...new Set(wanted.flatMap((tile) => this.nearest(tile)))].sort((a, b) => b.level - a.level);
    const visible = shown.filter((tile) => tile.level === level);
    const all = scene.mode === "extreme" && scene.shared;
    const scales = (visible.length ? visible : shown).map((tile) => tile.scales[scene.mode]);
    this.most = (all ? scene.matrix.extremeScale : Math.max(...scales)) || 1;
    for (const tile of shown) this.draw(target, tile, scene, width, height);
    this.outline(target, scene.row, width, height, ratio);
    Object.assign(this.element.dataset, {
      level: String(level),
      missing: String(wanted.filter((tile) => !this.tiles.has(keyOf(tile))).length),
    });
    const blocks = level ? `, in blocks of ${2 ** level} by ${2 ** level}` : "";
    const { left, top: above, width: wide, height: high } = this.part;
    const seen = this.isWhole ? "" : `, rows ${Math.floor(above)} to ${Math.ceil(above + high) - 1}, columns ${Math.floor(left)} to ${Math.ceil(left + wide) - 1}`;
    this.canvas.setAttribute("aria-label", `Weights of ${scene.layer}, ${rows} outputs by ${cols} weights${seen}${blocks}`);
  }

  private keep(at: TileAt, told: TileTold): void {
    const extreme = asCodes(told.extreme);
    const mean = told.mean === undefined ? extreme : asCodes(told.mean);
    this.tiles.set(keyOf(at), {
      ...at,
      rows: told.tileRows,
      cols: told.tileCols,
      codes: { extreme, mean },
      scales: { extreme: told.extremeScale, mean: told.meanScale ?? told.extremeScale },
      canvas: null,
      key: [],
    });
    const [oldest] = [...this.tiles.values()].filter(({ level }) => level !== this.scene?.matrix.top);
    if (this.tiles.size > KEPT && oldest) {
      this.tiles.delete(keyOf(oldest));
      this.asked.delete(keyOf(oldest));
    }
  }

  private want(layer: string, tile: TileAt): void {
    const key = keyOf(tile);
    if (this.tiles.has(key) || this.asked.has(key)) return;
    this.asked.add(key);
    this.ask(layer, tile);
  }

  /** A tile, or until it is there the coarser one that holds it. */
  private nearest(tile: TileAt): Tile[] {
    let at: TileAt = tile;
    for (;;) {
      const found = this.tiles.get(keyOf(at));
      if (found) return [found];
      if (at.level >= (this.scene?.matrix.top ?? 0)) return [];
      at = { level: at.level + 1, row: at.row >> 1, column: at.column >> 1 };
    }
  }

  private draw(target: CanvasRenderingContext2D, tile: Tile, scene: MatrixScene, width: number, height: number): void {
    const key = [scene.mode, scene.colors, this.most];
    if (!tile.canvas || key.some((item, at) => item !== tile.key[at])) {
      tile.key = key;
      tile.canvas = sprite({ width: tile.cols, height: tile.rows, rgba: this.colored(tile, scene) });
    }
    const block = 2 ** tile.level;
    const [across, down] = [width / this.part.width, height / this.part.height];
    const x = (tile.column * TILE * block - this.part.left) * across;
    const y = (tile.row * TILE * block - this.part.top) * down;
    // The last block of a row may be cut off: a tile ends where the matrix ends.
    const { rows, cols } = scene.matrix;
    const wide = Math.min(tile.cols * block, cols - tile.column * TILE * block) * across;
    const high = Math.min(tile.rows * block, rows - tile.row * TILE * block) * down;
    target.imageSmoothingEnabled = wide < tile.cols || high < tile.rows;
    target.drawImage(tile.canvas, x, y, wide, high);
  }

  private colored(tile: Tile, { mode, colors }: MatrixScene): Uint8ClampedArray<ArrayBuffer> {
    const codes = tile.codes[mode];
    const step = tile.scales[mode] / 32767;
    const pixels = Uint32Array.from(codes, (code) => colors[paletteIndex(code * step, -this.most, this.most)]);
    return new Uint8ClampedArray(pixels.buffer);
  }

  /** The row of the chosen channel. */
  private outline(target: CanvasRenderingContext2D, row: number, width: number, height: number, ratio: number): void {
    const down = height / this.part.height;
    const y = (row - this.part.top) * down;
    const high = Math.max(2 * ratio, down);
    if (y + high < 0 || y > height) return;
    const style = getComputedStyle(this.element);
    const color = (name: string) => style.getPropertyValue(`--cv-${name}`).trim();
    target.lineWidth = 3 * ratio;
    target.strokeStyle = color("surface");
    target.strokeRect(-4 * ratio, y, width + 8 * ratio, high);
    target.lineWidth = 1.5 * ratio;
    target.strokeStyle = color("accent");
    target.strokeRect(-4 * ratio, y, width + 8 * ratio, high);
  }

  private share(event: MouseEvent): [number, number] {
    const box = this.element.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  private hover(event: PointerEvent): void {
    const { scene } = this;
    if (!scene) return;
    const [row, column] = cellUnder(this.part, ...this.share(event));
    const { clientWidth, clientHeight } = this.element;
    const level = levelFor(this.part, clientWidth, clientHeight, scene.matrix.top);
    const side = TILE * 2 ** level;
    const at = { level, row: Math.floor(row / side), column: Math.floor(column / side) };
    const [tile] = this.nearest(at);
    if (!tile) return;
    const block = 2 ** tile.level;
    const [r, c] = [Math.floor(row / block) - tile.row * TILE, Math.floor(column / block) - tile.column * TILE];
    const code = tile.codes[scene.mode][r * tile.cols + c];
    if (r < 0 || c < 0 || r >= tile.rows || c >= tile.cols) return;
    const value = formatValue((code * tile.scales[scene.mode]) / 32767);
    const what = block === 1 ? "" : scene.mode === "mean" ? "mean " : "extreme ";
    this.say(`output ${row}, weight ${column}: ${what}${value}`);
  }

  private click(event: MouseEvent): void {
    if (!this.dragged && this.scene) this.choose(cellUnder(this.part, ...this.share(event))[0]);
    this.dragged = false;
  }

  private key(event: KeyboardEvent): void {
    const { scene } = this;
    if (!scene || event.ctrlKey || event.metaKey || event.altKey) return;
    const { rows, cols } = scene.matrix;
    const pans: Record<string, [number, number]> = {
      ArrowUp: [0, -0.2], ArrowDown: [0, 0.2], ArrowLeft: [-0.2, 0], ArrowRight: [0.2, 0],
    };
    const { key } = event;
    if (key in pans) this.look(moved(this.part, ...pans[key], rows, cols));
    else if (key === "+" || key === "=") this.zoom(STEP);
    else if (key === "-") this.zoom(1 / STEP);
    else if (key === "0") this.whole();
    else return;
    claim(event);
  }

  private wheel(event: WheelEvent): void {
    const { activeElement } = this.element.getRootNode() as Document | ShadowRoot;
    if (activeElement !== this.element && !event.ctrlKey && !event.metaKey) return;
    claim(event);
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const by = Math.exp(-Math.max(-80, Math.min(80, event.deltaY * lines)) / 240);
    this.zoom(by, ...this.share(event));
  }

  private drag(down: PointerEvent): void {
    const { scene } = this;
    if (down.button !== 0 || !scene) return;
    const from = this.part;
    const { rows, cols } = scene.matrix;
    this.dragged = false;
    const ended = new AbortController();
    const { clientWidth, clientHeight } = this.element;
    const move = (event: PointerEvent) => {
      const [right, below] = [event.clientX - down.clientX, event.clientY - down.clientY];
      if (!this.dragged && Math.hypot(right, below) < 4) return;
      if (!this.dragged) this.element.setPointerCapture(down.pointerId);
      this.dragged = true;
      this.look(moved(from, -right / clientWidth, -below / clientHeight, rows, cols));
    };
    const { signal } = ended;
    this.element.addEventListener("pointermove", move, { signal });
    this.element.addEventListener("pointerup", () => ended.abort(), { signal });
    this.element.addEventListener("pointercancel", () => ended.abort(), { signal });
  }

  private look(part: Part): void {
    this.part = part;
    this.repaint();
  }
}

function keyOf({ level, row, column }: TileAt): string {
  return `${level}/${row}/${column}`;
}

function asCodes(value: unknown): Int16Array {
  return new Int16Array(asBytes(value).slice().buffer);
}
