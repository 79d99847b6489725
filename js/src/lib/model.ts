/**
 * What every view shares with its kernel model, and the two habits of talking to it.
 *
 * A view keeps no copy of a trait: it reads the model when it paints and sets the model when the
 * person acts, so several views of one model follow each other for free. Saving is what costs a
 * message, and `Saver` batches that; painting never waits for it.
 */
import type { AnyModel } from "@anywidget/types";

export type State = "idle" | "running" | "paused" | "done" | "error";

export interface CommonTraits<Frame = unknown> {
  state: State;
  /** Words for the person: an error or a note; "" when there is nothing to say. */
  message: string;
  /** The last settled frame; a view without one never gets it. */
  frame: Frame | null;
}

/** One layer as the feature map and ascent views need it. */
export interface LayerInfo {
  name: string;
  kind: string;
  channels: number;
  rows: number;
  cols: number;
  receptive: Receptive | null;
}

/** Cell i of an axis sees the input pixels [start + i * stride, start + i * stride + size). */
export interface Receptive {
  size: [number, number];
  stride: [number, number];
  start: [number, number];
}

/** The image that a view looks at. */
export interface InputPicture {
  width: number;
  height: number;
  /** uint8 RGB. */
  pixels: unknown;
}

/** A cell of a layer: row and column. */
export type Position = [number, number];

/** Calls `run` when one of `names` changes, from either side, until `signal` aborts. */
export function follow<T extends object>(
  model: AnyModel<T>,
  names: readonly (keyof T & string)[],
  run: () => void,
  signal: AbortSignal,
): void {
  for (const name of names) {
    model.on(`change:${name}`, run);
    signal.addEventListener("abort", () => model.off(`change:${name}`, run));
  }
}

/** Sends traits that were set to the kernel, at most once every `interval` milliseconds. */
export class Saver {
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly model: { save_changes(): void },
    signal: AbortSignal,
    private readonly interval = 50,
  ) {
    signal.addEventListener("abort", () => this.flush());
  }

  /** Saves soon, together with whatever else is set until then. */
  soon(): void {
    this.timer ??= setTimeout(() => this.now(), this.interval);
  }

  now(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.model.save_changes();
  }

  private flush(): void {
    if (this.timer !== undefined) this.now();
  }
}
