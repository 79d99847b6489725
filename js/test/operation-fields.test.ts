import assert from "node:assert/strict";
import { test } from "node:test";
import { type FieldTold, readField } from "../src/operation/field";
import { type OperationFrame, readNumbers, type Span, type StepTold } from "../src/operation/frame";
import { reach } from "../src/operation/slid";
import { type MadeMaps, type Shown, tellPlace } from "../src/operation/tell";
import recorded from "./fixtures/operation-fields.json";

/** What `python -m tests.widgets.operation_fields` has written down. */
interface Recorded {
  known: OperationFrame;
  field: FieldTold;
  places: { source: number | null; frame: OperationFrame }[];
}

const cases = Object.entries(revived(recorded) as Record<string, Recorded[]>);

/** Puts binary values back in place, at an odd offset as they come from a kernel. */
function revived(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revived);
  if (typeof value !== "object" || value === null) return value;
  if ("bytes" in value) {
    const bytes = Buffer.from(String(value.bytes), "base64");
    const odd = new Uint8Array(bytes.length + 3);
    odd.set(bytes, 3);
    return new DataView(odd.buffer, 3);
  }
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, revived(each)]));
}

function shown(frame: OperationFrame): Shown {
  return { frame, numbers: readNumbers(frame) };
}

const SPANS = new Set(["window", "kernel", "products", "sums", "inputs", "weights", "xs", "ys"]);

/** A step with its numbers in place of where they lie, and words that are numbers as numbers. */
function written(step: StepTold, numbers: Float64Array): unknown {
  const list = ([start, count]: Span) => [...numbers.subarray(start, start + count)];
  const entries = Object.entries(step).map(([key, value]) => [key, SPANS.has(key) ? list(value) : figures(value)]);
  return Object.fromEntries(entries);
}

function figures(value: unknown): unknown {
  if (value === "NaN" || value === "Infinity" || value === "-Infinity") return Number(value);
  return Array.isArray(value) ? value.map(figures) : value;
}

/** Equal, but for how the last digits of a sum are rounded. */
function assertSame(found: unknown, wanted: unknown, where: string): void {
  if (typeof wanted === "number") {
    assert.equal(typeof found, "number", where);
    const same = Object.is(found, wanted) || found === wanted;
    const near = Math.abs((found as number) - wanted) <= 1e-12 * Math.max(1, Math.abs(wanted));
    assert.ok(same || near, `${where}: ${found} is not ${wanted}`);
  } else if (Array.isArray(wanted)) {
    assert.ok(Array.isArray(found) && found.length === wanted.length, `${where}: ${found} is not ${wanted}`);
    wanted.forEach((each, at) => assertSame(found[at], each, `${where}[${at}]`));
  } else if (typeof wanted === "object" && wanted !== null) {
    assert.deepEqual(Object.keys(found as object).sort(), Object.keys(wanted).sort(), where);
    for (const [key, each] of Object.entries(wanted)) {
      assertSame((found as Record<string, unknown>)[key], each, `${where}.${key}`);
    }
  } else {
    assert.equal(found, wanted, where);
  }
}

function plainFrame({ frame, numbers }: Shown): object {
  const { image: _, number: __, numbers: ___, outputCodes, inputCodes, steps, then, ...rest } = frame;
  return {
    ...Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, figures(value)])),
    outputCodes: bytes(outputCodes),
    inputCodes: inputCodes === undefined ? [] : bytes(inputCodes),
    steps: steps.map((step) => written(step, numbers)),
    then: then.map((step) => written(step, numbers)),
  };
}

function bytes(value: unknown): number[] {
  const { buffer, byteOffset, byteLength } = value as DataView;
  return [...new Uint8Array(buffer, byteOffset, byteLength)];
}

for (const [name, layers] of cases) {
  for (const { known, field: told, places } of layers) {
    test(`${known.layer} of ${name} is told as the kernel tells it, at other places`, () => {
      const field = readField(told, null);
      assert.ok(field);
      const made: MadeMaps = new Map();
      for (const { source, frame } of places) {
        const found = tellPlace(shown(known), field, frame.position, source, made);
        const where = `at ${frame.position.join()}, source ${source}`;
        assertSame(plainFrame(found), plainFrame(shown(frame)), where);
      }
    });
  }
}

test("the fixtures hold every kind of step that follows the pointer", () => {
  const kinds = new Set(cases.flatMap(([, layers]) => layers.flatMap(({ known }) => known.steps.map(({ kind }) => kind))));
  assert.deepEqual([...kinds].sort(), [
    "activation", "combination", "concatenation", "convolution", "copy", "dense", "opaque", "pool", "scaling", "softmax",
  ]);
  const states = cases.flatMap(([, layers]) =>
    layers.flatMap(({ places }) => places.flatMap(({ frame }) => frame.steps.flatMap((step) => ("states" in step ? step.states : [])))),
  );
  assert.deepEqual([...new Set(states)].sort(), [0, 1, 2]);
});

test("planes are read once, and others' are left alone", () => {
  const [, [{ field: told }]] = cases[0];
  const field = readField(told, null);
  assert.ok(field);
  const { planeData: _, ...rest } = told;
  assert.equal(readField(rest, null), null);
  assert.equal(readField(rest, { ...field.planes, name: "f4-other" }), null);
  assert.equal(readField(rest, field.planes)?.planes, field.planes);
  assert.equal(readField({ ...told, steps: null }, field.planes), null);
});

test("where a window lies along an axis", () => {
  const along = { spot: [0, 1, 0] as [number, number, number], size: 5, window: 3, stride: 2, before: 1, dilation: 1, spread: 1 };
  assert.deepEqual(reach(along, 0), { places: [-1, 0, 1], taken: [0, 0, 1], states: [1, 0, 0] });
  assert.deepEqual(reach(along, 2), { places: [3, 4, 5], taken: [3, 4, 4], states: [0, 0, 1] });
  assert.deepEqual(reach({ ...along, stride: 1, spread: 2 }, 1), { places: [0, 0.5, 1], taken: [0, 0, 1], states: [0, 2, 0] });
});
