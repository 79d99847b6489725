import assert from "node:assert/strict";
import { test } from "node:test";
import { readExamples } from "../src/gradient-ascent/examples";
import { fileName } from "../src/lib/saving";
import { columnsOf } from "../src/gradient-ascent/tile-grid";

test("patches of two rows are cut out of one buffer", () => {
  const pixels = new DataView(Uint8Array.from({ length: 12 }, (_, at) => at).buffer);
  const entry = (value: number, width: number) => ({ value, image: 3, width, height: 1 });
  const found = readExamples({
    unit: "conv1:0",
    label: "conv1:0",
    searched: 9,
    over: true,
    most: [entry(2, 2), entry(1, 1)],
    least: [entry(-1, 1)],
    pixels,
  });
  assert.deepEqual([...found.most[0].patch.rgba], [0, 1, 2, 255, 3, 4, 5, 255]);
  assert.deepEqual([...found.most[1].patch.rgba], [6, 7, 8, 255]);
  assert.deepEqual([...found.least[0].patch.rgba], [9, 10, 11, 255]);
  assert.equal(found.least[0].value, -1);
});

test("a grid is as wide as it is high, or one wider", () => {
  assert.deepEqual([1, 2, 3, 4, 5, 9].map(columnsOf), [1, 2, 2, 2, 3, 3]);
});

test("a file has a name that every file system takes", () => {
  assert.equal(fileName("conv2:3 - 0.2 * conv2:4.gif"), "conv2-3 - 0.2 - conv2-4.gif");
  assert.equal(fileName("blocks/0/conv@1,2.png"), "blocks-0-conv@1,2.png");
});
