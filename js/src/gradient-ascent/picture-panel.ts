/**
 * What the ascent has painted so far: one picture as large as the panel allows, or a grid of them.
 */
import { context, resize } from "../lib/canvas";
import { h } from "../lib/dom";
import { Panel } from "../lib/panel";
import { downloadCanvas, SaveControl } from "../lib/saving";
import { Stage } from "../lib/stage";
import { Listener } from "./listener";
import type { Moment, Run, Shown, TileInfo } from "./run";
import { lookOf, paintShown } from "./shown";
import { type Chosen, columnsOf, TileGrid } from "./tile-grid";

/** Pixels between the pictures of a grid that is saved, as the kernel does it. */
const GAP = 2;

export class PicturePanel {
  private readonly stage = new Stage("Ascent picture");
  private readonly grid: TileGrid;
  private readonly empty = h("div", { class: "cv-empty" });
  private readonly panel: Panel;
  private readonly scratch = document.createElement("canvas");
  private readonly save: SaveControl;
  private readonly listener: Listener;
  private moment: Moment | null = null;
  private chosen = 0; // of the pictures of a grid
  private fileName = "";
  private painted: unknown[] = [];

  readonly element: HTMLElement;
  readonly stageElements: HTMLElement[];

  constructor(
    select: (tile: TileInfo) => void,
    private readonly askForFile: (format: string) => void,
    changed: () => void,
    signal: AbortSignal,
  ) {
    this.grid = new TileGrid(select, signal);
    this.listener = new Listener(changed, signal);
    this.panel = new Panel(
      "picture",
      this.stage.element,
      this.grid.element,
      this.empty,
      this.listener.element,
    );
    this.element = this.panel.element;
    this.stageElements = [this.stage.element, this.grid.element];
    const formats = ["png", "gif", "webp", "wav"];
    this.save = new SaveControl(formats, (format) => this.download(format), signal);
    this.panel.header.append(...this.save.elements);
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
    this.save.hidden = moment === null;
    this.empty.hidden = moment !== null;
    this.empty.textContent = words.instead;
    this.panel.say(words.beside);
    this.element.classList.toggle("cv-of-waves", moment?.pictures[0].samples !== undefined);
    this.save.offer("wav", moment?.pictures[0].samples !== undefined);
    if (!moment || !run) return;
    const same = ({ layer, channel }: TileInfo) =>
      layer === chosen.layer && channel === chosen.channel;
    this.chosen = Math.max(0, run.tiles.findIndex(same));
    this.fileName = `${objective || "ascent"} step ${step}.png`;
    if (several) this.grid.paint(moment, run.tiles, chosen);
    else this.paintOne(moment.pictures[0], objective, step);
  }

  /** Lets what is shown be heard, if it is a sound. */
  listen(rate: number): void {
    this.listener.offer(this.moment?.pictures[this.chosen]?.samples ?? null, rate);
  }

  private paintOne(picture: Shown, objective: string, step: number): void {
    const [shownWidth, shownHeight] = this.stage.fit(picture.width / picture.height);
    this.stage.label(`${picture.samples ? "Wave" : "Picture"} after ${step} steps: ${objective || "gradient ascent"}`);
    const painted = [picture, shownWidth, devicePixelRatio, lookOf(picture, this.stage.canvas)];
    if (painted.every((item, index) => item === this.painted[index])) return;
    this.painted = painted;
    paintShown(this.stage.canvas, this.scratch, picture, shownWidth, shownHeight);
  }

  private download(format: string): void {
    if (!this.moment) return;
    const { pictures } = this.moment;
    // what is no picture of pixels is drawn by the kernel
    if (format !== "png" || pictures[0].samples) return this.askForFile(format);
    const { width, height } = pictures[0];
    const columns = columnsOf(pictures.length);
    const rows = Math.ceil(pictures.length / columns);
    const canvas = document.createElement("canvas");
    resize(canvas, columns * (width + GAP) - GAP, rows * (height + GAP) - GAP);
    pictures.forEach(({ rgba }, at) => {
      const [left, top] = [(at % columns) * (width + GAP), Math.floor(at / columns) * (height + GAP)];
      context(canvas).putImageData(new ImageData(rgba, width, height), left, top);
    });
    downloadCanvas(canvas, this.fileName);
  }
}
