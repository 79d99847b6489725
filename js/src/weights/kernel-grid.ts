/**
 * Kernels as small pictures on one canvas: all filters of a layer, or the kernel of one channel by
 * its input channels. Pointing tells of one, a click or Enter chooses it.
 */
import { context, pixelRatio, resize } from "../lib/canvas";
import type { Palette } from "../lib/colormap";
import { claim } from "../lib/controls";
import { type Grid, gridHeight, gridLayout, gridWidth, slotAt, slotByKey, slotRect } from "../lib/geometry";
import { Mark, Stage } from "../lib/stage";
import { magnitudes, type Pictures } from "./frame";
import { sprite, weightPicture } from "./paint";

export interface GridScene {
  pictures: Pictures;
  /** Which picture is in which slot. */
  order: readonly number[];
  shared: boolean;
  colors: Palette;
  /** The picture that is chosen; -1 for none. */
  chosen: number;
  label: string;
}

const EDGE = 4; // room for the mark around an outer tile

export class KernelGrid {
  private readonly stage = new Stage("Kernels");
  private readonly hoverMark = new Mark(this.stage, "hover");
  private readonly choiceMark = new Mark(this.stage, "choice");
  private scene: GridScene | null = null;
  private grid: Grid | null = null;
  private painted: unknown[] = [];
  private pointed = -1;

  readonly element = this.stage.element;

  /**
   * @param point called with the number of the picture under the pointer or the keys, -1 for none
   * @param choose called with the number of a picture
   */
  constructor(
    private readonly point: (at: number) => void,
    private readonly choose: (at: number) => void,
    signal: AbortSignal,
  ) {
    const { element, frame } = this.stage;
    element.tabIndex = 0;
    element.dataset.scrolls = "";
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", "Kernels: arrow keys point at one, Enter chooses it");
    frame.addEventListener("pointermove", (event) => this.go(this.under(event)), { signal });
    frame.addEventListener("pointerleave", () => this.go(-1), { signal });
    frame.addEventListener("click", (event) => this.take(this.under(event)), { signal });
    element.addEventListener("keydown", (event) => this.key(event), { signal });
    element.addEventListener("blur", () => this.go(-1), { signal });
  }

  paint(scene: GridScene): void {
    this.scene = scene;
    const { pictures, order, shared, colors } = scene;
    const ratio = pixelRatio();
    const { clientWidth } = this.element;
    const tallest = parseFloat(getComputedStyle(this.element).maxHeight);
    const grid = gridLayout(
      pictures.count,
      pictures.rows,
      pictures.cols,
      Math.floor((clientWidth - 2 * EDGE) * ratio),
      Math.floor((tallest - 2 * EDGE) * ratio),
      { gap: Math.round((pictures.count > 128 ? 2 : 4) * ratio), smallest: 14 * ratio, largest: 96 * ratio },
    );
    this.grid = grid;
    const { frame, canvas } = this.stage;
    this.element.style.height = `${Math.min(tallest, gridHeight(grid) / ratio + 2 * EDGE)}px`;
    frame.style.width = `${gridWidth(grid) / ratio}px`;
    frame.style.height = `${gridHeight(grid) / ratio}px`;
    this.stage.label(scene.label);
    const wanted = [pictures.values, shared, colors, ratio, ...Object.values(grid), ...order];
    if (wanted.length !== this.painted.length || wanted.some((item, k) => item !== this.painted[k])) {
      this.painted = wanted;
      if (!resize(canvas, gridWidth(grid), gridHeight(grid))) {
        context(canvas).clearRect(0, 0, canvas.width, canvas.height);
      }
      this.draw(context(canvas), scene, grid);
    }
    this.mark();
  }

  private draw(target: CanvasRenderingContext2D, { pictures, order, shared, colors }: GridScene, grid: Grid): void {
    const sizes = magnitudes(pictures);
    const most = sizes.reduce((a, b) => Math.max(a, b), 0);
    target.imageSmoothingEnabled = false;
    order.forEach((number, slot) => {
      const { x, y, width, height } = slotRect(grid, slot);
      const picture = weightPicture(pictures, number, shared ? most : sizes[number], colors);
      target.drawImage(sprite(picture), x, y, width, height);
    });
  }

  private mark(): void {
    const { scene, grid } = this;
    if (!scene || !grid) return;
    const size = [gridWidth(grid), gridHeight(grid)] as const;
    const place = (mark: Mark, number: number) => {
      const slot = number < 0 ? -1 : scene.order.indexOf(number);
      mark.place(slot < 0 ? null : slotRect(grid, slot), ...size);
    };
    place(this.choiceMark, scene.chosen);
    place(this.hoverMark, this.pointed);
  }

  private go(number: number): void {
    if (number === this.pointed) return;
    this.pointed = number;
    this.mark();
    this.point(number);
  }

  private take(number: number): void {
    if (number >= 0) this.choose(number);
  }

  private key(event: KeyboardEvent): void {
    const { scene, grid } = this;
    if (!scene || !grid || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") {
      claim(event);
      this.take(this.pointed);
      return;
    }
    const from = this.pointed >= 0 ? this.pointed : Math.max(0, scene.chosen);
    const next = slotByKey(grid, scene.order.indexOf(from), event.key);
    if (next === null) return;
    claim(event);
    this.go(scene.order[next]);
    const { y, height } = slotRect(grid, next);
    const ratio = pixelRatio();
    const { element } = this;
    if (y / ratio < element.scrollTop) element.scrollTop = y / ratio;
    const bottom = (y + height) / ratio - element.clientHeight + 2 * EDGE;
    if (bottom > element.scrollTop) element.scrollTop = bottom;
  }

  private under(event: MouseEvent): number {
    const { scene, grid } = this;
    if (!scene || !grid) return -1;
    const [x, y] = this.stage.share(event);
    const slot = slotAt(grid, x * gridWidth(grid), y * gridHeight(grid));
    return slot < 0 ? -1 : scene.order[slot];
  }
}
