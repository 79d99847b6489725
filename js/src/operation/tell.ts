/**
 * Any place of a channel, told by the page itself: the very structure that the kernel tells.
 *
 * Words and shapes are those of a frame that the kernel told of another place of the channel; the
 * numbers come from the field. Pure.
 */
import type { Position } from "../lib/model";
import { type AtPlaces, evenAt, type Field, type LineField, planeAt, type StepField, valueAt } from "./field";
import {
  type CombinationTold,
  type ConvolutionTold,
  type DenseTold,
  type Line,
  type MapInfo,
  type OperationFrame,
  type PoolTold,
  type SoftmaxTold,
  slice,
  type Span,
  type StepTold,
} from "./frame";
import { asMap, COMBINE, COMPUTE, magnitude, order, sum } from "./reckon";
import { look, type SlidWindow, windowAt } from "./slid";

/** A frame, and its numbers read. */
export interface Shown {
  frame: OperationFrame;
  numbers: Float64Array;
}

/** The 8-bit maps that were made for the page, by their place among the planes. */
export type MadeMaps = Map<number, { info: MapInfo; codes: Uint8Array }>;

/**
 * @param known what the kernel told of some place of the channel
 * @param source number of the input channel that is told in full; null for the strongest
 * @param made maps that are made once
 */
export function tellPlace(
  known: Shown,
  field: Field,
  position: Position,
  source: number | null,
  made: MadeMaps,
): Shown {
  const teller = new Teller(known, field, position, source);
  const steps = known.frame.steps.map((told, at) => teller.step(told, field.steps[at]));
  const then = known.frame.then.map((told, at) => teller.step(told, field.then[at]));
  const value = valueAt(field, field.value, position);
  const seen = teller.seen(steps[0], field.steps[0], made);
  const { walking: _, ...frame } = known.frame;
  return { frame: { ...frame, ...seen, position, value, steps, then }, numbers: teller.numbers() };
}

class Teller {
  private readonly put: number[] = [];

  constructor(
    private readonly known: Shown,
    private readonly field: Field,
    private readonly position: Position,
    private readonly source: number | null,
  ) {}

  numbers(): Float64Array {
    return Float64Array.from(this.put);
  }

  step(told: StepTold, step: StepField): StepTold {
    const plain = { ...told, index: this.index(step) };
    switch (plain.kind) {
      case "convolution":
        return this.convolution(plain, step);
      case "pool":
        return this.pool(plain, step);
      case "dense":
        return this.dense(plain, step);
      case "softmax":
        return this.softmax(plain, step);
      case "activation": {
        const [xs, ys] = [this.again(plain.xs), this.again(plain.ys)];
        return { ...plain, xs, ys, input: this.at(step.terms[0]), result: this.at(step.result) };
      }
      case "scaling": {
        const input = this.at(step.terms[0]);
        return { ...plain, input, ...this.after(input, step.lines) };
      }
      case "combination":
        return this.combination(plain, step);
      case "concatenation":
        return { ...plain, result: this.after(this.at(step.terms[0]), step.lines).result };
      default:
        return { ...plain, result: this.at(step.result) };
    }
  }

  /** The map below the first step, with the places on it that it takes. */
  seen(told: StepTold, { slid }: StepField, made: MadeMaps): Partial<OperationFrame> {
    const { field, position, known } = this;
    if (!known.frame.input) return {};
    if (slid && (told.kind === "convolution" || told.kind === "pool")) {
      const at = told.kind === "convolution" ? told.open - slid.first : 0;
      const [start, , ...sizes] = slid.maps;
      const [rows, cols] = sizes.length > 1 ? sizes : [1, sizes[0]];
      const key = start + at * rows * cols;
      const { info, codes } = remembered(made, key, () => asMap(planeAt(field, slid.maps, at), rows, cols));
      const inputChannel = told.kind === "convolution" ? told.open : known.frame.inputChannel!;
      return { input: info, inputCodes: codes, inputChannel, places: told.places! };
    }
    if (!field.backdrop) return {};
    const [row, col] = field.backdrop.spots.map((spot) => evenAt(spot, position));
    return { places: [[row], [col]] };
  }

  private at(values: AtPlaces | null): number {
    return valueAt(this.field, values ?? Number.NaN, this.position);
  }

  private add(values: ArrayLike<number>): Span {
    const start = this.put.length;
    for (let at = 0; at < values.length; at++) this.put.push(values[at]);
    return [start, values.length];
  }

  /** Numbers that are the same at every place. */
  private again(span: Span): Span {
    return this.add(slice(this.known.numbers, span));
  }

  private index({ index }: StepField): number[] {
    return index.map((each) => (each.length === 1 ? 0 : evenAt(each, this.position)));
  }

  /** The index with what the window has at one of its cells. */
  private indexIn(step: StepField, { reaches, cols }: SlidWindow, cell: number): number[] {
    const cells = reaches.length > 1 ? [Math.floor(cell / cols), cell % cols] : [cell];
    const taken = ([axis]: [number]) => reaches[axis].taken[cells[axis]];
    return step.index.map((each) => (each.length === 1 ? taken(each) : evenAt(each, this.position)));
  }

  private after(total: number, lines: readonly LineField[]): { tail: Line[]; result: number } {
    let result = total;
    const tail = lines.map(({ operation, operand, given }): Line => {
      const second = operand === null ? null : this.at(operand);
      result = given === null ? COMPUTE[operation](result, second ?? Number.NaN) : this.at(given);
      return [operation, second, result];
    });
    return { tail, result };
  }

  private convolution(told: ConvolutionTold, step: StepField): ConvolutionTold {
    const { field } = this;
    const { axes, maps, kernel, first } = step.slid!;
    const window = windowAt(axes, this.position);
    const count = maps[1];
    const cells = window.cells.length;
    const kernels = slice(field.numbers, kernel!);
    const products = (at: number) =>
      look(window, planeAt(field, maps, at), 0).map((value, cell) => value * kernels[at * cells + cell]);
    const sums = Array.from({ length: count }, (_, at) => sum(products(at)));
    const wanted = this.source === null ? -1 : this.source - first;
    const strongest = order(sums, magnitude);
    const open = wanted >= 0 && wanted < count ? wanted : strongest[0];
    const listed = strongest.slice(0, told.channels.length);
    const few = told.kernel[1] > 0;
    const total = sum(sums);
    return {
      ...told,
      ...this.window(told, window, look(window, planeAt(field, maps, open), 0)),
      index: this.indexIn(step, window, 0),
      kernel: this.add(few ? kernels.subarray(open * cells, (open + 1) * cells) : []),
      products: this.add(few ? products(open) : []),
      open: first + open,
      sum: sums[open],
      channels: listed.map((at) => first + at),
      sums: this.add(listed.map((at) => sums[at])),
      rest: sum(strongest.slice(listed.length).map((at) => sums[at])),
      total,
      ...this.after(total, step.lines),
    };
  }

  private pool(told: PoolTold, step: StepField): PoolTold {
    const { axes, maps } = step.slid!;
    const window = windowAt(axes, this.position);
    const nothing = { max: -Infinity, min: Infinity, sum: 0 }[told.how];
    const values = look(window, planeAt(this.field, maps, 0), nothing);
    const total = { max: () => Math.max(...values), min: () => Math.min(...values), sum: () => sum(values) }[told.how]();
    const winner = told.winner === null ? null : Math.max(0, values.indexOf(total));
    return {
      ...told,
      ...this.window(told, window, values),
      index: this.indexIn(step, window, winner ?? 0),
      winner,
      count: window.states.filter((state) => state === 0).length,
      total,
      ...this.after(total, step.lines),
    };
  }

  /** A window, as far as the kernel tells windows of its size. */
  private window(told: ConvolutionTold | PoolTold, { rows, cols, places, states }: SlidWindow, cells: number[]) {
    const sent = told.states.length > 0;
    return { rows, cols, places, states: sent ? states : [], window: this.add(sent ? cells : []) };
  }

  private row({ rows }: StepField): Float32Array | Float64Array {
    const [row, col] = this.position;
    return planeAt(this.field, rows!, row * this.field.cols + col);
  }

  private dense(told: DenseTold, step: StepField): DenseTold {
    const inputs = this.row(step);
    const weights = slice(this.field.numbers, step.weights!);
    const products = Array.from(inputs, (value, at) => value * weights[at]);
    const strongest = order(products, magnitude);
    const listed = strongest.slice(0, told.numbers.length);
    const total = sum(products);
    return {
      ...told,
      numbers: listed,
      inputs: this.add(listed.map((at) => inputs[at])),
      weights: this.add(listed.map((at) => weights[at])),
      products: this.add(listed.map((at) => products[at])),
      rest: sum(strongest.slice(listed.length).map((at) => products[at])),
      total,
      ...this.after(total, step.lines),
    };
  }

  private softmax(told: SoftmaxTold, step: StepField): SoftmaxTold {
    const inputs = Array.from(this.row(step));
    const number = evenAt(step.number!, this.position);
    const largest = Math.max(...inputs);
    const exponentials = inputs.map((value) => Math.exp(value - largest));
    const total = sum(exponentials);
    const listed = order(inputs, (value) => (Number.isNaN(value) ? 0 : value)).slice(0, told.listed.length);
    if (!listed.includes(number)) listed[listed.length - 1] = number;
    const logarithm = inputs[number] - largest - Math.log(total);
    return {
      ...told,
      number,
      inputs: this.add(inputs),
      listed,
      labels: listed.map((at) => step.labels?.[at] ?? String(at)),
      total,
      result: told.logarithm ? logarithm : exponentials[number] / total,
    };
  }

  private combination(told: CombinationTold, step: StepField): CombinationTold {
    const values = step.terms.map((each) => this.at(each));
    const total = COMBINE[told.operation](values);
    const terms = told.terms.map(([name], at): [string, number] => [name, values[at]]);
    return { ...told, terms, total, ...this.after(total, step.lines) };
  }
}

function remembered<Key, Value>(known: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = known.get(key) ?? make();
  known.set(key, found);
  return found;
}
