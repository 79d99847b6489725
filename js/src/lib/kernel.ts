/**
 * Requests to the kernel, and words for the person when no answer comes.
 *
 * A front end without subshells passes nothing on while a cell runs; after a restart there is no
 * one to answer. Neither can be told apart from here, nor is it an error: what is on the page can
 * still be looked at. So the view waits a while and then says what may be the matter. But silence
 * may also mean that there was nothing to say: who changes a thing and changes it back, before the
 * first change was sent, has changed nothing. So it asks first whether anyone is there. It does so,
 * too, when nothing is heard while a job runs.
 */
import type { AnyModel } from "@anywidget/types";
import { type CommonTraits, follow, type Saver } from "./model";

/** Traits that the kernel sets when it answers. */
const ANSWERS = ["state", "message", "frame"] as const;

export class Kernel {
  private timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param silent called with true when an answer is overdue, with false when one came
   * @param patience milliseconds until an answer is overdue
   */
  constructor(
    private readonly model: AnyModel<CommonTraits>,
    private readonly saver: Saver,
    private readonly silent: (overdue: boolean) => void,
    signal: AbortSignal,
    private readonly patience = 4000,
  ) {
    const answered = () => this.answered();
    follow(model, ANSWERS, answered, signal);
    model.on("msg:custom", answered);
    this.watch(); // a page may be loaded in the middle of a job
    signal.addEventListener("abort", () => {
      clearTimeout(this.timer);
      model.off("msg:custom", answered);
    });
  }

  /** Sends a message that the kernel answers. */
  ask(message: object): void {
    this.wait();
    this.send(message);
  }

  /**
   * Gives an order that is about what is chosen, and says with it what that is: a message may
   * overtake a change of traits, which waits on the page while the kernel is at an earlier one.
   */
  order(message: object, ...chosen: string[]): void {
    this.saver.now();
    const traits = chosen.map((name) => [name, this.model.get(name as keyof CommonTraits)]);
    this.ask({ ...message, chosen: Object.fromEntries(traits) });
  }

  /** Saves traits whose change the kernel answers. */
  askBySaving(): void {
    this.wait();
    this.saver.now();
  }

  /** Sends a message. */
  send(message: object, buffers: ArrayBuffer[] = []): void {
    try {
      this.model.send(message, undefined, buffers);
    } catch {
      this.silent(true); // the connection is closed: there is nothing to wait for
    }
  }

  private wait(): void {
    const half = this.patience / 2;
    this.timer ??= setTimeout(() => this.knock(half), half);
  }

  private answered(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.silent(false);
    this.watch();
  }

  private watch(): void {
    if (this.model.get("state") === "running") {
      this.timer = setTimeout(() => this.knock(this.patience), this.patience);
    }
  }

  private knock(patience: number): void {
    this.timer = setTimeout(() => this.silent(true), patience);
    this.send({ type: "ping" });
  }
}
