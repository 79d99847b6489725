/**
 * A stage: a box of the style sheet's making, in it a canvas as large as its picture's shape
 * allows, and over the canvas rectangles that mark places of the picture.
 */
import { pictureCanvas } from "./canvas";
import { h } from "./dom";
import { fitBox, type Rect } from "./geometry";

export class Stage {
  readonly canvas: HTMLCanvasElement;
  readonly frame: HTMLElement;
  readonly element: HTMLElement;
  private shown = "";

  constructor(label: string) {
    this.canvas = pictureCanvas(label);
    this.frame = h("div", { class: "cv-frame" }, this.canvas);
    this.element = h("div", { class: "cv-stage" }, this.frame);
  }

  /** Makes the picture as large as fits; returns its size in CSS pixels. */
  fit(aspect: number): [width: number, height: number] {
    const { clientWidth, clientHeight } = this.element;
    const [width, height] = fitBox(aspect, clientWidth, clientHeight).map(Math.floor);
    const shown = `${width}px ${height}px`;
    if (shown !== this.shown) {
      this.shown = shown;
      this.frame.style.width = `${width}px`;
      this.frame.style.height = `${height}px`;
    }
    return [width, height];
  }

  /** The place of a pointer on the picture: 0 to 1 from left and from top. */
  share(event: PointerEvent | MouseEvent): [x: number, y: number] {
    const box = this.frame.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  label(text: string): void {
    if (this.canvas.getAttribute("aria-label") !== text) {
      this.canvas.setAttribute("aria-label", text);
    }
  }
}

/** A rectangle over a stage's picture, invisible until it is placed. */
export class Mark {
  readonly element: HTMLElement;

  constructor(stage: Stage, kind: string) {
    this.element = h("div", { class: `cv-mark cv-mark-${kind}`, hidden: true });
    stage.frame.append(this.element);
  }

  /** Puts the mark around a rectangle of a picture that is `width` by `height` units large. */
  place(rect: Rect | null, width: number, height: number): void {
    const { element } = this;
    element.hidden = rect === null;
    if (!rect) return;
    const percent = (part: number, whole: number) => `${(100 * part) / whole}%`;
    element.style.left = percent(rect.x, width);
    element.style.top = percent(rect.y, height);
    element.style.width = percent(rect.width, width);
    element.style.height = percent(rect.height, height);
  }
}
