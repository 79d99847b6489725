/**
 * Following the pointer: what an answer takes is the way, not the arithmetic.
 *
 * A place is asked for when the pointer comes to it, and asked for again a few milliseconds later
 * as long as no answer is there. The kernel passes over what it is at already; the repetition is for
 * the way back. Jupyter's server leaves Nagle's algorithm on: after the first small message of an
 * answer ("busy") it holds back the rest until the browser has acknowledged that one, which a
 * browser with nothing to say puts off by 40 ms. Whatever the page sends carries the
 * acknowledgement. There are few repetitions, since on a busy machine each costs more than it gains.
 *
 * A kernel that does not answer is asked a few times, and then only every now and then, so a
 * pointer that moves while a cell runs leaves no queue of questions behind.
 */
import type { Position } from "./model";

export interface Pace {
  /** Milliseconds until a question is repeated; twice as many until the next time, and so on. */
  again: number;
  /** Questions without an answer, after which there is a rest. */
  most: number;
  /** Milliseconds of that rest. A question that changes nothing gets no answer. */
  rest: number;
}

const PACE: Pace = { again: 8, most: 3, rest: 250 };

export class Looking {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private wanted: Position | null = null;
  private unanswered = 0;
  private fresh = false;

  /** @param ask sends a place, or that the pointer left */
  constructor(
    private ask: (cell: Position | null) => void,
    private readonly pace = PACE,
  ) {}

  look(cell: Position | null): void {
    this.wanted = cell;
    this.fresh = true;
    if (this.timer === undefined) this.send();
  }

  /** A frame came, of this place. */
  answered(place: Position): void {
    this.unanswered = 0;
    if (this.wanted === null || String(place) === String(this.wanted)) {
      clearTimeout(this.timer);
      this.timer = undefined;
      if (this.fresh) this.send();
    }
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.ask = () => {};
  }

  private send(): void {
    const { again, most, rest } = this.pace;
    this.fresh = false;
    this.unanswered += 1;
    const pause = this.unanswered < most ? again * 2 ** (this.unanswered - 1) : rest;
    this.timer = setTimeout(() => this.waited(), pause);
    this.ask(this.wanted);
  }

  private waited(): void {
    this.timer = undefined;
    const silent = this.unanswered >= this.pace.most;
    if (silent) this.unanswered = 0;
    if (!silent || this.fresh) this.send();
  }
}
