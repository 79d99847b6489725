/**
 * Following the pointer: one question on its way at a time, and the newest place asked next. A
 * pointer that is faster than the answers leaves no queue of questions behind.
 */
import type { Position } from "../lib/model";

export class Looking {
  private waiting: ReturnType<typeof setTimeout> | undefined;
  private next: Position | null | undefined;

  /**
   * @param ask sends a place, or that the pointer left
   * @param patience milliseconds for an answer; a question that changes nothing gets none
   */
  constructor(
    private readonly ask: (cell: Position | null) => void,
    private readonly patience = 250,
  ) {}

  look(cell: Position | null): void {
    if (this.waiting !== undefined) {
      this.next = cell;
      return;
    }
    this.waiting = setTimeout(() => this.answered(), this.patience);
    this.ask(cell);
  }

  /** A frame came. */
  answered(): void {
    clearTimeout(this.waiting);
    this.waiting = undefined;
    const { next } = this;
    this.next = undefined;
    if (next !== undefined) this.look(next);
  }

  dispose(): void {
    clearTimeout(this.waiting);
    this.next = undefined;
  }
}
