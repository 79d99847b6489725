import assert from "node:assert/strict";
import { test } from "node:test";
import {
  cellText,
  chain,
  foldedNotes,
  normTerms,
  softmax,
  type Term,
  term,
} from "../src/operation/arithmetic";
import { keepMaps, type Line, type OperationFrame, readNumbers, slice } from "../src/operation/frame";
import { Looking } from "../src/lib/looking";
import { gridSizes, notYet, sparse, windowRect } from "../src/operation/layout";

function written(terms: readonly Term[]): string {
  return terms.map(({ sign, text }) => (sign ? `${sign} ${text}` : text)).join(" ");
}

test("numbers are read from a binary value at an odd place", () => {
  const bytes = new Uint8Array(1 + 8 * 4);
  const values = [1.5, Number.NaN, -Infinity, 1 / 3];
  bytes.set(new Uint8Array(Float64Array.from(values).buffer), 1);
  const numbers = readNumbers({ numbers: new DataView(bytes.buffer, 1) } as OperationFrame);
  assert.deepEqual([...numbers], values);
  assert.deepEqual([...slice(numbers, [2, 2])], [-Infinity, 1 / 3]);
  assert.equal(slice(numbers, [4, 0]).length, 0);
});

test("what is done in turn has the brackets that the order needs", () => {
  const tail: Line[] = [
    ["subtract", -3, 5],
    ["multiply", 0.5, 2.5],
    ["add", -1, 1.5],
    ["divide", 2, 0.75],
  ];
  assert.equal(
    written(chain(term(2, ""), tail)),
    "((2.00 − (−3.00)) × 0.500 + (−1.00)) ÷ 2.00",
  );
  const products: Line[] = [
    ["multiply", 2, 4],
    ["add", 1, 5],
    ["subtract", 4, 1],
  ];
  assert.equal(written(chain(term(2, ""), products)), "2.00 × 2.00 + 1.00 − 4.00");
});

test("functions and words stand between the numbers", () => {
  const tail: Line[] = [
    ["add", 3, 4],
    ["sqrt", null, 2],
    ["maximum", "-Infinity", 2],
  ];
  const terms = chain(term(1, "sum"), tail, { add: "bias" });
  assert.equal(written(terms), "1.00 + 3.00 → 2.00 or, if larger, −∞");
  assert.deepEqual(
    terms.map(({ note }) => note),
    ["sum", "bias", "sqrt", ""],
  );
});

test("a batch norm is told by its four numbers, however the framework folds them", () => {
  const kept = { mean: 0.5, variance: 4, scale: 3, shift: 1 };
  const root = Math.sqrt(4 + 1e-3);
  const centred: Line[] = [
    ["subtract", 0.5, 2],
    ["multiply", 3 / root, 0],
    ["add", 1, 0],
  ];
  const folded: Line[] = [
    ["multiply", 3 / root, 0],
    ["add", 1 - (0.5 * 3) / root, 0],
  ];
  for (const tail of [centred, folded]) {
    const found = normTerms(2.5, tail, kept);
    assert.ok(found);
    assert.ok(Math.abs(found.result - ((2.5 - 0.5) / root) * 3 - 1) < 1e-12);
    assert.equal(written(found.terms), "(2.50 − 0.500) ÷ 2.00 × 3.00 + 1.00");
  }
  assert.equal(foldedNotes(centred).subtract, "mean");
  assert.match(foldedNotes(folded).add, /mean/);
  assert.equal(normTerms(2.5, centred, {}), null);
});

test("a norm whose scale is zero divides by the spread all the same", () => {
  const found = normTerms(2, [["multiply", 0, 0]], { mean: 1, variance: 9, scale: 0, shift: 5 });
  assert.equal(found?.result, 5);
});

test("the temperature of a softmax", () => {
  const plain = softmax([1, 2, 3], 1);
  assert.ok(Math.abs(plain.shares[2] - Math.exp(3) / (Math.E + Math.exp(2) + Math.exp(3))) < 1e-12);
  assert.equal(plain.exponentials[2], 1);
  assert.ok(softmax([1, 2, 3], 0.25).shares[2] > plain.shares[2]);
  assert.ok(softmax([1, 2, 3], 8).shares[2] < plain.shares[2]);
  const far = softmax([1000, 0], 1); // no overflow
  assert.deepEqual(far.shares, [1, 0]);
});

test("numbers that fit a cell", () => {
  const cases: [number, string][] = [
    [0, "0"],
    [-0.416, "−0.42"],
    [0.0021, "0.002"],
    [-0.00021, "−2e−4"],
    [12.34, "12.3"],
    [-345.6, "−346"],
    [123456, "1e5"],
    [Number.NaN, "NaN"],
    [-Infinity, "−∞"],
  ];
  for (const [value, text] of cases) assert.equal(cellText(value), text);
});

test("grids stand beside each other where their numbers can be read", () => {
  assert.deepEqual(gridSizes(900, 3, 3, 30), { cell: 48, stacked: false, numbers: true });
  assert.deepEqual(gridSizes(350, 3, 3, 30), { cell: 32, stacked: false, numbers: true });
  assert.deepEqual(gridSizes(350, 5, 3, 30), { cell: 48, stacked: true, numbers: true });
  const many = gridSizes(350, 11, 3, 30);
  assert.deepEqual(many, { cell: 8, stacked: false, numbers: false });
  assert.ok(3 * 11 * many.cell + 2 * 30 <= 350);
  assert.deepEqual(gridSizes(900, 28, 1, 0), { cell: 32, stacked: false, numbers: true });
  assert.deepEqual(gridSizes(350, 28, 1, 0), { cell: 12, stacked: false, numbers: false });
});

test("the rectangle of a window ends where the map ends", () => {
  assert.deepEqual(
    windowRect(
      [
        [-1, 0, 1],
        [3, 4, 5],
      ],
      8,
      5,
    ),
    { x: 3, y: 0, width: 2, height: 2 },
  );
  assert.equal(windowRect([[-2, -1], [0]], 8, 5), null);
  assert.ok(sparse([0, 2, 4]));
  assert.ok(!sparse([-1, 0, 1]));
  assert.ok(!sparse([7]));
});

test("what the window has not come to yet", () => {
  assert.deepEqual(notYet([1, 2], 4, 5), [
    { x: 3, y: 1, width: 2, height: 1 },
    { x: 0, y: 2, width: 5, height: 2 },
  ]);
  assert.deepEqual(notYet([3, 4], 4, 5), []);
});

const PACE = { again: 5, most: 3, rest: 60_000 };

function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(2);
}

test("a question is repeated until its answer comes, a few times", async () => {
  const asked: unknown[] = [];
  const looking = new Looking((cell) => asked.push(cell), PACE);
  looking.look([1, 1]);
  assert.deepEqual(asked, [[1, 1]]);
  await until(() => asked.length === 3);
  await pause(30);
  assert.deepEqual(asked, [[1, 1], [1, 1], [1, 1]]);
  looking.answered([1, 1]);
  looking.look([2, 2]); // at once, since nothing is on its way
  assert.deepEqual(asked.at(-1), [2, 2]);
  looking.answered([2, 2]);
  await pause(30);
  assert.equal(asked.length, 4);
  looking.dispose();
});

test("a fast pointer asks for its newest place only", async () => {
  const asked: unknown[] = [];
  const looking = new Looking((cell) => asked.push(cell), PACE);
  looking.look([1, 1]);
  looking.look([1, 2]);
  looking.look([1, 3]);
  assert.deepEqual(asked, [[1, 1]]);
  looking.answered([1, 1]);
  await until(() => asked.length > 1);
  assert.deepEqual(asked, [[1, 1], [1, 3]]);
  looking.answered([1, 3]);
  looking.look(null);
  assert.equal(asked.at(-1), null);
  looking.answered([4, 4]); // of the chosen place, which the page need not know
  const count = asked.length;
  await pause(30);
  assert.equal(asked.length, count);
  looking.dispose();
});

test("for a kernel that does not answer nothing queues", async () => {
  const asked: unknown[] = [];
  const looking = new Looking((cell) => asked.push(cell), PACE);
  for (let at = 0; at < 40; at++) {
    looking.look([0, at]);
    await pause(1);
  }
  await until(() => asked.length === 3);
  await pause(30);
  assert.equal(asked.length, 3);
  looking.dispose();
  const brief = new Looking((cell) => asked.push(cell), { ...PACE, rest: 10 });
  asked.length = 0;
  brief.look([1, 1]);
  await until(() => asked.length === 3);
  brief.look([1, 2]); // asked after the rest
  await until(() => asked.length === 4);
  assert.deepEqual(asked.at(-1), [1, 2]);
  brief.dispose();
});

test("a map that is the same as before is kept, and needs no painting", () => {
  const output = { rows: 1, cols: 2, low: 0, high: 1 };
  const codes = () => Uint8Array.of(3, 255);
  const last = { output, outputCodes: codes() } as unknown as OperationFrame;
  const kept = (changed: object) =>
    keepMaps({ ...last, outputCodes: codes(), ...changed } as OperationFrame, last).outputCodes;
  assert.equal(kept({}), last.outputCodes);
  assert.notEqual(kept({ outputCodes: Uint8Array.of(3, 254) }), last.outputCodes);
  assert.notEqual(kept({ output: { ...output, high: 2 } }), last.outputCodes);
});
