import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type AttentionFrame,
  headAt,
  headIndex,
  lookerOf,
  onGrid,
  ownQuery,
  readWeights,
  toCodes,
} from "../src/attention/frame";

const LAYERS = [
  { name: "a", heads: 2, queries: 3, keys: 3 },
  { name: "b", heads: 1, queries: 3, keys: 5 },
];

function floats(...values: number[]): DataView {
  return new DataView(Float32Array.from(values).buffer);
}

function frame(more: Partial<AttentionFrame> = {}): AttentionFrame {
  return {
    number: 1,
    layer: "a",
    head: 0,
    show: "head",
    query: 0,
    progress: 1,
    row: floats(1, 2, 3),
    rows: floats(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
    entropy: floats(1, 2, 3),
    ...more,
  };
}

test("the rows of all heads come apart, whatever the number of keys of their layer", () => {
  const { heads, distance, small, matrix } = readWeights(frame(), LAYERS);
  assert.deepEqual(heads.map((row) => [...row]), [[1, 2, 3], [4, 5, 6], [7, 8, 9, 10, 11]]);
  assert.deepEqual([distance, small, matrix], [null, null, null]);
});

test("small matrices come apart by their sides", () => {
  const bytes = Uint8Array.from([1, 2, 3, 4, 5, 6]);
  const sides: [number, number][] = [[2, 2], [1, 2]];
  const { small } = readWeights(
    frame({ small: new DataView(bytes.buffer), small_sides: sides }),
    LAYERS,
  );
  assert.deepEqual(small!.map(({ codes }) => [...codes]), [[1, 2, 3, 4], [5, 6]]);
});

test("a head has one number among those of all layers, and the other way round", () => {
  assert.equal(headIndex(LAYERS, "b", 0), 2);
  assert.deepEqual(headAt(LAYERS, 1), ["a", 1]);
  assert.deepEqual(headAt(LAYERS, 2), ["b", 0]);
  assert.equal(headAt(LAYERS, 3), null);
});

test("codes span from zero to the largest value, or to one that is given", () => {
  const values = Float32Array.of(0, 0.5, 1);
  assert.deepEqual([...toCodes(values, 1, 3).codes], [0, 128, 255]);
  assert.deepEqual([...toCodes(values, 1, 3, 2).codes], [0, 64, 128]);
  assert.deepEqual([...toCodes(Float32Array.of(0, 0), 1, 2).codes], [0, 0]);
});

test("only patches lie on the grid", () => {
  const grid = { rows: 1, columns: 2, first: 1, others: [0], patch: [4, 4], words: "" };
  assert.deepEqual([...onGrid(Float32Array.of(9, 1, 2), { ...grid, patch: [4, 4] })], [1, 2]);
});

test("a layer whose queries are not the tokens has queries of its own", () => {
  const tokens = ["class token", "row 0, column 0", "row 0, column 1"];
  const among = { name: "a", heads: 1, queries: 3, keys: 3 };
  const learnt = { name: "b", heads: 1, queries: 2, keys: 3 };
  assert.equal(ownQuery(among, 2), null);
  assert.equal(lookerOf(among, 2, tokens), "row 0, column 1");
  assert.equal(ownQuery(learnt, 2), 1);
  assert.equal(lookerOf(learnt, 0, tokens), "query 0");
});
