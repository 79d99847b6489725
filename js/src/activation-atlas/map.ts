/**
 * The plane: activations as dots, over them the cells that are painted so far. Wheel, drag, buttons
 * and keys move and zoom it; the arrow keys go from cell to cell.
 *
 * The wheel zooms once the map has the focus, or with Ctrl; else the notebook would stop scrolling
 * wherever the pointer crosses a view.
 */
import { context, pictureCanvas, pixelRatio, resize } from "../lib/canvas";
import { claim } from "../lib/controls";
import { h } from "../lib/dom";
import type { Rect } from "../lib/geometry";
import { type Atlas, type Cell, cellByKey, cellOf, cellWords, progressWords, shareOf } from "./atlas";
import { type Camera, cellRect, moved, placeAt, showing, WHOLE, zoomed } from "./camera";

const STEP = 1.4;

export class AtlasMap {
  private readonly canvas = pictureCanvas("Activation atlas");
  private readonly sprites = new Map<Cell, HTMLCanvasElement>();
  private atlas: Atlas | null = null;
  private camera: Camera = WHOLE;
  private pointed: Cell | null = null;
  private chosen: Cell | undefined;
  private dragged = false;

  readonly element = h(
    "div",
    {
      class: "cv-map",
      tabindex: 0,
      role: "group",
      "aria-label": "Cells: arrow keys go from cell to cell, Enter chooses, plus and minus zoom, 0 shows all",
    },
    this.canvas,
  );

  /**
   * @param point called with the cell under the pointer or the keys' one, null for none
   * @param choose called with the cell that was clicked, null for none
   */
  constructor(
    private readonly repaint: () => void,
    private readonly point: (cell: Cell | null) => void,
    private readonly choose: (cell: Cell | null) => void,
    signal: AbortSignal,
  ) {
    const { element } = this;
    element.addEventListener("wheel", (event) => this.wheel(event), { signal, passive: false });
    element.addEventListener("pointerdown", (event) => this.drag(event), { signal });
    element.addEventListener("pointermove", (event) => this.hover(this.under(event)), { signal });
    element.addEventListener("pointerleave", () => this.hover(null), { signal });
    element.addEventListener("click", (event) => this.click(event), { signal });
    element.addEventListener("keydown", (event) => this.key(event), { signal });
    element.addEventListener("dblclick", (event) => claim(event), { signal });
  }

  get scale(): number {
    return this.camera.scale;
  }

  zoom(out: boolean): void {
    this.look(zoomed(this.camera, out ? 1 / STEP : STEP, this.side));
  }

  whole(): void {
    this.look(WHOLE);
  }

  paint(atlas: Atlas, chosen: Cell | undefined): void {
    if (atlas !== this.atlas) {
      this.sprites.clear();
      const at = this.pointed;
      this.pointed = (at && cellOf(atlas, [at.row, at.column])) ?? null;
      this.atlas = atlas;
    }
    this.chosen = chosen;
    const { side } = this;
    const ratio = pixelRatio();
    resize(this.canvas, Math.round(side * ratio), Math.round(side * ratio));
    const target = context(this.canvas);
    target.setTransform(ratio, 0, 0, ratio, 0, 0);
    target.clearRect(0, 0, side, side);
    const style = getComputedStyle(this.element);
    const color = (name: string) => style.getPropertyValue(`--cv-${name}`).trim();
    this.dots(target, atlas, color("edge"));
    const fullest = Math.max(...atlas.cells.map(({ count }) => count));
    for (const cell of atlas.cells) this.draw(target, cell, fullest, color("edge"));
    if (this.pointed) this.outline(target, this.pointed, fullest, color("ink"), color("surface"));
    if (chosen) this.outline(target, chosen, fullest, color("accent"), color("surface"));
    this.canvas.setAttribute("aria-label", `Activation atlas of ${atlas.layer}: ${progressWords(atlas)}`);
    this.element.dataset.zoom = this.camera.scale.toFixed(2);
  }

  private get side(): number {
    return this.element.clientWidth;
  }

  private dots(target: CanvasRenderingContext2D, { places }: Atlas, color: string): void {
    const { scale, x, y } = this.camera;
    const size = this.side * scale;
    target.fillStyle = color;
    target.globalAlpha = 0.55;
    for (let at = 0; at < places.length; at += 2) {
      target.beginPath();
      target.arc(x + places[at + 1] * size, y + places[at] * size, 1.4, 0, 2 * Math.PI);
      target.fill();
    }
    target.globalAlpha = 1;
  }

  /** Where a cell's picture is: the fuller, the larger. */
  private box(cell: Cell, fullest: number): Rect {
    const { grid } = this.atlas!;
    const { x, y, width } = cellRect(this.camera, grid, cell.row, cell.column, this.side);
    const size = Math.max(2, (width - 1) * shareOf(cell, fullest));
    return { x: x + (width - size) / 2, y: y + (width - size) / 2, width: size, height: size };
  }

  private draw(target: CanvasRenderingContext2D, cell: Cell, fullest: number, line: string): void {
    const { x, y, width } = this.box(cell, fullest);
    const { side } = this;
    if (x > side || y > side || x + width < 0 || y + width < 0) return;
    if (!cell.picture) {
      target.strokeStyle = line;
      target.lineWidth = 1;
      target.setLineDash([2, 3]);
      target.strokeRect(x + 0.5, y + 0.5, width - 1, width - 1);
      target.setLineDash([]);
      return;
    }
    target.imageSmoothingQuality = "high";
    target.drawImage(this.sprite(cell), x, y, width, width);
  }

  private sprite(cell: Cell): HTMLCanvasElement {
    let found = this.sprites.get(cell);
    if (!found) {
      const { width, height, rgba } = cell.picture!;
      found = document.createElement("canvas");
      resize(found, width, height);
      context(found).putImageData(new ImageData(rgba, width, height), 0, 0);
      this.sprites.set(cell, found);
    }
    return found;
  }

  private outline(
    target: CanvasRenderingContext2D,
    cell: Cell,
    fullest: number,
    color: string,
    around: string,
  ): void {
    const { x, y, width } = this.box(cell, fullest);
    const frame = (by: number, thick: number, style: string) => {
      target.strokeStyle = style;
      target.lineWidth = thick;
      target.strokeRect(x + by, y + by, width - 2 * by, width - 2 * by);
    };
    frame(2.5, 1, around);
    frame(1, 2, color);
  }

  private under(event: PointerEvent | MouseEvent): Cell | null {
    if (!this.atlas) return null;
    const box = this.element.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const place = placeAt(this.camera, this.atlas.grid, x, y, this.side);
    return cellOf(this.atlas, place) ?? null;
  }

  private hover(cell: Cell | null): void {
    if (cell === this.pointed) return;
    this.pointed = cell;
    this.point(cell);
    this.repaint();
  }

  private click(event: MouseEvent): void {
    if (!this.dragged) this.choose(this.under(event));
    this.dragged = false;
  }

  private key(event: KeyboardEvent): void {
    const { atlas } = this;
    if (!atlas || event.ctrlKey || event.metaKey || event.altKey) return;
    const { key } = event;
    const step = this.side / 6;
    const pans: Record<string, [number, number]> = {
      ArrowUp: [0, step], ArrowDown: [0, -step], ArrowLeft: [step, 0], ArrowRight: [-step, 0],
    };
    if (event.shiftKey && key in pans) this.look(moved(this.camera, ...pans[key], this.side));
    else if (key in pans) this.goTo(atlas, this.pointed ?? this.chosen, key);
    else if (key === "+" || key === "=") this.zoom(false);
    else if (key === "-") this.zoom(true);
    else if (key === "0") this.whole();
    else if (key === "Enter" || key === " ") this.choose(this.pointed);
    else if (key === "Escape") this.choose(null);
    else return;
    claim(event);
  }

  private goTo(atlas: Atlas, from: Cell | undefined, key: string): void {
    const next = from ? cellByKey(atlas, from, key) : atlas.cells[0];
    if (!next) return;
    this.camera = showing(this.camera, atlas.grid, next.row, next.column, this.side);
    this.canvas.title = cellWords(next);
    this.hover(next);
  }

  private wheel(event: WheelEvent): void {
    const { activeElement } = this.element.getRootNode() as Document | ShadowRoot;
    if (activeElement !== this.element && !event.ctrlKey && !event.metaKey) return;
    claim(event);
    const box = this.element.getBoundingClientRect();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const by = Math.exp(-Math.max(-80, Math.min(80, event.deltaY * lines)) / 320);
    this.look(zoomed(this.camera, by, this.side, event.clientX - box.left, event.clientY - box.top));
  }

  private drag(down: PointerEvent): void {
    if (down.button !== 0) return;
    const from = this.camera;
    this.dragged = false;
    const ended = new AbortController();
    const move = (event: PointerEvent) => {
      const [right, below] = [event.clientX - down.clientX, event.clientY - down.clientY];
      if (!this.dragged && Math.hypot(right, below) < 4) return;
      if (!this.dragged) this.element.setPointerCapture(down.pointerId);
      this.dragged = true;
      this.look(moved(from, right, below, this.side));
    };
    const { signal } = ended;
    this.element.addEventListener("pointermove", move, { signal });
    this.element.addEventListener("pointerup", () => ended.abort(), { signal });
    this.element.addEventListener("pointercancel", () => ended.abort(), { signal });
  }

  private look(camera: Camera): void {
    this.camera = camera;
    this.repaint();
  }
}
