/**
 * Plays the steps, from the one at hand to the last.
 */

/** Milliseconds for a whole sequence, and for a step at least and at most. */
const WHOLE = 5600;
const FASTEST = 40;
const SLOWEST = 400;

export class Player {
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** @param advance goes on by a step; false at the end */
  constructor(
    private readonly advance: () => boolean,
    private readonly changed: () => void,
    signal: AbortSignal,
  ) {
    signal.addEventListener("abort", () => clearTimeout(this.timer));
  }

  get plays(): boolean {
    return this.timer !== undefined;
  }

  play(steps: number): void {
    this.next(Math.min(SLOWEST, Math.max(FASTEST, WHOLE / steps)));
    this.changed();
  }

  pause(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.changed();
  }

  private next(pace: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (this.advance()) this.next(pace);
      else this.pause();
    }, pace);
  }
}
