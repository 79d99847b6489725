/**
 * What the ascent has painted so far: one picture as large as the panel allows, or a grid of them.
 */
import { context, resize } from "../lib/canvas";
import { button } from "../lib/controls";
import { h } from "../lib/dom";
import { Panel } from "../lib/panel";
import { Stage } from "../lib/stage";
import { fileName } from "./file";
import { Listener } from "./listener";
import type { Moment, Run, Shown, TileInfo } from "./run";
import { lookOf, paintShown } from "./shown";
import { type Chosen, columnsOf, TileGrid } from "./tile-grid";

/** Pictures up to this many pixels a side are blended: as squares they hide what they show. */
const TINY = 64;

const FORMATS: Record<string, string> = {
  png: "PNG",
  gif: "GIF film",
  webp: "WebP film",
  wav: "WAV sound",
};

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
  private readonly listener: Listener;
  private moment: Moment | null = null;
  private chosen = 0; // of the pictures of a grid
  private fileName = "";
  private painted: unknown[] = [];

  readonly element: HTMLElement;
  readonly stageElements: HTMLElement[];

  constructor(
    select: (tile: TileInfo) => void,
    private readonly saveFilm: (format: string) => void,
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
    this.save = button("Save", "save", () => this.download(), signal);
    this.save.classList.add("cv-plain");
    this.save.title = "PNG: what is shown. GIF and WebP: the whole run as a film";
    for (const value of Object.keys(FORMATS)) {
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
    this.element.classList.toggle("cv-of-waves", moment?.pictures[0].samples !== undefined);
    this.offerSound(moment?.pictures[0].samples !== undefined);
    if (!moment || !run) return;
    const same = ({ layer, channel }: TileInfo) =>
      layer === chosen.layer && channel === chosen.channel;
    this.chosen = Math.max(0, run.tiles.findIndex(same));
    this.fileName = fileName(`${objective || "ascent"} step ${step}.png`);
    const { width, height } = moment.pictures[0];
    const smooth = Math.max(width, height) <= TINY;
    if (several) this.grid.paint(moment, run.tiles, chosen, smooth);
    else this.paintOne(moment.pictures[0], objective, step, smooth);
  }

  /** Lets what is shown be heard, if it is a sound. */
  listen(rate: number): void {
    this.listener.offer(this.moment?.pictures[this.chosen]?.samples ?? null, rate);
  }

  private offerSound(heard: boolean): void {
    const option = this.format.querySelector<HTMLOptionElement>("[value=wav]")!;
    option.hidden = option.disabled = !heard;
    if (!heard && this.format.value === "wav") this.format.value = "png";
  }

  private paintOne(picture: Shown, objective: string, step: number, smooth: boolean): void {
    const [shownWidth, shownHeight] = this.stage.fit(picture.width / picture.height);
    this.stage.label(`${picture.samples ? "Wave" : "Picture"} after ${step} steps: ${objective || "gradient ascent"}`);
    const painted = [picture, shownWidth, devicePixelRatio, lookOf(picture, this.stage.canvas)];
    if (painted.every((item, index) => item === this.painted[index])) return;
    this.painted = painted;
    const look = smooth ? "smooth" : "crisp";
    paintShown(this.stage.canvas, this.scratch, picture, shownWidth, shownHeight, look);
  }

  private download(): void {
    if (!this.moment) return;
    const { pictures } = this.moment;
    // what is no picture of pixels is drawn by the kernel
    if (this.format.value !== "png" || pictures[0].samples) return this.saveFilm(this.format.value);
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
