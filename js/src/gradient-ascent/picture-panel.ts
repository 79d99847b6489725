/**
 * What the ascent has painted so far: one picture as large as the panel allows, or a grid of them.
 */
import { context, paintPicture, type Picture, resize } from "../lib/canvas";
import { button } from "../lib/controls";
import { h } from "../lib/dom";
import { Panel } from "../lib/panel";
import { Stage } from "../lib/stage";
import { fileName } from "./file";
import type { Moment, Run, TileInfo } from "./run";
import { type Chosen, columnsOf, TileGrid } from "./tile-grid";

/** Pictures up to this many pixels a side are blended: as squares they hide what they show. */
const TINY = 64;

const FORMATS: Record<string, string> = { png: "PNG", gif: "GIF film", webp: "WebP film" };

/** Pixels between the pictures of a grid that is saved, as the kernel does it. */
const GAP = 2;

export class PicturePanel {
  private readonly stage = new Stage("Ascent picture");
  private readonly grid: TileGrid;
  private readonly empty = h("div", { class: "cv-empty" });
  private readonly panel: Panel;
  private readonly scratch = document.createElement("canvas");
  private readonly save: HTMLButtonElement;
  private readonly format = h("select", { class: "cv-format", "aria-label": "Format" });
  private moment: Moment | null = null;
  private fileName = "";
  private painted: unknown[] = [];

  readonly element: HTMLElement;
  readonly stageElements: HTMLElement[];

  constructor(
    select: (tile: TileInfo) => void,
    private readonly saveFilm: (format: string) => void,
    signal: AbortSignal,
  ) {
    this.grid = new TileGrid(select, signal);
    this.panel = new Panel("picture", this.stage.element, this.grid.element, this.empty);
    this.element = this.panel.element;
    this.stageElements = [this.stage.element, this.grid.element];
    this.save = button("Save", "save", () => this.download(), signal);
    this.save.classList.add("cv-plain");
    this.save.title = "PNG: what is shown. GIF and WebP: the whole run as a film";
    for (const value of ["png", "gif", "webp"]) {
      this.format.append(h("option", { value }, FORMATS[value]));
    }
    this.panel.header.append(this.save, this.format);
  }

  paint(
    moment: Moment | null,
    run: Run | null,
    step: number,
    chosen: Chosen,
    words: { beside: string; instead: string },
  ): void {
    this.moment = moment;
    const objective = run?.objective ?? "";
    const several = moment !== null && moment.pictures.length > 1;
    this.panel.title(objective || "Picture");
    this.stage.element.hidden = moment === null || several;
    this.grid.element.hidden = !several;
    this.save.hidden = this.format.hidden = moment === null;
    this.empty.hidden = moment !== null;
    this.empty.textContent = words.instead;
    this.panel.say(words.beside);
    if (!moment || !run) return;
    this.fileName = fileName(`${objective || "ascent"} step ${step}.png`);
    const { width, height } = moment.pictures[0];
    const smooth = Math.max(width, height) <= TINY;
    if (several) this.grid.paint(moment, run.tiles, chosen, smooth);
    else this.paintOne(moment.pictures[0], objective, step, smooth);
  }

  private paintOne(picture: Picture, objective: string, step: number, smooth: boolean): void {
    const [shownWidth] = this.stage.fit(picture.width / picture.height);
    this.stage.label(`Picture after ${step} steps: ${objective || "gradient ascent"}`);
    const painted = [picture, shownWidth, devicePixelRatio];
    if (painted.every((item, index) => item === this.painted[index])) return;
    this.painted = painted;
    const look = smooth ? "smooth" : "crisp";
    paintPicture(this.stage.canvas, this.scratch, picture, shownWidth, look);
  }

  private download(): void {
    if (!this.moment) return;
    if (this.format.value !== "png") return this.saveFilm(this.format.value);
    const { pictures } = this.moment;
    const { width, height } = pictures[0];
    const columns = columnsOf(pictures.length);
    const rows = Math.ceil(pictures.length / columns);
    const canvas = document.createElement("canvas");
    resize(canvas, columns * (width + GAP) - GAP, rows * (height + GAP) - GAP);
    pictures.forEach(({ rgba }, at) => {
      const [left, top] = [(at % columns) * (width + GAP), Math.floor(at / columns) * (height + GAP)];
      context(canvas).putImageData(new ImageData(rgba, width, height), left, top);
    });
    h("a", { href: canvas.toDataURL("image/png"), download: this.fileName }).click();
  }
}
