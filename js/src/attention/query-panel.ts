/**
 * The picture with the token that looks: a click chooses a patch, pointing at one looks from there.
 */
import { asBytes, rgbToRgba } from "../lib/bytes";
import { paintPicture } from "../lib/canvas";
import { claim } from "../lib/controls";
import { cellAt } from "../lib/geometry";
import type { InputPicture } from "../lib/model";
import { Panel } from "../lib/panel";
import { Mark, Stage } from "../lib/stage";
import type { TokenGrid } from "./frame";

/** Pictures up to this many pixels a side are shown as the squares they are made of. */
const TINY = 64;

export interface QueryEvents {
  look(token: number | null): void;
  choose(token: number): void;
}

export class QueryPanel {
  private readonly stage = new Stage("Picture");
  private readonly mark = new Mark(this.stage, "query");
  private readonly hoverMark = new Mark(this.stage, "hover");
  private readonly panel = new Panel("query cv-input", this.stage.element);
  private readonly scratch = document.createElement("canvas");
  private painted: unknown[] = [];
  private grid: TokenGrid | null = null;
  private query = 0;
  private hovered: number | null = null;

  readonly element = this.panel.element;
  readonly stageElement = this.stage.element;

  constructor(
    private readonly events: QueryEvents,
    signal: AbortSignal,
  ) {
    const { element, frame } = this.stage;
    this.panel.title("Query");
    element.tabIndex = 0;
    element.setAttribute("role", "group");
    element.setAttribute(
      "aria-label",
      "Query patch: arrow keys move it, Escape chooses the class token",
    );
    frame.addEventListener("pointermove", (event) => this.hover(this.under(event)), { signal });
    frame.addEventListener("pointerleave", () => this.hover(null), { signal });
    const click = (event: MouseEvent) => {
      const token = this.under(event);
      if (token !== null) this.events.choose(token);
    };
    frame.addEventListener("click", click, { signal });
    element.addEventListener("keydown", (event) => this.key(event), { signal });
  }

  paint(
    picture: InputPicture,
    grid: TokenGrid,
    query: number,
    label: string,
    nowhere: boolean,
  ): void {
    this.grid = grid;
    this.query = query;
    const { width, height } = picture;
    const [shown] = this.stage.fit(width / height);
    const wanted = [picture, shown, devicePixelRatio];
    if (!wanted.every((item, at) => item === this.painted[at])) {
      this.painted = wanted;
      const rgba = rgbToRgba(asBytes(picture.pixels), width * height);
      const look = Math.max(width, height) <= TINY ? "crisp" : "smooth";
      paintPicture(this.stage.canvas, this.scratch, { width, height, rgba }, shown, look);
    }
    this.stage.label(`Picture, ${width} by ${height} pixels; the query is ${label}`);
    this.panel.say(label);
    this.place(this.mark, nowhere ? null : query);
    this.place(this.hoverMark, nowhere ? null : this.hovered);
    const everywhere = nowhere || grid.others.includes(query);
    this.stage.element.classList.toggle("cv-everywhere", everywhere);
  }

  private place(mark: Mark, token: number | null): void {
    const { grid } = this;
    if (!grid || token === null || grid.others.includes(token)) return mark.place(null, 1, 1);
    const at = token - grid.first;
    const y = Math.floor(at / grid.columns);
    mark.place({ x: at % grid.columns, y, width: 1, height: 1 }, grid.columns, grid.rows);
  }

  private hover(token: number | null): void {
    if (token === this.hovered) return;
    this.hovered = token;
    this.place(this.hoverMark, token);
    this.events.look(token);
  }

  private under(event: PointerEvent | MouseEvent): number | null {
    if (!this.grid) return null;
    const { rows, columns, first } = this.grid;
    const cell = cellAt(rows, columns, 1, 1, ...this.stage.share(event));
    return cell && first + cell[0] * columns + cell[1];
  }

  private key(event: KeyboardEvent): void {
    const { grid, query } = this;
    if (!grid) return;
    const { rows, columns, first, others } = grid;
    const middle = first + Math.floor(rows / 2) * columns + Math.floor(columns / 2);
    const at = (others.includes(query) ? middle : query) - first;
    const [row, col] = [Math.floor(at / columns), at % columns];
    const moved: Record<string, number | undefined> = {
      ArrowUp: first + Math.max(0, row - 1) * columns + col,
      ArrowDown: first + Math.min(rows - 1, row + 1) * columns + col,
      ArrowLeft: first + row * columns + Math.max(0, col - 1),
      ArrowRight: first + row * columns + Math.min(columns - 1, col + 1),
      Escape: others[0],
    };
    const token = moved[event.key];
    if (token === undefined) return;
    claim(event);
    this.events.choose(token);
  }
}
