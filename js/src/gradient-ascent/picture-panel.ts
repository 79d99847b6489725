/**
 * The picture that the ascent has painted so far, as large as the panel allows.
 */
import { context, paintPicture, type Picture, resize } from "../lib/canvas";
import { button } from "../lib/controls";
import { h } from "../lib/dom";
import { Panel } from "../lib/panel";
import { Stage } from "../lib/stage";

/** Pictures up to this many pixels a side are blended: as squares they hide what they show. */
const TINY = 64;

export class PicturePanel {
  private readonly stage = new Stage("Ascent picture");
  private readonly empty = h("div", { class: "cv-empty" });
  private readonly panel = new Panel("picture", this.stage.element, this.empty);
  private readonly scratch = document.createElement("canvas");
  private readonly save: HTMLButtonElement;
  private picture: Picture | null = null;
  private fileName = "";
  private painted: unknown[] = [];

  readonly element = this.panel.element;
  readonly stageElement = this.stage.element;

  constructor(signal: AbortSignal) {
    this.save = button("Save", "save", () => this.download(), signal);
    this.save.classList.add("cv-plain");
    this.save.title = "Save this picture as PNG";
    this.panel.header.append(this.save);
  }

  paint(
    picture: Picture | null,
    objective: string,
    step: number,
    words: { beside: string; instead: string },
  ): void {
    this.picture = picture;
    this.panel.title(objective || "Picture");
    this.stage.element.hidden = this.save.hidden = picture === null;
    this.empty.hidden = picture !== null;
    this.empty.textContent = words.instead;
    this.panel.say(words.beside);
    if (!picture) return;
    this.fileName = `${objective || "ascent"} step ${step}.png`.replace(/[^\w.@, -]+/g, "-");
    const { width, height } = picture;
    const [shownWidth] = this.stage.fit(width / height);
    this.stage.label(`Picture after ${step} steps: ${objective || "gradient ascent"}`);
    const painted = [picture, shownWidth, devicePixelRatio];
    if (painted.every((item, index) => item === this.painted[index])) return;
    this.painted = painted;
    const smoothing = Math.max(width, height) <= TINY ? "smooth" : "crisp";
    paintPicture(this.stage.canvas, this.scratch, picture, shownWidth, smoothing);
  }

  private download(): void {
    if (!this.picture) return;
    const { width, height, rgba } = this.picture;
    const canvas = document.createElement("canvas");
    resize(canvas, width, height);
    context(canvas).putImageData(new ImageData(rgba, width, height), 0, 0);
    h("a", { href: canvas.toDataURL("image/png"), download: this.fileName }).click();
  }
}
