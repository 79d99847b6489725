/**
 * The photograph and the dream: side by side, or one over the other with a divider between them.
 */
import { context, paintPicture, type Picture, resize } from "../lib/canvas";
import { asBytes, rgbToRgba } from "../lib/bytes";
import { Slider } from "../lib/controls";
import { h } from "../lib/dom";
import { Panel } from "../lib/panel";
import { downloadCanvas, SaveControl } from "../lib/saving";
import { Stage } from "../lib/stage";
import type { Dream, Moment } from "./dream";
import type { Photograph, Show } from "./toolbar";

/** Pictures up to this many pixels a side are shown as the squares they are made of. */
const TINY = 64;

export class Pictures {
  private readonly photograph = new Stage("Photograph");
  private readonly dream = new Stage("Dream");
  private readonly cover = h("canvas", { class: "cv-cover", "aria-hidden": "true" });
  private readonly divider = h("div", { class: "cv-divider", "aria-hidden": "true" });
  private readonly empty = h("div", { class: "cv-empty" });
  private readonly compare: Slider;
  private readonly beside = new Panel("photograph", this.photograph.element);
  private readonly panel: Panel;
  private readonly save: SaveControl;
  private readonly scratch = document.createElement("canvas");
  private readonly painted = new Map<HTMLCanvasElement, unknown[]>();
  private source: { bytes: unknown; picture: Picture } | null = null;
  private moment: Moment | null = null;
  private fileName = "";

  readonly element: HTMLElement;
  readonly stageElements = [this.photograph.element, this.dream.element];

  constructor(
    private readonly setCompare: (percent: number) => void,
    private readonly askForFile: (format: string) => void,
    signal: AbortSignal,
  ) {
    this.compare = new Slider("Compare", setCompare, signal);
    this.panel = new Panel("dream", this.dream.element, this.empty, this.compare.element);
    this.dream.frame.append(this.cover, this.divider);
    this.beside.title("Photograph");
    const formats = ["png", "gif", "webp"];
    this.save = new SaveControl(formats, (format) => this.download(format), signal);
    this.panel.header.append(...this.save.elements);
    const drag = (event: PointerEvent) => {
      if (event.buttons & 1 && !this.cover.hidden) this.divide(event);
    };
    this.dream.frame.addEventListener("pointerdown", drag, { signal });
    this.dream.frame.addEventListener("pointermove", drag, { signal });
    this.element = h("div", { class: "cv-panels" }, this.beside.element, this.panel.element);
  }

  /**
   * @param source the photograph that is chosen
   * @param began the one that the dream began with; beside it the dream is dimmed if it is another
   * @param words what stands in place of a dream that has not begun
   */
  paint(
    source: Photograph | null,
    began: Photograph | null,
    dream: Dream | null,
    moment: Moment | null,
    { show, compare, words }: { show: Show; compare: number; words: string },
  ): void {
    this.moment = moment;
    const over = show === "over";
    const photograph = this.read(over && moment && began ? began : source);
    this.panel.element.classList.toggle("cv-stale", moment !== null && source !== began);
    this.element.dataset.show = show;
    this.beside.element.hidden = over && moment !== null;
    this.panel.title(dream?.label ?? "Dream");
    this.panel.say(moment ? moment.size.join("×") : "");
    this.beside.say(source ? source.size.join("×") : "");
    this.dream.element.hidden = this.save.hidden = moment === null;
    this.empty.hidden = moment !== null;
    this.empty.textContent = words;
    const covered = over && moment !== null && photograph !== null;
    this.cover.hidden = this.divider.hidden = this.compare.element.hidden = !covered;
    if (!covered) this.dream.canvas.style.clipPath = "";
    if (source && photograph) {
      const aspect = photograph.width / photograph.height;
      this.element.style.setProperty("--cv-aspect", String(aspect));
      if (!this.beside.element.hidden) this.draw(this.photograph, photograph, aspect);
      this.photograph.label(`Photograph, ${source.size.join(" by ")} pixels`);
      if (moment) this.draw(this.dream, moment.picture, began ? began.width / began.height : aspect);
      if (covered) this.lay(photograph, compare);
    }
    if (!dream || !moment) return;
    this.dream.label(`Dream of ${dream.label} after ${moment.step} of ${dream.steps} iterations`);
    this.fileName = `dream ${dream.label} step ${moment.step}.png`;
  }

  private read(source: Photograph | null): Picture | null {
    if (!source) return null;
    if (this.source?.bytes !== source.pixels) {
      const { width, height, pixels } = source;
      const rgba = rgbToRgba(asBytes(pixels), width * height);
      this.source = { bytes: pixels, picture: { width, height, rgba } };
    }
    return this.source!.picture;
  }

  private draw(stage: Stage, picture: Picture, aspect: number): void {
    const [width] = stage.fit(aspect);
    this.put(stage.canvas, picture, width);
  }

  /** The photograph over the left part of the dream. */
  private lay(photograph: Picture, compare: number): void {
    const [width] = this.dream.fit(photograph.width / photograph.height);
    this.put(this.cover, photograph, width);
    this.cover.style.clipPath = `inset(0 ${100 - compare}% 0 0)`;
    // the dream, too: at an edge between two pixels a line of it would be seen beneath
    this.dream.canvas.style.clipPath = `inset(0 0 0 ${compare}%)`;
    this.divider.style.left = `${compare}%`;
    this.compare.set(compare, 100, `${compare}%`, "photograph");
  }

  private put(canvas: HTMLCanvasElement, picture: Picture, width: number): void {
    const wanted = [picture, width, devicePixelRatio];
    if (wanted.every((item, index) => item === this.painted.get(canvas)?.[index])) return;
    this.painted.set(canvas, wanted);
    const look = Math.max(picture.width, picture.height) <= TINY ? "crisp" : "smooth";
    paintPicture(canvas, this.scratch, picture, width, look);
  }

  private divide(event: PointerEvent): void {
    const [x] = this.dream.share(event);
    event.preventDefault();
    this.setCompare(Math.round(100 * Math.min(1, Math.max(0, x))));
  }

  private download(format: string): void {
    if (!this.moment) return;
    const { width, height, rgba } = this.moment.picture;
    // only the kernel has a large dream in full size
    if (format !== "png" || this.moment.size[0] !== width) return this.askForFile(format);
    const canvas = document.createElement("canvas");
    resize(canvas, width, height);
    context(canvas).putImageData(new ImageData(rgba, width, height), 0, 0);
    downloadCanvas(canvas, this.fileName);
  }
}
