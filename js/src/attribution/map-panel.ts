/**
 * One method: its name to choose from, its map over the picture, and what to make of it.
 */
import { asBytes, asFloats } from "../lib/bytes";
import { colored, context, paintPicture, pixelRatio } from "../lib/canvas";
import { ColorBar } from "../lib/color-bar";
import { type ColormapName, type Palette, palette, type Theme } from "../lib/colormap";
import { button, Select } from "../lib/controls";
import { h, icon, setText } from "../lib/dom";
import type { InputPicture } from "../lib/model";
import { Notice } from "../lib/notice";
import { Stage } from "../lib/stage";
import { overlay } from "../lib/overlay";
import { narrowed, paintWave, waveInk } from "../lib/wave";
import type { MapState, Trust } from "./run";
import type { Entry, Wave } from "./toolbar";

/** How much of the height is the wave; the rest is the strip of colours below it. */
const WAVE_SHARE = 0.72;

/** Pixels between the two. */
const GAP = 5;

const ICONS = { good: "good", plain: "minus", bad: "alert" } as const;

export interface Scene {
  entry: Entry;
  catalogue: Entry[];
  taken: string[];
  picture: InputPicture | null;
  wave: Wave | null;
  /** Width by height of what is shown. */
  aspect: number;
  map: MapState | undefined;
  trust: Trust[];
  refused: string;
  className: string;
  opacity: number;
  theme: Theme;
  running: boolean;
}

export class MapPanel {
  readonly element: HTMLElement;
  readonly stageElement: HTMLElement;
  private readonly method: Select;
  private readonly remove: HTMLButtonElement;
  private readonly status = h("span", { class: "cv-quiet cv-status" });
  private readonly stage = new Stage("Attribution map");
  private readonly bar = new ColorBar();
  private readonly refused = new Notice();
  private readonly warning = new Notice();
  private readonly trust = h("ul", { class: "cv-trust" });
  private readonly words = h("div", { class: "cv-words" });
  private readonly scratch = document.createElement("canvas");
  private painted: unknown[] = [];
  private said = "";

  constructor(
    number: number,
    choose: (name: string) => void,
    remove: () => void,
    signal: AbortSignal,
  ) {
    this.method = new Select(number === 0 ? "Method" : `Method ${number + 1}`, choose, signal);
    this.method.element.append(this.status);
    this.remove = button("Remove", "remove", remove, signal);
    this.remove.classList.add("cv-icon-only");
    this.remove.setAttribute("aria-label", `Remove method ${number + 1}`);
    this.stageElement = this.stage.element;
    this.element = h(
      "section",
      { class: "cv-panel cv-map" },
      h("div", { class: "cv-head" }, this.method.element, this.remove),
      this.stage.element,
      this.bar.element,
      this.refused.element,
      this.trust,
      this.warning.element,
      this.words,
    );
  }

  paint(scene: Scene, alone: boolean): void {
    const { entry, catalogue, taken, map, refused } = scene;
    this.element.dataset.method = entry.name;
    this.remove.hidden = alone;
    this.method.set(
      entry.name,
      catalogue
        .filter(({ name }) => name === entry.name || !taken.includes(name))
        .map(({ name, title, group }) => ({ value: name, text: title, group })),
    );
    setText(this.status, status(scene));
    this.refused.say(refused, "error");
    this.warning.say(entry.warning, "warning");
    this.paintMap(scene);
    this.bar.element.hidden = !map?.progress || refused !== "";
    this.say(scene);
  }

  private paintMap(scene: Scene): void {
    const { entry, picture, wave, map, opacity, theme } = scene;
    this.stage.element.hidden = !picture && !wave;
    const [shown, tall] = this.stage.fit(scene.aspect);
    const name: ColormapName = entry.signed ? "diverging" : "magma";
    const started = map !== undefined && map.progress > 0;
    if (started) this.bar.paint(palette(name, theme), map.range);
    this.stage.label(describe(scene));
    const look = [theme, shown, devicePixelRatio, waveInk(this.stage.canvas).ink];
    const painted = [picture, wave, map?.codes, started ? opacity : 0, name, ...look];
    if (painted.every((item, index) => item === this.painted[index])) return;
    this.painted = painted;
    if (wave) this.paintLine(wave, started ? map.codes : null, palette(name, theme), shown, tall);
    if (!picture) return;
    const { width, height } = picture;
    const given = started ? map.codes : new Uint8Array(width * height);
    const codes = given.length === width ? repeated(given, height) : given; // of a sequence
    const fits = codes.length === width * height;
    const laid = overlay(
      asBytes(picture.pixels),
      fits ? codes : new Uint8Array(width * height),
      palette(name, theme),
      started && fits ? opacity : 0,
      width,
      height,
    );
    paintPicture(this.stage.canvas, this.scratch, laid, shown, "crisp");
  }

  /** A wave, and below it what each stretch of it counts. */
  private paintLine(
    wave: Wave,
    codes: Uint8Array | null,
    colors: Palette,
    width: number,
    height: number,
  ): void {
    const { canvas } = this.stage;
    const bounds = asFloats(wave.bounds);
    paintWave(canvas, (columns) => narrowed(bounds, columns), width, height, WAVE_SHARE);
    if (!codes) return;
    const { rgba } = colored(codes, colors, codes.length, 1);
    this.scratch.width = codes.length;
    this.scratch.height = 1;
    context(this.scratch).putImageData(new ImageData(rgba, codes.length, 1), 0, 0);
    const target = context(canvas);
    const top = Math.round(canvas.height * WAVE_SHARE + GAP * pixelRatio());
    target.imageSmoothingEnabled = false;
    target.drawImage(this.scratch, 0, top, canvas.width, canvas.height - top);
  }

  private say({ entry, map, trust }: Scene): void {
    const said = JSON.stringify([entry.name, map?.notes, trust]);
    if (said === this.said) return;
    this.said = said;
    this.trust.hidden = trust.length === 0;
    this.trust.replaceChildren(
      ...trust.map(({ text, tone }) =>
        h("li", { "data-tone": tone }, icon(ICONS[tone]), h("span", {}, text)),
      ),
    );
    this.words.replaceChildren(
      h("p", {}, h("strong", {}, "Shows "), lower(entry.shows)),
      h("p", {}, h("strong", {}, "But "), lower(entry.cannot)),
      ...(map?.notes ?? []).map((note) => h("p", { class: "cv-quiet" }, note)),
    );
  }
}

/** A row of codes for each row of a picture. */
function repeated(codes: Uint8Array, rows: number): Uint8Array {
  const found = new Uint8Array(codes.length * rows);
  for (let row = 0; row < rows; row++) found.set(codes, row * codes.length);
  return found;
}

function status({ map, refused, running }: Scene): string {
  if (refused) return "could not run";
  if (!map?.progress) return running ? "waiting…" : "";
  const layer = map.layer ? `${map.layer} · ` : "";
  const passes = map.samples === 1 ? "1 pass" : `${map.samples} passes`;
  return map.progress < 1 ? `${layer}${Math.floor(100 * map.progress)} %` : `${layer}${passes}`;
}

function describe({ entry, className, map }: Scene): string {
  const done = map?.progress ? "" : ", not computed yet";
  return `${entry.title} map for ${className}${done}`;
}

/** For the middle of a sentence: without a capital, unless it is a name's. */
function lower(sentence: string): string {
  return /^[A-Z][a-z ]/.test(sentence) ? sentence[0].toLowerCase() + sentence.slice(1) : sentence;
}
