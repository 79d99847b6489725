/**
 * The plane itself: thumbnails or dots that pan and zoom, with a card at the one under the pointer.
 *
 * What lies around the stage is drawn as well, on a canvas of its own: moving the plane copies from
 * there. Now and then the canvas is moved on, and only what has come to its edges is drawn; so ten
 * thousand images are never drawn at once while the hand moves. Zooming stretches the copy, until the
 * wheel rests.
 *
 * The wheel zooms once the plane has the focus, or with Ctrl; else the notebook would stop scrolling
 * wherever the pointer crosses a view.
 */
import { context, pictureCanvas, pixelRatio, resize } from "../lib/canvas";
import type { Theme } from "../lib/colormap";
import { claim } from "../lib/controls";
import { h } from "../lib/dom";
import {
  type Camera,
  dotRadius,
  type Drawn,
  imageAt,
  imageByKey,
  moved,
  resized,
  showing,
  spot,
  thumbnailSide,
  whole,
  zoomed,
} from "./camera";
import type { Coloring } from "./colors";
import { type About, imageName, type Plane, planeWords } from "./frame";
import { HoverCard } from "./hover-card";
import type { Sheets } from "./sheets";
import { type Box, uncovered } from "./strips";

const STEP = 1.4;
/** What is drawn around the stage, as a share of it. */
const AROUND = 0.35;
/** How far the plane moves before the drawn part is moved on, as a share of the stage. */
const ON = 0.03;
/** How far the copy is stretched at most, and for how many milliseconds after the last turn. */
const STRETCH = [0.6, 2];
const REST = 120;

export interface Scene {
  about: About;
  plane: Plane;
  coloring: Coloring;
  matched: Uint8Array;
  chosen: number | null;
  near: readonly number[];
  /** Whether thumbnails are wanted; dots are drawn where there are none. */
  thumbnails: boolean;
  theme: Theme;
}

export class Scatter {
  private readonly canvas = pictureCanvas("Embedding");
  private readonly sheet = document.createElement("canvas");
  private readonly card: HoverCard;
  private scene: Scene | null = null;
  private camera: Camera = whole(1, 1);
  private size: [number, number] = [1, 1];
  private used: readonly [number, number] = [1, 1];
  private fitted: Drawn = { count: 0, native: 0 };
  private drawn: unknown[] = [];
  private drawnAt: Camera = this.camera;
  private pointed: number | null = null;
  private dragged = false;
  private zooming: ReturnType<typeof setTimeout> | undefined;

  readonly element: HTMLElement;

  /**
   * @param choose called with the image that was clicked, null for none
   */
  constructor(
    private readonly sheets: Sheets,
    private readonly repaint: () => void,
    private readonly choose: (number: number | null) => void,
    signal: AbortSignal,
  ) {
    this.card = new HoverCard(sheets);
    this.element = h(
      "div",
      {
        class: "cv-scatter",
        tabindex: 0,
        role: "group",
        "aria-label":
          "Images: arrow keys go from image to image, Enter chooses, plus and minus zoom, 0 shows all",
      },
      this.canvas,
      this.card.element,
    );
    const { element } = this;
    element.addEventListener("wheel", (event) => this.wheel(event), { signal, passive: false });
    element.addEventListener("pointerdown", (event) => this.drag(event), { signal });
    element.addEventListener("pointermove", (event) => this.hover(event), { signal });
    element.addEventListener("pointerleave", () => this.point(null), { signal });
    element.addEventListener("click", (event) => this.click(event), { signal });
    element.addEventListener("keydown", (event) => this.key(event), { signal });
    element.addEventListener("dblclick", (event) => claim(event), { signal });
    signal.addEventListener("abort", () => clearTimeout(this.zooming));
  }

  get scale(): number {
    return this.camera.scale;
  }

  zoom(out: boolean): void {
    const [width, height] = this.size;
    this.look(zoomed(this.camera, out ? 1 / STEP : STEP, width / 2, height / 2));
  }

  whole(): void {
    this.look(whole(...this.size, this.used, this.fitted));
  }

  paint(scene: Scene): void {
    this.scene = scene;
    const { plane } = scene;
    if (this.pointed !== null && this.pointed >= plane.count) this.pointed = null;
    const { clientWidth: width, clientHeight: height } = this.element;
    this.fit([width, height], plane, scene.thumbnails ? this.sheets.side : 0);
    if (width === 0 || height === 0) return; // not laid out yet; its first size paints it
    const ratio = pixelRatio();
    resize(this.canvas, Math.round(width * ratio), Math.round(height * ratio));
    this.drawWhereNeeded(scene, ratio);
    const target = context(this.canvas);
    target.setTransform(1, 0, 0, 1, 0, 0);
    target.clearRect(0, 0, this.canvas.width, this.canvas.height);
    const stretch = this.camera.scale / this.drawnAt.scale;
    const left = this.camera.x - stretch * (this.drawnAt.x + AROUND * width);
    const top = this.camera.y - stretch * (this.drawnAt.y + AROUND * height);
    const [wide, high] = [this.sheet.width * stretch, this.sheet.height * stretch];
    target.drawImage(this.sheet, Math.round(left * ratio), Math.round(top * ratio), wide, high);
    target.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.marks(target, scene);
    const label = `Embedding of ${plane.layer}: ${planeWords(plane)}`;
    if (this.canvas.getAttribute("aria-label") !== label) this.canvas.setAttribute("aria-label", label);
    this.element.dataset.zoom = this.camera.scale.toFixed(2);
    const at = this.pointed === null ? null : spot(this.camera, plane, this.pointed);
    this.card.paint(scene.about, plane, this.pointed, at, this.size);
  }

  /** Keeps the same part in sight on a stage of another size, and for images of another size. */
  private fit(size: [number, number], { used, count }: Plane, native: number): void {
    const [width, height] = this.size;
    const same = used === this.used && count === this.fitted.count && native === this.fitted.native;
    if (same && width === size[0] && height === size[1]) return;
    const drawn = { count, native };
    this.camera = width > 1 ? resized(this.camera, this.size, size, used, drawn) : whole(...size, used, drawn);
    [this.size, this.used, this.fitted] = [size, used, drawn];
  }

  /** Draws the images, unless those that were drawn last can be moved into place. */
  private drawWhereNeeded(scene: Scene, ratio: number): void {
    const { camera, size } = this;
    const { plane, coloring, matched, thumbnails, theme } = scene;
    const wanted = [plane, coloring, matched, thumbnails, theme, this.sheets.ready, ratio, ...size];
    const same = wanted.length === this.drawn.length && wanted.every((each, at) => each === this.drawn[at]);
    const [right, down] = [camera.x - this.drawnAt.x, camera.y - this.drawnAt.y];
    const stretch = camera.scale / this.drawnAt.scale;
    if (same && this.zooming !== undefined && stretch >= STRETCH[0] && stretch <= STRETCH[1]) return;
    const [width, height] = size.map((length) => Math.round(length * (1 + 2 * AROUND) * ratio));
    const target = context(this.sheet);
    if (same && stretch === 1) {
      if (Math.abs(right) <= ON * size[0] && Math.abs(down) <= ON * size[1]) return;
      const by: [number, number] = [Math.round(right * ratio), Math.round(down * ratio)];
      const strips = uncovered(width, height, ...by);
      if (strips) {
        this.drawnAt = moved(this.drawnAt, by[0] / ratio, by[1] / ratio);
        target.setTransform(1, 0, 0, 1, 0, 0);
        target.globalCompositeOperation = "copy"; // leaves nothing of what stood there
        target.drawImage(this.sheet, ...by);
        target.globalCompositeOperation = "source-over";
        for (const strip of strips) this.drawPart(target, scene, strip, ratio);
        return;
      }
    }
    this.drawn = wanted;
    this.drawnAt = camera;
    resize(this.sheet, width, height);
    target.setTransform(1, 0, 0, 1, 0, 0);
    target.clearRect(0, 0, width, height);
    this.drawPart(target, scene, { x: 0, y: 0, width, height }, ratio);
  }

  /** Draws what lies in a box of the canvas, in its pixels. */
  private drawPart(target: CanvasRenderingContext2D, scene: Scene, box: Box, ratio: number): void {
    const { x, y, width, height } = box;
    target.save();
    target.setTransform(1, 0, 0, 1, 0, 0);
    target.beginPath();
    target.rect(x, y, width, height);
    target.clip();
    target.setTransform(ratio, 0, 0, ratio, 0, 0);
    const shifted = moved(this.drawnAt, AROUND * this.size[0], AROUND * this.size[1]);
    const part = { x: x / ratio, y: y / ratio, width: width / ratio, height: height / ratio };
    this.draw(target, scene, shifted, part);
    target.restore();
  }

  private draw(target: CanvasRenderingContext2D, scene: Scene, camera: Camera, box: Box): void {
    const { plane, coloring, matched } = scene;
    const pictures = this.pictures(scene);
    const side = pictures ? thumbnailSide(camera, plane.count, this.sheets.side) : 0;
    const [wide, high] = this.boxOf(side);
    const radius = dotRadius(camera, plane.count);
    const dots = coloring.colors.map((color) => dot(color, radius));
    const faint = dot(this.color("edge"), Math.max(1.5, radius * 0.7));
    const size = camera.side * camera.scale;
    const reach = pictures ? side / 2 + 3 : radius + 2;
    const [left, right] = [box.x - reach, box.x + box.width + reach];
    const [top, bottom] = [box.y - reach, box.y + box.height + reach];
    const seen = (at: number): [number, number] | null => {
      const [x, y] = [camera.x + plane.x[at] * size, camera.y + plane.y[at] * size];
      return x < left || y < top || x > right || y > bottom ? null : [x, y];
    };
    const stamp = (sprite: Sprite, [x, y]: [number, number]) =>
      target.drawImage(sprite.canvas, x - sprite.half, y - sprite.half, 2 * sprite.half, 2 * sprite.half);
    target.globalAlpha = 0.28;
    for (let at = 0; at < plane.count; at++) {
      const place = matched[at] ? null : seen(at);
      if (place) stamp(faint, place);
    }
    target.globalAlpha = pictures ? 1 : 0.85;
    target.imageSmoothingEnabled = true;
    const passes = coloring.by === "right" ? [0, 1] : [-1]; // what is wrong lies on top
    for (const pass of passes) {
      for (let at = 0; at < plane.count; at++) {
        if (!matched[at] || (pass >= 0 && coloring.codes[at] !== pass)) continue;
        const place = seen(at);
        if (!place) continue;
        if (!pictures) {
          stamp(dots[coloring.codes[at]], place);
          continue;
        }
        const [x, y] = [place[0] - wide / 2, place[1] - high / 2];
        const border = side > 18 ? 2 : 1;
        target.fillStyle = coloring.colors[coloring.codes[at]];
        target.fillRect(x - border, y - border, wide + 2 * border, high + 2 * border);
        this.sheets.draw(target, at, x, y, wide, high);
      }
    }
    target.globalAlpha = 1;
  }

  private pictures(scene: Scene): boolean {
    return scene.thumbnails && this.sheets.ready;
  }

  private boxOf(side: number): [number, number] {
    const { aspect } = this.sheets;
    return aspect > 1 ? [side, side / aspect] : [side * aspect, side];
  }

  /** The chosen image with lines to what is nearest to it, and the one that is pointed at. */
  private marks(target: CanvasRenderingContext2D, scene: Scene): void {
    const { plane, chosen, near } = scene;
    if (chosen !== null && chosen < plane.count) {
      const [x, y] = spot(this.camera, plane, chosen);
      target.strokeStyle = this.color("ink");
      target.lineWidth = 1;
      target.globalAlpha = 0.55;
      target.beginPath();
      for (const at of near) {
        target.moveTo(x, y);
        target.lineTo(...spot(this.camera, plane, at));
      }
      target.stroke();
      target.globalAlpha = 1;
      this.outline(target, scene, chosen, this.color("accent"));
    }
    if (this.pointed !== null && this.pointed !== chosen) this.outline(target, scene, this.pointed, this.color("ink"));
  }

  private outline(target: CanvasRenderingContext2D, scene: Scene, at: number, color: string): void {
    const { plane, coloring } = scene;
    const [x, y] = spot(this.camera, plane, at);
    if (!this.pictures(scene)) {
      const radius = dotRadius(this.camera, plane.count) + 2;
      target.beginPath();
      target.arc(x, y, radius + 3, 0, 2 * Math.PI);
      target.fillStyle = this.color("surface");
      target.fill();
      target.strokeStyle = color;
      target.lineWidth = 2;
      target.stroke();
      target.beginPath();
      target.arc(x, y, radius, 0, 2 * Math.PI);
      target.fillStyle = coloring.colors[coloring.codes[at]];
      target.fill();
      return;
    }
    const side = Math.max(24, thumbnailSide(this.camera, plane.count, this.sheets.side) * 1.25);
    const [wide, high] = this.boxOf(side);
    target.fillStyle = color;
    target.fillRect(x - wide / 2 - 4, y - high / 2 - 4, wide + 8, high + 8);
    target.fillStyle = this.color("surface");
    target.fillRect(x - wide / 2 - 2, y - high / 2 - 2, wide + 4, high + 4);
    this.sheets.draw(target, at, x - wide / 2, y - high / 2, wide, high);
  }

  private color(name: string): string {
    return getComputedStyle(this.element).getPropertyValue(`--cv-${name}`).trim();
  }

  // --- pointing

  private under(event: PointerEvent | MouseEvent): number | null {
    const { scene } = this;
    if (!scene) return null;
    const box = this.element.getBoundingClientRect();
    const pictures = this.pictures(scene);
    const side = thumbnailSide(this.camera, scene.plane.count, this.sheets.side);
    const reach = pictures ? Math.max(10, side / 2 + 1) : dotRadius(this.camera, scene.plane.count) + 6;
    return imageAt(this.camera, scene.plane, event.clientX - box.left, event.clientY - box.top, reach, scene.matched);
  }

  private hover(event: PointerEvent): void {
    if (!(event.buttons & 1)) this.point(this.under(event));
  }

  private point(at: number | null): void {
    if (at === this.pointed) return;
    this.pointed = at;
    this.repaint();
  }

  private click(event: MouseEvent): void {
    if (!this.dragged) this.choose(this.under(event));
    this.dragged = false;
  }

  private key(event: KeyboardEvent): void {
    const { scene } = this;
    if (!scene || event.ctrlKey || event.metaKey || event.altKey) return;
    const { key } = event;
    const [width, height] = this.size;
    const pans: Record<string, [number, number]> = {
      ArrowUp: [0, height / 6], ArrowDown: [0, -height / 6], ArrowLeft: [width / 6, 0], ArrowRight: [-width / 6, 0],
    };
    if (event.shiftKey && key in pans) this.look(moved(this.camera, ...pans[key]));
    else if (key in pans) this.goTo(scene, key);
    else if (key === "+" || key === "=") this.zoom(false);
    else if (key === "-") this.zoom(true);
    else if (key === "0") this.whole();
    else if (key === "Enter" || key === " ") this.choose(this.pointed);
    else if (key === "Escape") this.choose(null);
    else return;
    claim(event);
  }

  private goTo({ plane, matched, chosen, about }: Scene, key: string): void {
    const from = this.pointed ?? chosen;
    const next = from === null ? matched.indexOf(1) : imageByKey(plane, from, key, matched);
    if (next === null || next < 0) return;
    this.camera = showing(this.camera, plane, next, ...this.size, this.fitted);
    this.canvas.title = imageName(about, plane, next);
    this.pointed = next;
    this.repaint();
  }

  private wheel(event: WheelEvent): void {
    const { activeElement } = this.element.getRootNode() as Document | ShadowRoot;
    if (activeElement !== this.element && !event.ctrlKey && !event.metaKey) return;
    claim(event);
    const box = this.element.getBoundingClientRect();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const by = Math.exp(-Math.max(-80, Math.min(80, event.deltaY * lines)) / 320);
    this.look(zoomed(this.camera, by, event.clientX - box.left, event.clientY - box.top));
  }

  private drag(down: PointerEvent): void {
    if (down.button !== 0) return;
    const from = this.camera;
    this.dragged = false;
    const ended = new AbortController();
    const { signal } = ended;
    const move = (event: PointerEvent) => {
      const [right, below] = [event.clientX - down.clientX, event.clientY - down.clientY];
      if (!this.dragged && Math.hypot(right, below) < 4) return;
      if (!this.dragged) this.element.setPointerCapture(down.pointerId);
      this.dragged = true;
      this.pointed = null;
      this.look(moved(from, right, below));
    };
    this.element.addEventListener("pointermove", move, { signal });
    this.element.addEventListener("pointerup", () => ended.abort(), { signal });
    this.element.addEventListener("pointercancel", () => ended.abort(), { signal });
  }

  private look(camera: Camera): void {
    if (camera.scale !== this.camera.scale) {
      clearTimeout(this.zooming);
      this.zooming = setTimeout(() => {
        this.zooming = undefined;
        this.repaint();
      }, REST);
    }
    this.camera = camera;
    this.repaint();
  }
}

interface Sprite {
  canvas: HTMLCanvasElement;
  /** Half of its side, in CSS pixels. */
  half: number;
}

/** A dot, drawn once and stamped often. */
function dot(color: string, radius: number): Sprite {
  const ratio = pixelRatio();
  const half = Math.ceil(radius + 1);
  const canvas = document.createElement("canvas");
  resize(canvas, Math.round(2 * half * ratio), Math.round(2 * half * ratio));
  const target = context(canvas);
  target.scale(ratio, ratio);
  target.beginPath();
  target.arc(half, half, radius, 0, 2 * Math.PI);
  target.fillStyle = color;
  target.fill();
  return { canvas, half };
}
