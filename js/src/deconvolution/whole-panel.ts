/**
 * The whole image, with what each kept unit sees of it, and below it what all of them answered to.
 *
 * A click on the image keeps the unit that looks there.
 */
import { asBytes, rgbToRgba } from "../lib/bytes";
import { paintPicture, type Picture } from "../lib/canvas";
import { claim } from "../lib/controls";
import { h } from "../lib/dom";
import { plural } from "../lib/format";
import { inside } from "../lib/layers";
import type { InputPicture, LayerInfo, Position } from "../lib/model";
import { Panel } from "../lib/panel";
import { cellSeeing } from "../lib/receptive";
import { Mark, Stage } from "../lib/stage";
import { boxRect, type DeconvolutionFrame } from "./pairs";
import { MOST } from "./toolbar";

/** Pictures up to this many pixels a side are shown as the squares they are made of. */
const TINY = 64;

export class WholePanel {
  private readonly input = new Stage("Input image");
  private readonly rebuilt = new Stage("Reconstruction");
  private readonly inputPanel = new Panel("input", this.input.element);
  private readonly rebuiltPanel = new Panel("whole", this.rebuilt.element);
  private readonly marks = Array.from({ length: MOST }, () => new Mark(this.input, "unit"));
  private readonly scratch = document.createElement("canvas");
  private readonly painted = new Map<Stage, unknown[]>();
  private source: InputPicture | null = null;
  private info: LayerInfo | null = null;
  private pinned: Position | null = null;

  readonly element = h(
    "div",
    { class: "cv-sides" },
    this.inputPanel.element,
    this.rebuiltPanel.element,
  );
  readonly stageElements = [this.input.element, this.rebuilt.element];

  constructor(
    private readonly pin: (cell: Position | null) => void,
    signal: AbortSignal,
  ) {
    const { element, frame } = this.input;
    this.inputPanel.title("Input");
    this.rebuiltPanel.title("Reconstruction");
    element.tabIndex = 0;
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", "Kept unit: arrow keys move it, Escape removes it");
    frame.addEventListener("click", (event) => this.click(event), { signal });
    element.addEventListener("keydown", (event) => this.key(event), { signal });
  }

  /**
   * @param info of the frame's layer
   * @param position the chosen one, which a frame may not have answered yet
   */
  paint(
    source: InputPicture | null,
    frame: DeconvolutionFrame,
    info: LayerInfo | undefined,
    position: Position | null,
  ): void {
    this.source = source;
    this.info = info?.receptive && info.rows * info.cols > 1 ? info : null;
    const [first] = frame.units;
    const kept: Position | null = first ? [first.row, first.column] : null;
    this.pinned = (info && inside(position, info)) ?? kept;
    this.element.hidden = frame.show !== "image" || !source;
    if (!source || this.element.hidden) return;
    const { width, height } = source;
    this.element.style.setProperty("--cv-aspect", String(width / height));
    this.input.element.classList.toggle("cv-pinnable", this.info !== null);
    this.input.frame.title = this.info ? "Click to keep the unit that looks here" : "";
    this.draw(this.input, source, source.pixels);
    this.draw(this.rebuilt, source, frame.whole);
    this.input.label(`Input image, ${width} by ${height} pixels`);
    this.rebuilt.label(`Reconstruction from ${frame.layer}:${frame.channel}`);
    this.marks.forEach((mark, index) => {
      const unit = frame.units[index];
      const rect = unit && boxRect(unit);
      const all = rect && rect.width === width && rect.height === height;
      mark.place(rect && !all ? rect : null, width, height);
    });
    this.inputPanel.say(`${width}×${height}`);
    this.rebuiltPanel.say(frame.units.length > 1 ? plural(frame.units.length, "unit") : "");
  }

  /** Makes one unit's mark stand out. */
  point(index: number | null): void {
    this.marks.forEach((mark, at) => mark.element.classList.toggle("cv-pointed", at === index));
  }

  private draw(stage: Stage, { width, height }: InputPicture, pixels: unknown): void {
    const [shownWidth] = stage.fit(width / height);
    const wanted = [pixels, shownWidth, devicePixelRatio];
    if (wanted.every((item, index) => item === this.painted.get(stage)?.[index])) return;
    this.painted.set(stage, wanted);
    const rgba = rgbToRgba(asBytes(pixels), width * height);
    const picture: Picture = { width, height, rgba };
    const look = Math.max(width, height) <= TINY ? "crisp" : "smooth";
    paintPicture(stage.canvas, this.scratch, picture, shownWidth, look);
  }

  private click(event: MouseEvent): void {
    const { info, source } = this;
    if (!info?.receptive || !source) return;
    const [x, y] = this.input.share(event);
    const { rows, cols, receptive } = info;
    this.pin(cellSeeing(receptive, rows, cols, x * source.width, y * source.height));
  }

  private key(event: KeyboardEvent): void {
    const { info, pinned } = this;
    if (!info || !pinned) return;
    const [row, col] = pinned;
    const moved: Record<string, Position | null> = {
      ArrowUp: [Math.max(0, row - 1), col],
      ArrowDown: [Math.min(info.rows - 1, row + 1), col],
      ArrowLeft: [row, Math.max(0, col - 1)],
      ArrowRight: [row, Math.min(info.cols - 1, col + 1)],
      Escape: null,
    };
    if (!(event.key in moved)) return;
    claim(event);
    this.pin(moved[event.key]);
  }
}
