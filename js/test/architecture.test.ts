import assert from "node:assert/strict";
import { test } from "node:test";
import { coloring } from "../src/architecture/colors";
import { Graph, type GraphData } from "../src/architecture/graph";
import { stepFrom } from "../src/architecture/keys";
import { type Box, type Direction, type Layout, pathOf, Planner } from "../src/architecture/layout";
import { cardLines, fitted, formatLarge } from "../src/architecture/words";

/** A stem, two residual blocks in a block, and a head. */
function residual(): GraphData {
  const layer = (name: string, group: string | null, kind = "conv") => ({
    name,
    kind,
    operation: kind,
    shape: [8, 8, 4],
    parameters: kind === "conv" ? 100 : 0,
    flops: 10,
    group,
  });
  const blocks = ["blocks/0", "blocks/1"];
  const layers = [
    layer("stem", null),
    ...blocks.flatMap((block) => [
      layer(`${block}/conv`, block),
      layer(`${block}/bn`, block, "norm"),
      layer(`${block}/add`, block, "add"),
    ]),
    layer("head", null, "dense"),
  ];
  const chain = ["input", ...layers.map(({ name }) => name)];
  const edges = chain.slice(1).map((name, at): [string, string, number[][]] => [chain[at], name, [[8, 8, 4]]]);
  edges.push(["stem", "blocks/0/add", [[8, 8, 4]]], ["blocks/0/add", "blocks/1/add", [[8, 8, 4]]]);
  const group = (name: string, group: string | null, output: string) => ({ name, group, output, module: true });
  return {
    input: "input",
    shape: [8, 8, 3],
    layers,
    groups: [
      group("blocks", null, "blocks/1/add"),
      ...blocks.map((block) => group(block, "blocks", `${block}/add`)),
    ],
    edges,
  };
}

const FOLDED = new Set<string>();
const OUTER = new Set(["blocks"]);
const ALL = new Set(["blocks", "blocks/0", "blocks/1"]);

test("folded blocks stand for what is in them", () => {
  const graph = new Graph(residual());
  assert.deepEqual(graph.shown(FOLDED), ["input", "stem", "blocks", "head"]);
  assert.deepEqual(graph.shown(OUTER), ["input", "stem", "blocks/0", "blocks/1", "head"]);
  assert.equal(graph.shown(ALL).length, 9);
  assert.equal(graph.seen("blocks/0/bn", FOLDED), "blocks");
  assert.equal(graph.seen("blocks/0/bn", OUTER), "blocks/0");
  assert.equal(graph.seen("blocks/0/bn", new Set(["blocks/0"])), "blocks");
  assert.equal(graph.seen("stem", FOLDED), "stem");
});

test("a block adds up what is in it, and shows what leaves it", () => {
  const block = new Graph(residual()).items.get("blocks");
  assert.equal(block?.count, 6);
  assert.equal(block?.parameters, 200);
  assert.equal(block?.flops, 60);
  assert.equal(block?.layer, "blocks/1/add");
});

test("links between what is seen are there once, and none leads to itself", () => {
  const graph = new Graph(residual());
  const pairs = (unfolded: Set<string>) =>
    graph.shownLinks(unfolded).map(({ source, target }) => `${source} ${target}`);
  assert.deepEqual(pairs(FOLDED), ["input stem", "stem blocks", "blocks head"]);
  assert.deepEqual(pairs(OUTER), [
    "input stem",
    "stem blocks/0",
    "blocks/0 blocks/1",
    "blocks/1 head",
  ]);
  assert.ok(pairs(ALL).includes("stem blocks/0/add"));
});

test("labels leave out the name of the block around", () => {
  const graph = new Graph(residual());
  assert.equal(graph.items.get("blocks/0")?.label, "0");
  assert.equal(graph.items.get("blocks/0/bn")?.label, "bn");
  assert.equal(graph.items.get("stem")?.label, "stem");
});

test("search finds names and kinds, all words of it", () => {
  const graph = new Graph(residual());
  assert.deepEqual(graph.search("NORM"), ["blocks/0/bn", "blocks/1/bn"]);
  assert.deepEqual(graph.search("blocks/1 conv"), ["blocks/1/conv"]);
  assert.deepEqual(graph.search("  "), []);
});

function plan(direction: Direction, unfolded: Set<string>): Layout {
  const measures = { direction, card: { width: 100, height: 60 }, along: 15, across: 20 };
  return new Planner(new Graph(residual()), { ...measures, ends: 20, sides: 10, heading: 14 }).plan(
    unfolded,
  );
}

const inside = (inner: Box, outer: Box) =>
  inner.x > outer.x &&
  inner.y > outer.y &&
  inner.x + inner.width < outer.x + outer.width &&
  inner.y + inner.height < outer.y + outer.height;
const apart = (a: Box, b: Box) =>
  a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;

for (const direction of ["right", "down"] as const) {
  for (const unfolded of [FOLDED, OUTER, ALL]) {
    const what = `${direction}, ${unfolded.size} unfolded`;

    test(`cards keep apart and lie in their blocks: ${what}`, () => {
      const graph = new Graph(residual());
      const { boxes, width, height } = plan(direction, unfolded);
      const cards = boxes.filter(({ open }) => !open);
      assert.deepEqual(cards.map(({ name }) => name).sort(), graph.shown(unfolded).sort());
      cards.forEach((a, at) => cards.slice(at + 1).forEach((b) => assert.ok(apart(a, b))));
      for (const box of boxes) {
        assert.ok(box.x >= -0.01 && box.y >= -0.01);
        assert.ok(box.x + box.width <= width + 0.01 && box.y + box.height <= height + 0.01);
        const around = boxes.find(({ name }) => name === graph.items.get(box.name)?.group);
        if (around) assert.ok(inside(box, around), `${box.name} in ${around.name}`);
      }
    });

    test(`lines lead on from card to card, through borders: ${what}`, () => {
      const { boxes, lines } = plan(direction, unfolded);
      const along = direction === "right" ? 0 : 1;
      const ends = new Set(lines.flatMap(({ points }) => [points[0], points[points.length - 1]].map(String)));
      for (const { points, ends: arrow, target } of lines) {
        for (let at = 1; at < points.length; at++) {
          assert.ok(points[at][along] >= points[at - 1][along] - 0.01);
        }
        if (!arrow) continue;
        const card = boxes.find(({ name }) => name === target) as Box;
        const at = points[points.length - 1][along];
        assert.ok(Math.abs(at - (direction === "right" ? card.x : card.y)) < 0.01);
      }
      assert.ok(ends.size > 0);
    });
  }
}

test("no line crosses a card that it does not lead to", () => {
  const { boxes, lines } = plan("right", ALL);
  const cards = boxes.filter(({ open }) => !open);
  for (const { points } of lines) {
    for (let at = 1; at < points.length; at++) {
      const [[x1, y1], [x2, y2]] = [points[at - 1], points[at]];
      if (y1 !== y2) continue; // bends lie between ranks
      for (const { x, y, width, height } of cards) {
        const through = x1 < x + width - 1 && x2 > x + 1 && y1 > y + 1 && y1 < y + height - 1;
        assert.ok(!through, `a line at ${y1} crosses a card at ${x},${y}`);
      }
    }
  }
});

test("what was laid out once is not moved by folding another block", () => {
  const planner = new Planner(new Graph(residual()), {
    direction: "right",
    card: { width: 100, height: 60 },
    along: 15,
    across: 20,
    ends: 20,
    sides: 10,
    heading: 14,
  });
  const size = (layout: Layout) => layout.boxes.find(({ name }) => name === "blocks/0");
  const [one, both] = [planner.plan(new Set(["blocks", "blocks/0"])), planner.plan(ALL)];
  assert.equal(size(one)?.width, size(both)?.width);
  assert.equal(size(one)?.height, size(both)?.height);
});

test("arrow keys go along the lines and to what lies beside", () => {
  const graph = new Graph(residual());
  const { boxes } = plan("right", ALL);
  const step = (from: string, key: string) =>
    stepFrom(from, key, "right", boxes, graph.shownLinks(ALL));
  assert.equal(step("input", "ArrowRight"), "stem");
  assert.equal(step("head", "ArrowLeft"), "blocks/1/add");
  assert.equal(step("head", "ArrowRight"), null);
  assert.equal(step("nobody", "ArrowRight"), null);
  const down = stepFrom("stem", "ArrowDown", "down", plan("down", FOLDED).boxes, graph.shownLinks(FOLDED));
  assert.equal(down, "blocks");
});

test("paths are straight past cards and bend between them", () => {
  assert.equal(pathOf([[0, 5], [10, 5]], "right"), "M0,5L10,5");
  assert.equal(pathOf([[0, 0], [10, 20]], "right"), "M0,0C5,0 5,20 10,20");
  assert.equal(pathOf([[0, 0], [20, 10]], "down"), "M0,0C0,5 20,5 20,10");
});

test("large numbers have three digits and a unit", () => {
  assert.deepEqual([0, 999, 1000, 9408, 23_587_712, 3.9e9].map(formatLarge), [
    "0", "999", "1.00 k", "9.41 k", "23.6 M", "3.90 G",
  ]);
});

test("a name that is too long loses its middle", () => {
  const measure = (text: string) => text.length;
  assert.equal(fitted("batch_normalization_12", 12, measure), "batch…ion_12");
  assert.equal(fitted("conv", 12, measure), "conv");
});

test("a block says how many layers it holds", () => {
  const graph = new Graph(residual());
  const [block, input] = [graph.items.get("blocks/0"), graph.items.get("input")];
  assert.ok(block && input);
  assert.deepEqual(cardLines(block), ["3 layers", "8×8×4", "100 params", "30 FLOPs"]);
  assert.deepEqual(cardLines(input), ["input", "8×8×3", "", ""]);
});

test("colours of counts go by orders of magnitude, and their ends are said", () => {
  const graph = new Graph(residual());
  const items = ["stem", "blocks", "head", "input"].flatMap((name) => graph.items.get(name) ?? []);
  const { colorOf, legend } = coloring("parameters", items, null, "light");
  assert.equal(legend.range?.low, "≤ 100");
  assert.equal(legend.range?.high, "200, logarithmic");
  assert.equal(colorOf(items[0]), "rgb(68 1 84)");
  assert.equal(colorOf(items[1]), "rgb(253 231 37)");
  assert.equal(colorOf(items[2]), colorOf(items[0]));
  assert.equal(colorOf(items[3]), null);
});

test("without activations there are no colours of them", () => {
  const graph = new Graph(residual());
  const { colorOf, legend } = coloring("mean", [...graph.items.values()], null, "dark");
  assert.equal(legend.range, null);
  assert.equal(colorOf([...graph.items.values()][1]), null);
});
