/**
 * What part of the drawing is seen, and how large: wheel, drag, buttons, keys.
 *
 * The wheel zooms once the drawing has the focus, or with Ctrl; else the notebook would stop
 * scrolling wherever the pointer crosses a view.
 */
import { claim } from "../lib/controls";
import type { Box, Layout } from "./layout";

const SMALLEST = 0.05;
const LARGEST = 3;
const EDGE = 16;
/** Below this, names cannot be read; a network that does not fit opens at its beginning. */
export const LEGIBLE = 0.78;

export class Viewport {
  scale = 1;
  x = 0;
  y = 0;
  /** Whether the person has moved it; until then it follows the size of the stage. */
  moved = false;
  private dragged = false;

  constructor(
    private readonly stage: HTMLElement,
    private readonly content: SVGGElement,
    signal: AbortSignal,
  ) {
    stage.addEventListener("wheel", (event) => this.wheel(event), { signal, passive: false });
    stage.addEventListener("pointerdown", (event) => this.drag(event), { signal });
    // A drag that ends on a card is no click on it.
    const click = (event: MouseEvent) => {
      if (this.dragged) claim(event);
      this.dragged = false;
    };
    stage.addEventListener("click", click, { signal, capture: true });
  }

  /** All of the drawing, or as much as can be read. */
  open({ width, height }: Layout): void {
    const { clientWidth, clientHeight } = this.stage;
    const room = [clientWidth - 2 * EDGE, clientHeight - 2 * EDGE];
    const whole = Math.min(1, room[0] / width, room[1] / height);
    this.scale = Math.max(whole, LEGIBLE);
    const place = (size: number, room: number) =>
      EDGE + Math.max(0, (room - size * this.scale) / 2);
    this.x = place(width, room[0]);
    this.y = place(height, room[1]);
    // What is too high to fit is shown at the height of its first card, which is in the middle.
    if (height * this.scale > room[1] && width * this.scale > room[0]) {
      this.y = EDGE + (room[1] - height * this.scale) / 2;
    }
    this.moved = false;
    this.apply();
  }

  /** All of the drawing, however small. */
  fit({ width, height }: Layout): void {
    const { clientWidth, clientHeight } = this.stage;
    const room = [clientWidth - 2 * EDGE, clientHeight - 2 * EDGE];
    this.scale = Math.max(SMALLEST, Math.min(1.5, room[0] / width, room[1] / height));
    this.x = (clientWidth - width * this.scale) / 2;
    this.y = (clientHeight - height * this.scale) / 2;
    this.moved = true;
    this.apply();
  }

  /** Zooms about a point of the stage, its middle if none is given. */
  zoom(times: number, x = this.stage.clientWidth / 2, y = this.stage.clientHeight / 2): void {
    const scale = Math.min(LARGEST, Math.max(SMALLEST, this.scale * times));
    const by = scale / this.scale;
    this.x = x - (x - this.x) * by;
    this.y = y - (y - this.y) * by;
    this.scale = scale;
    this.moved = true;
    this.apply();
  }

  /** Moves as little as shows a box. */
  reveal({ x, y, width, height }: Box): void {
    const { clientWidth, clientHeight } = this.stage;
    const shift = (start: number, size: number, room: number) => {
      if (size > room - 2 * EDGE || start < EDGE) return EDGE - start;
      return Math.min(0, room - EDGE - start - size);
    };
    const { scale } = this;
    const right = shift(this.x + x * scale, width * scale, clientWidth);
    const down = shift(this.y + y * scale, height * scale, clientHeight);
    if (right === 0 && down === 0) return;
    this.x += right;
    this.y += down;
    this.moved = true;
    this.apply();
  }

  /** Whether enough of a box to be noticed is on the stage. */
  sees({ x, y, width, height }: Box): boolean {
    const { clientWidth, clientHeight } = this.stage;
    const [left, top] = [this.x + x * this.scale, this.y + y * this.scale];
    const [right, bottom] = [left + width * this.scale, top + height * this.scale];
    const most = 4 * EDGE;
    const across = left < clientWidth - most && right > most;
    return across && top < clientHeight - most && bottom > most;
  }

  /** Keeps a thing where it was on the screen when its place in the drawing has changed. */
  hold(before: Box, after: Box, sideways: boolean): void {
    const middle = (box: Box): [number, number] =>
      sideways ? [box.x, box.y + box.height / 2] : [box.x + box.width / 2, box.y];
    const [[x, y], [nextX, nextY]] = [middle(before), middle(after)];
    this.x += (x - nextX) * this.scale;
    this.y += (y - nextY) * this.scale;
    this.moved = true;
    this.apply();
  }

  /** Across the network's direction all is in the middle, as long as it fits. */
  centre({ width, height }: Layout, sideways: boolean): void {
    const place = (at: number, size: number, room: number) => {
      const spare = room - size * this.scale;
      return spare >= 0 ? spare / 2 : Math.min(EDGE, Math.max(spare - EDGE, at));
    };
    if (sideways) this.y = place(this.y, height, this.stage.clientHeight);
    else this.x = place(this.x, width, this.stage.clientWidth);
    this.apply();
  }

  private apply(): void {
    const { x, y, scale } = this;
    this.content.setAttribute(
      "transform",
      `translate(${x.toFixed(2)},${y.toFixed(2)}) scale(${scale.toFixed(4)})`,
    );
    this.stage.dataset.zoom = scale.toFixed(3);
  }

  private wheel(event: WheelEvent): void {
    const focused = this.stage.contains(document.activeElement);
    if (!focused && !event.ctrlKey && !event.metaKey) return;
    claim(event);
    const box = this.stage.getBoundingClientRect();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const by = Math.exp(-Math.max(-80, Math.min(80, event.deltaY * lines)) / 320);
    this.zoom(by, event.clientX - box.left, event.clientY - box.top);
  }

  private drag(down: PointerEvent): void {
    if (down.button !== 0) return;
    const { x, y } = this;
    this.dragged = false;
    const ended = new AbortController();
    const move = (event: PointerEvent) => {
      const [right, below] = [event.clientX - down.clientX, event.clientY - down.clientY];
      if (!this.dragged && Math.hypot(right, below) < 4) return;
      if (!this.dragged) this.stage.setPointerCapture(down.pointerId);
      this.dragged = this.moved = true;
      this.x = x + right;
      this.y = y + below;
      this.apply();
    };
    const end = () => ended.abort();
    const { signal } = ended;
    this.stage.addEventListener("pointermove", move, { signal });
    this.stage.addEventListener("pointerup", end, { signal });
    this.stage.addEventListener("pointercancel", end, { signal });
  }
}
