/**
 * All channels of the layer on one canvas.
 *
 * Painted in two stages. The atlas holds every tile, coloured; it changes with the sheet, the
 * colours and the scale. The visible canvas takes tiles from the atlas into their slots; it changes
 * with the order as well. Choosing a channel changes neither: the choice is a rectangle over the
 * canvas.
 */
import { context, pixelRatio, resize } from "../lib/canvas";
import { claim } from "../lib/controls";
import { formatCount, formatValue, plural } from "../lib/format";
import {
  barLayout,
  type Grid,
  gridHeight,
  gridLayout,
  gridWidth,
  slotAt,
  slotByKey,
  slotRect,
} from "../lib/geometry";
import { Panel } from "../lib/panel";
import { Mark, Stage } from "../lib/stage";
import { drawBars } from "./bars";
import type { Scene } from "./scene";
import { channelHealth, deadCount, isVector, valueAt } from "./sheet";
import { drawTiles, type Atlas, makeAtlas } from "./tiles";

/** Room in the stage around the tiles, for the mark around an outer one; CSS pixels. */
const EDGE = 4;

export class GridPanel {
  private readonly stage = new Stage("All maps");
  private readonly hoverMark = new Mark(this.stage, "hover");
  private readonly choiceMark = new Mark(this.stage, "choice");
  private readonly panel = new Panel("grid", this.stage.element);
  private scene: Scene | null = null;
  private grid: Grid | null = null;
  private atlas: Atlas | null = null;
  private atlasKey: unknown[] = [];
  private drawnKey: unknown[] = [];
  private hovered = -1;
  private revealed = -1;

  readonly element = this.panel.element;
  readonly stageElement = this.stage.element;

  constructor(
    private readonly choose: (channel: number) => void,
    signal: AbortSignal,
  ) {
    const { element, frame } = this.stage;
    element.tabIndex = 0;
    element.setAttribute("role", "group");
    element.setAttribute("aria-label", "All maps: arrow keys choose one");
    frame.addEventListener("pointermove", (event) => this.hover(this.slotUnder(event)), { signal });
    frame.addEventListener("pointerleave", () => this.hover(-1), { signal });
    frame.addEventListener("click", (event) => this.chooseSlot(this.slotUnder(event)), { signal });
    element.addEventListener("keydown", (event) => this.key(event), { signal });
  }

  paint(scene: Scene): void {
    this.scene = scene;
    this.grid = this.layout(scene);
    if (isVector(scene.sheet)) this.paintBars(scene, this.grid);
    else this.paintTiles(scene, this.grid);
    this.panel.title(plural(scene.sheet.channels, "channel"));
    this.stage.label(`All ${plural(scene.sheet.channels, "map")} of ${scene.sheet.layer}`);
    this.mark();
    this.reveal(scene.order.indexOf(scene.channel), this.grid);
  }

  private layout({ sheet }: Scene): Grid {
    const ratio = pixelRatio();
    const { clientWidth, clientHeight } = this.stage.element;
    const width = Math.floor((clientWidth - 2 * EDGE) * ratio);
    const height = Math.floor((clientHeight - 2 * EDGE) * ratio);
    const grid = isVector(sheet)
      ? barLayout(sheet.channels, width, height, ratio)
      : gridLayout(sheet.channels, sheet.rows, sheet.cols, width, height, {
          gap: Math.round((sheet.channels > 128 ? 2 : 3) * ratio),
          smallest: 14 * ratio,
          largest: 200 * ratio,
        });
    const { frame } = this.stage;
    frame.style.width = `${gridWidth(grid) / ratio}px`;
    frame.style.height = `${gridHeight(grid) / ratio}px`;
    return grid;
  }

  private paintTiles(scene: Scene, grid: Grid): void {
    const { sheet, scale, colormap, theme } = scene;
    const { tileWidth, tileHeight } = grid;
    const atlasKey = [sheet, scale, colormap, theme, tileWidth, tileHeight, pixelRatio()];
    if (!same(atlasKey, this.atlasKey)) {
      this.atlasKey = atlasKey;
      this.atlas = makeAtlas(scene, grid);
      this.drawnKey = [];
    }
    if (this.begin(grid, [...scene.order]) && this.atlas) {
      drawTiles(context(this.stage.canvas), grid, scene, this.atlas);
    }
  }

  private paintBars(scene: Scene, grid: Grid): void {
    const { sheet, scale, colormap, theme, order } = scene;
    this.atlasKey = [];
    if (this.begin(grid, [sheet, scale, colormap, theme, ...order])) {
      drawBars(context(this.stage.canvas), grid, scene);
    }
  }

  /** Clears the canvas for a drawing that differs from the last; false where it does not. */
  private begin(grid: Grid, what: unknown[]): boolean {
    const key = [...Object.values(grid), ...what];
    if (same(key, this.drawnKey)) return false;
    this.drawnKey = key;
    const { canvas } = this.stage;
    if (!resize(canvas, gridWidth(grid), gridHeight(grid))) {
      context(canvas).clearRect(0, 0, canvas.width, canvas.height);
    }
    return true;
  }

  private mark(): void {
    const { scene, grid } = this;
    if (!scene || !grid) return;
    const chosen = scene.order.indexOf(scene.channel);
    const size = [gridWidth(grid), gridHeight(grid)] as const;
    this.choiceMark.place(slotRect(grid, chosen), ...size);
    const slot = this.hovered < grid.count ? this.hovered : -1;
    this.hoverMark.place(slot < 0 ? null : slotRect(grid, slot), ...size);
    this.panel.say(slot < 0 ? summary(scene) : describe(scene, scene.order[slot]));
  }

  /** Scrolls the grid, and only the grid, to a newly chosen tile. */
  private reveal(slot: number, grid: Grid): void {
    const { element } = this.stage;
    if (slot === this.revealed || element.scrollHeight <= element.clientHeight) return;
    this.revealed = slot;
    const { y, height } = slotRect(grid, slot);
    const top = y / pixelRatio();
    const bottom = (y + height) / pixelRatio();
    const seen = element.clientHeight - 2 * EDGE;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (bottom > element.scrollTop + seen) element.scrollTop = bottom - seen;
  }

  private hover(slot: number): void {
    if (slot === this.hovered) return;
    this.hovered = slot;
    this.mark();
  }

  private chooseSlot(slot: number): void {
    if (this.scene && slot >= 0) this.choose(this.scene.order[slot]);
  }

  private key(event: KeyboardEvent): void {
    if (!this.scene || !this.grid) return;
    const slot = this.scene.order.indexOf(this.scene.channel);
    const next = slotByKey(this.grid, slot, event.key);
    if (next === null) return;
    claim(event);
    this.chooseSlot(next);
  }

  private slotUnder(event: MouseEvent): number {
    if (!this.grid) return -1;
    const [x, y] = this.stage.share(event);
    return slotAt(this.grid, x * gridWidth(this.grid), y * gridHeight(this.grid));
  }
}

function summary({ sheet }: Scene): string {
  const dead = formatCount(deadCount(sheet));
  if (dead === "0") return "";
  return isVector(sheet) ? `${dead} of them 0` : `${dead} dead, 0 everywhere`;
}

function describe({ sheet }: Scene, channel: number): string {
  const health = channelHealth(sheet, channel);
  if (health === "dead") return `channel ${channel}: 0 everywhere`;
  if (health === "broken") return `channel ${channel}: no finite values`;
  if (isVector(sheet)) return `channel ${channel}: ${formatValue(valueAt(sheet, channel, 0, 0))}`;
  const [low, high] = [sheet.low[channel], sheet.high[channel]];
  return `channel ${channel}: ${formatValue(low)} to ${formatValue(high)}`;
}

function same(a: unknown[], b: unknown[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
