/**
 * Following the pointer over tokens: one question on its way at a time, the newest asked next.
 */
import { Looking } from "../operation/looking";

export class LookingFrom {
  private readonly looking: Looking;

  constructor(ask: (token: number | null) => void) {
    this.looking = new Looking((cell) => ask(cell && cell[0]));
  }

  look(token: number | null): void {
    this.looking.look(token === null ? null : [token, 0]);
  }

  answered(): void {
    this.looking.answered();
  }

  dispose(): void {
    this.looking.dispose();
  }
}
