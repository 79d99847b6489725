/**
 * Both maps: the one that the window lies on, and the one that the number belongs to.
 */
import type { Theme } from "../lib/colormap";
import { h } from "../lib/dom";
import { type Rect, shownAspect } from "../lib/geometry";
import { claim } from "../lib/controls";
import type { Position } from "../lib/model";
import { figure } from "./arithmetic";
import type { OperationFrame } from "./frame";
import { notYet, sparse, windowRect } from "./layout";
import { type MapEvents, MapPanel } from "./map-panel";

/** Places of a window that are marked one by one, at most. */
const SPOTS = 64;

export class Maps {
  private readonly input: MapPanel;
  private readonly output: MapPanel;
  private frame: OperationFrame | null = null;
  private chosen: Position = [0, 0];

  readonly element: HTMLElement;
  readonly stageElements: HTMLElement[];

  constructor(
    private readonly events: MapEvents & { unpin(): void; toggle(): void },
    signal: AbortSignal,
  ) {
    this.input = new MapPanel("input", "Input map", events, signal);
    this.output = new MapPanel("output", "Feature map", events, signal);
    this.stageElements = [this.input.stageElement, this.output.stageElement];
    this.element = h(
      "div",
      {
        class: "cv-maps",
        tabindex: 0,
        role: "group",
        "aria-label": "Place: arrow keys move it, Space plays or rests, Escape goes to the strongest",
      },
      this.input.element,
      this.output.element,
    );
    this.element.addEventListener("keydown", (event) => this.key(event), { signal });
  }

  /** The place from which keys move on, which a frame may not have answered yet. */
  choose(place: Position): void {
    this.chosen = place;
  }

  /** The maps may have more or less room than before. */
  resized(): void {
    this.input.resized();
    this.output.resized();
  }

  paint(frame: OperationFrame, theme: Theme): void {
    this.frame = frame;
    const { output, position, layer, channel, input, places } = frame;
    const spatial = output.rows * output.cols > 1;
    this.output.element.hidden = !spatial;
    this.input.element.hidden = !input;
    this.element.hidden = !spatial && !input;
    this.element.dataset.maps = spatial && input ? "two" : "one";
    const grid: [number, number] = [output.rows, output.cols];
    const shape = input ?? output;
    this.element.style.setProperty("--cv-aspect", String(shownAspect(shape.rows, shape.cols)));
    const [row, col] = position;
    if (spatial) {
      this.output.paint(`${layer}:${channel}`, output, frame.outputCodes, grid, theme, false);
      this.output.say(
        `at (${row}, ${col})`,
        `Feature map ${channel} of ${layer}, ${output.rows} by ${output.cols}, the number at (${row}, ${col}) is ${figure(frame.value)}`,
      );
      const veiled = frame.walking ? notYet(position, output.rows, output.cols) : [];
      this.output.place({ x: col, y: row, width: 1, height: 1 }, [], veiled, output);
    }
    if (!input) return;
    const name = frame.inputName || "inside of the layer";
    const gray = frame.inputName === "input";
    this.input.paint(`${name}:${frame.inputChannel ?? 0}`, input, frame.inputCodes, grid, theme, gray);
    const rect = places ? windowRect(places, input.rows, input.cols) : null;
    const size = places ? `${places[0].length}×${places[1].length}` : "";
    const corner = places ? `(${places[0][0]}, ${places[1][0]})` : "";
    this.input.say(
      `at ${corner}`,
      `Channel ${frame.inputChannel ?? 0} of ${name}, ${input.rows} by ${input.cols}, window of ${size} from ${corner}`,
    );
    this.input.place(rect, places ? spots(places) : [], [], input);
  }

  private key(event: KeyboardEvent): void {
    const { frame } = this;
    if (!frame) return;
    const { rows, cols } = frame.output;
    const [row, col] = this.chosen;
    const moved: Record<string, Position> = {
      ArrowUp: [Math.max(0, row - 1), col],
      ArrowDown: [Math.min(rows - 1, row + 1), col],
      ArrowLeft: [row, Math.max(0, col - 1)],
      ArrowRight: [row, Math.min(cols - 1, col + 1)],
      Home: [row, 0],
      End: [row, cols - 1],
    };
    if (event.key !== "Escape" && event.key !== " " && !(event.key in moved)) return;
    claim(event);
    if (event.key === "Escape") this.events.unpin();
    else if (event.key === " ") this.events.toggle();
    else this.events.pin(moved[event.key]);
  }
}

/** The single places of a window that leaves some out. */
function spots([rows, cols]: [number[], number[]]): Rect[] {
  if (rows.length * cols.length > SPOTS || !(sparse(rows) || sparse(cols))) return [];
  const whole = (place: number) => Number.isInteger(place);
  return rows
    .filter(whole)
    .flatMap((y) => cols.filter(whole).map((x) => ({ x, y, width: 1, height: 1 })));
}
