/**
 * Which place is shown: the one under the pointer, or the chosen one.
 *
 * When the pointer or the focus comes to the maps, the kernel is asked for what all places of the
 * channel are made of, once; from then on the page tells each place by itself, between two refreshes. Until that has
 * come, and where it never does, the kernel is asked for each place.
 */
import { joinBuffers } from "../lib/frames";
import type { Kernel } from "../lib/kernel";
import { Looking } from "../lib/looking";
import type { Position } from "../lib/model";
import { type Field, type FieldTold, isOf, readField } from "./field";
import type { OperationFrame } from "./frame";
import { type MadeMaps, type Shown, tellPlace } from "./tell";

export class Pointing {
  private known: Shown | null = null;
  private field: Field | null = null;
  private made: MadeMaps = new Map();
  private refused: FieldTold | null = null;
  private asked = false;
  private near = false;
  private pointed: Position | null = null;
  /** Whether the kernel was asked for another place than the chosen one. */
  private astray = false;
  private told: { of: unknown[]; shown: Shown } | null = null;
  private readonly looking: Looking;

  /** @param repaint called when another place is to be shown */
  constructor(
    private readonly kernel: Kernel,
    private readonly repaint: () => void,
    signal: AbortSignal,
  ) {
    this.looking = new Looking((cell) => {
      kernel.send(cell ? { type: "look", row: cell[0], column: cell[1] } : { type: "look" });
    });
    signal.addEventListener("abort", () => this.looking.dispose());
  }

  /** Whether the page can tell places by itself. */
  get alone(): boolean {
    return this.known !== null && this.field !== null && isOf(this.known.frame, this.field);
  }

  /** A frame of the kernel. */
  received(known: Shown): void {
    this.known = known;
    this.looking.answered(known.frame.position);
    if (this.near) this.want();
  }

  /** The pointer or the focus came to the maps, or left them. */
  come(near: boolean): void {
    this.near = near;
    if (near) this.want();
  }

  /** A message of the kernel. */
  heard(message: FieldTold & { type?: string; buffers?: string[] }, buffers: readonly DataView[]): void {
    if (message?.type !== "field") return;
    this.asked = false;
    const told = joinBuffers<FieldTold>(message as FieldTold & { type: string }, buffers);
    if (told.steps === null) {
      this.refused = told.later ? null : told;
      return;
    }
    const field = readField(told, this.field?.planes ?? null);
    if (!field) return; // it was for another page, which has the planes
    if (field.planes !== this.field?.planes) this.made = new Map();
    this.field = field;
    this.repaint();
  }

  /** The pointer came to a place, or left. */
  look(place: Position | null): void {
    this.pointed = place;
    if (this.alone) this.repaint();
    else if (place) this.want();
    const back = this.astray && place === null; // the kernel has another place for the chosen one
    if (this.alone && !back) return;
    this.astray = place !== null;
    this.looking.look(place);
  }

  /** Another place was chosen: it is shown, wherever the pointer is. */
  chosen(): void {
    this.pointed = null;
  }

  /**
   * What is to be shown.
   *
   * @param pinned the chosen place; null for the strongest, which the kernel knows
   * @param source number of the input channel that is opened
   */
  shown(pinned: Position | null, source: number | null): Shown | null {
    const { known, field } = this;
    if (!known || !field || !this.alone || known.frame.walking) return known;
    const place = this.pointed ?? pinned;
    if (!place || place[0] >= field.rows || place[1] >= field.cols) return known;
    if (String(place) === String(known.frame.position) && this.pointed === null) return known;
    const of = [known, field, String(place), source];
    if (!this.told || of.some((each, at) => each !== this.told!.of[at])) {
      this.told = { of, shown: tellPlace(known, field, place, source, this.made) };
    }
    return this.told.shown;
  }

  private want(): void {
    const { known, refused } = this;
    if (!known || this.asked || this.alone || (refused && isOf(known.frame, refused))) return;
    this.asked = true;
    this.kernel.send({ type: "field", have: this.field?.planes.name ?? "" });
  }
}

/** Whether a frame is on its way through all places. */
export function walks(frame: OperationFrame | undefined, state: string): boolean {
  return frame?.walking === true && state === "running";
}
