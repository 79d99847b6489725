/**
 * One channel large: crisp cells, the value under the pointer, a cell that can be pinned.
 */
import { colored, context, paintPicture } from "../lib/canvas";
import { ColorBar } from "../lib/color-bar";
import { claim } from "../lib/controls";
import { h, setText } from "../lib/dom";
import { formatValue } from "../lib/format";
import { cellAt, shownAspect } from "../lib/geometry";
import type { Position } from "../lib/model";
import { Panel } from "../lib/panel";
import { Mark, Stage } from "../lib/stage";
import type { Scene } from "./scene";
import { channelHealth, codeColors, colorRange, isVector, strongerCount, valueAt } from "./sheet";
import { drawEmpty } from "./tiles";

export interface MapEvents {
  /** The cell under the pointer changed. */
  hover(cell: Position | null): void;
  /** The person pinned a cell, or took the pin away. */
  pin(cell: Position | null): void;
}

export class MapPanel {
  private readonly stage = new Stage("Feature map");
  private readonly hoverMark = new Mark(this.stage, "hover");
  private readonly pinMark = new Mark(this.stage, "pin");
  private readonly number = h("div", { class: "cv-number" });
  private readonly bar = new ColorBar();
  private readonly panel = new Panel("map", this.stage.element, this.bar.element);
  private readonly scratch = document.createElement("canvas");
  private scene: Scene | null = null;
  private hovered: Position | null = null;

  readonly element = this.panel.element;
  readonly stageElement = this.stage.element;

  constructor(
    private readonly events: MapEvents,
    signal: AbortSignal,
  ) {
    const { element, frame } = this.stage;
    element.append(this.number);
    element.tabIndex = 0;
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", "Pinned cell: arrow keys move it, Escape removes it");
    const move = (event: PointerEvent) => this.hover(this.cellUnder(event));
    frame.addEventListener("pointermove", move, { signal });
    frame.addEventListener("pointerleave", () => this.hover(null), { signal });
    frame.addEventListener("click", (event) => this.toggle(this.cellUnder(event)), { signal });
    element.addEventListener("keydown", (event) => this.key(event), { signal });
  }

  /** The cell whose value and receptive field are shown. */
  get cell(): Position | null {
    return this.hovered ?? this.scene?.pinned ?? null;
  }

  paint(scene: Scene): void {
    this.scene = scene;
    const { sheet, channel, scale, colormap, colors } = scene;
    const range = colorRange(sheet, channel, scale, colormap);
    this.panel.title(`Channel ${channel}`);
    this.bar.paint(colors, range);
    const vector = isVector(sheet);
    this.stage.frame.hidden = vector;
    this.number.hidden = !vector;
    if (vector) {
      setText(this.number, formatValue(valueAt(sheet, channel, 0, 0)));
    } else {
      const { rows, cols, codes } = sheet;
      const size = rows * cols;
      const own = codes.subarray(channel * size, (channel + 1) * size);
      const picture = colored(own, codeColors(sheet, channel, range, colors), cols, rows);
      const [width] = this.stage.fit(shownAspect(rows, cols));
      paintPicture(this.stage.canvas, this.scratch, picture, width, "crisp");
      if (channelHealth(sheet, channel) === "broken") hatch(this.stage.canvas);
      this.stage.label(describe(scene));
    }
    if (this.hovered && !exists(scene, this.hovered)) this.hovered = null;
    this.mark();
  }

  private hover(cell: Position | null): void {
    if (String(cell) === String(this.hovered)) return;
    this.hovered = cell;
    this.mark();
    this.events.hover(cell);
  }

  private toggle(cell: Position | null): void {
    const same = String(cell) === String(this.scene?.pinned);
    if (cell) this.events.pin(same ? null : cell);
  }

  private key(event: KeyboardEvent): void {
    const { scene } = this;
    if (!scene || isVector(scene.sheet)) return;
    const { rows, cols } = scene.sheet;
    const [row, col] = scene.pinned ?? [Math.floor(rows / 2), Math.floor(cols / 2)];
    const moved: Record<string, Position | null> = {
      ArrowUp: [Math.max(0, row - 1), col],
      ArrowDown: [Math.min(rows - 1, row + 1), col],
      ArrowLeft: [row, Math.max(0, col - 1)],
      ArrowRight: [row, Math.min(cols - 1, col + 1)],
      Enter: scene.pinned ? null : [row, col],
      Escape: null,
    };
    if (!(event.key in moved)) return;
    claim(event);
    this.events.pin(moved[event.key]);
  }

  private mark(): void {
    const { scene, cell } = this;
    if (!scene) return;
    const { rows, cols } = scene.sheet;
    this.hoverMark.place(cellRect(this.hovered), cols, rows);
    this.pinMark.place(cellRect(scene.pinned), cols, rows);
    const at: Position | null = isVector(scene.sheet) ? [0, 0] : cell;
    const value = at && valueAt(scene.sheet, scene.channel, at[0], at[1]);
    this.bar.point(value);
    if (cell && value !== null) {
      this.panel.say(`at (${cell[0]}, ${cell[1]}): ${formatValue(value)}`);
    } else {
      this.panel.say(summary(scene));
    }
  }

  private cellUnder(event: PointerEvent | MouseEvent): Position | null {
    if (!this.scene) return null;
    const { rows, cols } = this.scene.sheet;
    const [x, y] = this.stage.share(event);
    return cellAt(rows, cols, 1, 1, x, y);
  }
}

function cellRect(cell: Position | null) {
  return cell && { x: cell[1], y: cell[0], width: 1, height: 1 };
}

/** Replaces what a canvas shows by hatching. */
function hatch(canvas: HTMLCanvasElement): void {
  const { width, height } = canvas;
  context(canvas).clearRect(0, 0, width, height);
  drawEmpty(context(canvas), { x: 0, y: 0, width, height }, "broken");
}

function exists({ sheet }: Scene, [row, col]: Position): boolean {
  return row < sheet.rows && col < sheet.cols;
}

function summary({ sheet, channel }: Scene): string {
  const health = channelHealth(sheet, channel);
  if (health === "broken") return "no finite values";
  if (isVector(sheet)) return `rank ${strongerCount(sheet, channel) + 1}`;
  if (health === "dead") return "dead, 0 everywhere";
  return `mean |a| ${formatValue(sheet.strength[channel])}`;
}

function describe(scene: Scene): string {
  const { sheet, channel } = scene;
  const range = `${formatValue(sheet.low[channel])} to ${formatValue(sheet.high[channel])}`;
  return `Feature map ${channel} of ${sheet.layer}, values ${range}`;
}
