/**
 * Frames from the kernel to the screen.
 *
 * A frame comes as a custom message while a job streams, and as the `frame` trait once the job has
 * settled; `receiveFrames` makes one kind of both. A `Painter` paints at the browser's pace: of
 * the frames that arrive between two paints only the newest is painted, and its number is
 * acknowledged afterwards, which lets the kernel send the next. Frames are whole, so skipping
 * loses nothing.
 *
 * What describes a frame in traits is set before the frame is sent, and when it changes, the frame
 * of it is still to come. So a view keeps it together with the frame (`readTraits`) and paints the
 * two as one: dimmed while something else is chosen, never one frame with the traits of another.
 */
import type { AnyModel } from "@anywidget/types";
import { type CommonTraits, follow } from "./model";

/** What every frame holds; the rest is the view's own. */
export interface Numbered {
  number: number;
}

interface FrameMessage {
  type: string;
  /** Names the key that each binary buffer of the message belongs to. */
  buffers?: string[];
}

/** Calls `receive` with every frame: the one there is, and all that come until `signal` aborts. */
export function receiveFrames<Frame extends Numbered>(
  model: AnyModel<CommonTraits<Frame>>,
  receive: (frame: Frame) => void,
  signal: AbortSignal,
): void {
  const fromTrait = () => {
    const frame = model.get("frame");
    if (frame) receive(frame);
  };
  const fromMessage = (message: FrameMessage, buffers: DataView[]) => {
    if (message?.type === "frame") receive(joinBuffers<Frame>(message, buffers));
  };
  follow(model, ["frame"], fromTrait, signal);
  model.on("msg:custom", fromMessage);
  signal.addEventListener("abort", () => model.off("msg:custom", fromMessage));
  fromTrait();
}

/** The frame in a message: its keys, with the binary ones put back in place. */
export function joinBuffers<Frame>(message: FrameMessage, buffers: readonly DataView[]): Frame {
  const binary = (message.buffers ?? []).map((key, index) => [key, buffers[index]] as const);
  return { ...message, ...Object.fromEntries(binary) } as Frame;
}

/** Some traits as they are now: what a frame that comes now is to be painted with. */
export function readTraits<Traits extends object, Name extends keyof Traits & string>(
  model: AnyModel<Traits>,
  ...names: Name[]
): Pick<Traits, Name> {
  return Object.fromEntries(names.map((name) => [name, model.get(name)])) as Pick<Traits, Name>;
}

/** Runs a function before the next paint; returns what cancels it. */
export type Schedule = (run: () => void) => () => void;

/** Paints when asked, at most once a screen refresh, and acknowledges the newest frame. */
export class Painter {
  private cancel: (() => void) | null = null;
  private arrived: number | null = null;
  private disposed = false;

  /**
   * @param paint draws everything that changed
   * @param painted gets the number of the newest frame once it is on the screen
   */
  constructor(
    private readonly paint: () => void,
    private readonly painted: (number: number) => void,
    private readonly schedule: Schedule,
  ) {}

  /** Asks for a repaint; with a frame's number when it is a frame that asks. */
  request(number: number | null = null): void {
    if (this.disposed) return;
    this.arrived = number ?? this.arrived;
    this.cancel ??= this.schedule(() => this.run());
  }

  /** Paints now what was asked for: an answer to the person's own act does not wait. */
  flush(): void {
    if (this.cancel === null) return;
    this.cancel();
    this.run();
  }

  dispose(): void {
    this.cancel?.();
    this.cancel = null;
    this.disposed = true;
  }

  private run(): void {
    this.cancel = null;
    const number = this.arrived;
    this.arrived = null;
    try {
      this.paint();
    } finally {
      // A frame that could not be drawn is acknowledged too: the next one may be fine.
      if (number !== null) this.painted(number);
    }
  }
}

/** Before the next screen refresh; soon, too, where the tab is hidden and never refreshes. */
export const beforeRefresh: Schedule = (run) => {
  const cancel = () => {
    cancelAnimationFrame(refresh);
    clearTimeout(timer);
  };
  const once = () => {
    cancel();
    run();
  };
  const refresh = requestAnimationFrame(once);
  const timer = setTimeout(once, 250);
  return cancel;
};
