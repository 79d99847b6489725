/**
 * A bounded store of what happened at which step.
 *
 * When full, it doubles its stride and keeps only steps that are a multiple of it: evenly spread
 * over the whole run, however long. The newest step is always there.
 */
export class History<Item> {
  private readonly items = new Map<number, Item>();
  private stride = 1;
  private newestStep = -1;

  /** @param limit how many items are kept at most, besides the newest */
  constructor(private readonly limit: number) {}

  get newest(): number {
    return this.newestStep;
  }

  add(step: number, item: Item): void {
    if (this.newestStep % this.stride !== 0 && step > this.newestStep) {
      this.items.delete(this.newestStep);
    }
    this.items.set(step, item);
    this.newestStep = Math.max(this.newestStep, step);
    while (this.items.size > this.limit) this.thin();
  }

  get(step: number): Item | undefined {
    return this.items.get(step);
  }

  /** The kept steps, in no particular order. */
  steps(): number[] {
    return [...this.items.keys()];
  }

  private thin(): void {
    this.stride *= 2;
    for (const step of this.items.keys()) {
      if (step % this.stride !== 0 && step !== this.newestStep) this.items.delete(step);
    }
  }
}

/** The step nearest to a wanted one, or -1 when there is none. */
export function nearest(steps: Iterable<number>, wanted: number): number {
  let best = -1;
  for (const step of steps) {
    if (best < 0 || Math.abs(step - wanted) < Math.abs(best - wanted)) best = step;
  }
  return best;
}
