/**
 * What the query looks at, large: over the picture, or as a matrix of all queries and keys.
 */
import { asBytes } from "../lib/bytes";
import { colored, paintPicture } from "../lib/canvas";
import { ColorBar } from "../lib/color-bar";
import { palette, type Theme } from "../lib/colormap";
import { h } from "../lib/dom";
import { formatValue } from "../lib/format";
import { cellAt } from "../lib/geometry";
import type { InputPicture, Position } from "../lib/model";
import { Panel } from "../lib/panel";
import { Mark, Stage } from "../lib/stage";
import { overlay } from "../lib/overlay";
import { type Codes, onGrid, toCodes, type TokenGrid, type Weights } from "./frame";

const OPACITY = 0.6;
/** Tokens at most whose words stand beside the matrix. */
const NAMED = 40;
/** Cells of a matrix at least, so that one of a few words is sharp when it is large. */
const FINE = 48;

export class MapPanel {
  private readonly stage = new Stage("Attention");
  private readonly rowMark = new Mark(this.stage, "row");
  private readonly hoverMark = new Mark(this.stage, "hover");
  private readonly bar = new ColorBar();
  private readonly rowWords = h("div", { class: "cv-rows", "aria-hidden": "true" });
  private readonly columnWords = h("div", { class: "cv-columns", "aria-hidden": "true" });
  private readonly body = h("div", {}, this.columnWords, this.rowWords, this.stage.element);
  private readonly panel = new Panel("map", this.body, this.bar.element);
  private named = "";
  private readonly scratch = document.createElement("canvas");
  private painted: unknown[] = [];
  private grid: [rows: number, cols: number] = [1, 1];
  private tell: (cell: Position) => [words: string, value: number] = () => ["", 0];
  private pick: (cell: Position) => number | null = () => null;
  private usual = "";
  private hovered: Position | null = null;

  readonly element = this.panel.element;
  readonly stageElement = this.stage.element;

  constructor(choose: (token: number) => void, signal: AbortSignal) {
    const { frame } = this.stage;
    frame.addEventListener("pointermove", (event) => this.hover(this.under(event)), { signal });
    frame.addEventListener("pointerleave", () => this.hover(null), { signal });
    const click = (event: MouseEvent) => {
      const cell = this.under(event);
      const token = cell && this.pick(cell);
      if (token !== null) choose(token);
    };
    frame.addEventListener("click", click, { signal });
  }

  /** The attention of the query over the picture. */
  paintPicture(
    picture: InputPicture,
    grid: TokenGrid,
    weights: Weights,
    tokens: readonly string[],
    looker: string,
    theme: Theme,
    title: string,
  ): void {
    const { width, height } = picture;
    const values = onGrid(weights.row, grid);
    const map = toCodes(values, grid.rows, grid.columns);
    this.begin(title, [grid.rows, grid.columns], map.high, theme);
    this.name([]);
    this.usual = aside(weights.row, grid, tokens);
    this.tell = ([row, col]) => {
      const token = grid.first + row * grid.columns + col;
      return [tokens[token], weights.row[token]];
    };
    this.pick = ([row, col]) => grid.first + row * grid.columns + col;
    this.rowMark.place(null, 1, 1);
    this.stage.label(`Attention of ${looker} over the picture, ${title}`);
    const [shown] = this.stage.fit(width / height);
    if (this.stays([weights, picture, theme, shown])) return this.mark();
    const codes = stretched(map, width, height);
    const colors = palette("magma", theme);
    const laid = overlay(asBytes(picture.pixels), codes, colors, OPACITY, width, height);
    paintPicture(this.stage.canvas, this.scratch, laid, shown, "crisp");
    this.mark();
  }

  /** All queries (rows) against all keys (columns). */
  paintMatrix(
    matrix: Codes,
    counts: [queries: number, keys: number],
    weights: Weights,
    tokens: readonly string[],
    theme: Theme,
    title: string,
  ): void {
    const { rows, cols, codes, high } = matrix;
    const token = (at: number, count: number, shown: number) =>
      Math.min(count - 1, Math.floor(((at + 0.5) * count) / shown));
    this.begin(title, [rows, cols], high, theme);
    this.name(counts[0] === counts[1] && counts[0] <= NAMED ? tokens : []);
    this.usual = "rows look at columns";
    this.tell = ([row, col]) => {
      const value = (codes[row * cols + col] / 255) * high;
      const from = tokens[token(row, counts[0], rows)];
      return [`${from} → ${tokens[token(col, counts[1], cols)]}`, value];
    };
    this.pick = ([row]) => token(row, counts[0], rows);
    const { query } = weights.frame;
    this.rowMark.place({ x: 0, y: query, width: counts[1], height: 1 }, counts[1], counts[0]);
    this.stage.label(`Attention of ${counts[0]} queries to ${counts[1]} keys, ${title}`);
    const [shown] = this.stage.fit(Math.min(2, Math.max(0.5, cols / rows)));
    if (this.stays([weights.frame.matrix, theme, shown])) return this.mark();
    const [wide, tall] = [cols, rows].map((count) => count * Math.ceil(FINE / count));
    const fine = stretched(matrix, wide, tall);
    const picture = colored(fine, palette("magma", theme), wide, tall);
    paintPicture(this.stage.canvas, this.scratch, picture, shown, "crisp");
    this.mark();
  }

  private begin(title: string, grid: [number, number], high: number, theme: Theme): void {
    this.panel.title(title);
    this.grid = grid;
    this.bar.paint(palette("magma", theme), [0, high]);
    const [rows, cols] = grid;
    if (this.hovered && (this.hovered[0] >= rows || this.hovered[1] >= cols)) this.hovered = null;
  }

  /** Puts words beside the rows and over the columns; none where there are too many. */
  private name(words: readonly string[]): void {
    const named = JSON.stringify(words);
    if (named === this.named) return;
    this.named = named;
    this.body.classList.toggle("cv-labelled", words.length > 0);
    for (const list of [this.rowWords, this.columnWords]) {
      list.hidden = words.length === 0;
      list.replaceChildren(...words.map((word) => h("span", {}, word)));
    }
  }

  private stays(wanted: unknown[]): boolean {
    const all = [...wanted, devicePixelRatio];
    const same = all.length === this.painted.length && all.every((x, at) => x === this.painted[at]);
    this.painted = all;
    return same;
  }

  private mark(): void {
    const { hovered } = this;
    const [rows, cols] = this.grid;
    const rect = hovered && { x: hovered[1], y: hovered[0], width: 1, height: 1 };
    this.hoverMark.place(rect, cols, rows);
    if (!hovered) {
      this.panel.say(this.usual);
      return this.bar.point(null);
    }
    const [words, value] = this.tell(hovered);
    this.panel.say(`${words}: ${formatValue(value)}`);
    this.bar.point(value);
  }

  private hover(cell: Position | null): void {
    if (String(cell) === String(this.hovered)) return;
    this.hovered = cell;
    this.mark();
  }

  private under(event: PointerEvent | MouseEvent): Position | null {
    return cellAt(...this.grid, 1, 1, ...this.stage.share(event));
  }
}

/** What does not go to the patches, in words. */
function aside(row: Float32Array, grid: TokenGrid, tokens: readonly string[]): string {
  return grid.others.map((token) => `to the ${tokens[token]} ${formatValue(row[token])}`).join(", ");
}

/** A map of patches at the size of the picture, a block for each patch. */
function stretched({ rows, cols, codes }: Codes, width: number, height: number): Uint8Array {
  const large = new Uint8Array(width * height);
  for (let y = 0, at = 0; y < height; y++) {
    const row = Math.floor((y * rows) / height) * cols;
    for (let x = 0; x < width; x++) large[at++] = codes[row + Math.floor((x * cols) / width)];
  }
  return large;
}
