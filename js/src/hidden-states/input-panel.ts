/**
 * The picture that is read, with what the step sees of it.
 */
import { asBytes, rgbToRgba } from "../lib/bytes";
import { paintPicture } from "../lib/canvas";
import type { InputPicture } from "../lib/model";
import { Panel } from "../lib/panel";
import { Mark, Stage } from "../lib/stage";
import { seenBy, type StatesFrame } from "./frame";

export class InputPanel {
  private readonly stage = new Stage("Input");
  private readonly mark = new Mark(this.stage, "seen");
  private readonly panel = new Panel("input", this.stage.element);
  private readonly scratch = document.createElement("canvas");
  private painted: unknown[] = [];

  readonly element = this.panel.element;
  readonly stageElement = this.stage.element;

  paint(picture: InputPicture, { reads }: StatesFrame, step: number): void {
    const { width, height, pixels } = picture;
    this.panel.title("Input");
    const [shownWidth] = this.stage.fit(width / height);
    const wanted = [pixels, shownWidth, devicePixelRatio];
    if (!wanted.every((item, at) => item === this.painted[at])) {
      this.painted = wanted;
      const rgba = rgbToRgba(asBytes(pixels), width * height);
      paintPicture(this.stage.canvas, this.scratch, { width, height, rgba }, shownWidth, "crisp");
    }
    const axis = reads?.[0] ?? -1;
    if (!reads || axis < 0 || axis > 1) {
      this.mark.place(null, width, height);
      this.panel.say("");
      this.stage.label(`Input, ${width} by ${height}`);
      return;
    }
    const [from, to] = seenBy(reads, step, axis === 0 ? height : width);
    const rect =
      axis === 0
        ? { x: 0, y: from, width, height: to - from }
        : { x: from, y: 0, width: to - from, height };
    this.mark.place(to > from ? rect : null, width, height);
    const what = axis === 0 ? "row" : "column";
    const where = to - from > 1 ? `${what}s ${from} to ${to - 1}` : `${what} ${from}`;
    this.panel.say(where);
    this.stage.label(`Input, ${width} by ${height}; step ${step} reads ${where}`);
  }
}
