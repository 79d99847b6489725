/**
 * The input picture, and on it what one cell of the layer sees.
 */
import { rgbToRgba } from "../lib/bytes";
import { paintPicture, type Picture } from "../lib/canvas";
import { asBytes } from "../lib/bytes";
import { Panel } from "../lib/panel";
import { receptiveRect } from "../lib/receptive";
import type { InputPicture, Position } from "../lib/model";
import { Mark, Stage } from "../lib/stage";
import type { Scene } from "./scene";

/** Pictures up to this many pixels a side are shown as the squares they are made of. */
const TINY = 64;

export class InputPanel {
  private readonly stage = new Stage("Input image");
  private readonly field = new Mark(this.stage, "field");
  private readonly panel = new Panel("input", this.stage.element);
  private readonly scratch = document.createElement("canvas");
  private source: InputPicture | null = null;
  private picture: Picture | null = null;
  private paintedAt = 0;

  readonly element = this.panel.element;
  readonly stageElement = this.stage.element;

  constructor() {
    this.panel.title("Input");
  }

  paint(source: InputPicture | null): void {
    if (source !== this.source) {
      this.source = source;
      this.picture = source && toPicture(source);
      this.paintedAt = 0;
    }
    this.stage.element.hidden = !this.picture;
    if (!this.picture) return;
    const { width, height } = this.picture;
    const [shownWidth] = this.stage.fit(width / height);
    if (shownWidth === this.paintedAt) return;
    this.paintedAt = shownWidth;
    const look = Math.max(width, height) <= TINY ? "crisp" : "smooth";
    paintPicture(this.stage.canvas, this.scratch, this.picture, shownWidth, look);
    this.stage.label(`Input image, ${width} by ${height} pixels`);
  }

  /** Marks what a cell sees; nothing when there is no cell to mark. */
  showField(scene: Scene | null, cell: Position | null): void {
    const { picture } = this;
    if (!picture) return this.panel.say("no picture");
    const { width, height } = picture;
    if (!scene || !cell) {
      this.field.place(null, width, height);
      return this.panel.say(`${width}×${height}`);
    }
    const rect = receptiveRect(scene.info?.receptive ?? null, cell, width, height);
    this.field.place(rect, width, height);
    const all = rect.width === width && rect.height === height;
    const [high, wide, top, left] = [rect.height, rect.width, rect.y, rect.x].map(Math.round);
    const from = `sees ${high}×${wide} from (${top}, ${left})`;
    this.panel.say(all ? "sees all of it" : from);
  }
}

function toPicture({ width, height, pixels }: InputPicture): Picture {
  return { width, height, rgba: rgbToRgba(asBytes(pixels), width * height) };
}
