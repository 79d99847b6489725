/**
 * Following the pointer over tokens, as `Looking` does it over places.
 */
import { Looking } from "../lib/looking";

export class LookingFrom {
  private readonly looking: Looking;

  constructor(ask: (token: number | null) => void) {
    this.looking = new Looking((cell) => ask(cell && cell[0]));
  }

  look(token: number | null): void {
    this.looking.look(token === null ? null : [token, 0]);
  }

  /** A frame came, of this token. */
  answered(token: number): void {
    this.looking.answered([token, 0]);
  }

  dispose(): void {
    this.looking.dispose();
  }
}
