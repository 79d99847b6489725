/**
 * Where cards, blocks and lines lie.
 *
 * Each block is laid out by itself, inside out, and is one box in the block around it; so folding
 * one leaves the inside of all others as it is, and what was laid out once is kept. A value that
 * comes into a block or leaves it passes through a port at its border: a node of no size that the
 * layout places on the first or last rank.
 */
import { Graph as Dagre, layout as arrange } from "@dagrejs/dagre";
import type { Graph } from "./graph";

/** Whether the network runs to the right or down. */
export type Direction = "right" | "down";

export interface Size {
  width: number;
  height: number;
}

export interface Box extends Size {
  name: string;
  x: number;
  y: number;
  /** How many unfolded blocks are around it. */
  depth: number;
  /** Whether it is an unfolded block. */
  open: boolean;
}

export type Point = [x: number, y: number];

/** A piece of a line: from one thing, or a border, to another. */
export interface Line {
  points: Point[];
  /** Whose value flows. */
  source: string;
  target: string;
  shapes: number[][];
  /** Whether it ends at a card, and not at the border of a block: then it has an arrow's head. */
  ends: boolean;
}

export interface Layout extends Size {
  boxes: Box[];
  lines: Line[];
}

export interface Measures {
  direction: Direction;
  card: Size;
  /** Between cards, along and across the direction. */
  along: number;
  across: number;
  /** Around what is in a block, before and after it and at its sides. */
  ends: number;
  sides: number;
  /** Room for a block's name; as much is left at the bottom, so that lines stay straight. */
  heading: number;
}

/** A laid out block: its content, and where values pass through its border. */
interface Part extends Layout {
  enter: Map<string, Point>;
  leave: Map<string, Point>;
}

/** What flows at one level, with the layers whose values these are. */
interface Flow {
  source: string;
  target: string;
  values: Map<string, number[][]>;
}

// Nodes of the layout that are no things of the network; no name begins like this.
const MARK = "\u0001";
const IN = `${MARK}in:`;
const OUT = `${MARK}out:`;
const START = `${MARK}start`;
const END = `${MARK}end`;
const PORT = { width: 1, height: 1 };

export class Planner {
  private readonly parts = new Map<string, Part>();

  constructor(
    private readonly graph: Graph,
    private readonly measures: Measures,
  ) {}

  /** Lays out all that is seen. */
  plan(unfolded: ReadonlySet<string>): Layout {
    const { boxes, lines, width, height } = this.part("", unfolded);
    return { boxes, lines, width, height };
  }

  private part(group: string, unfolded: ReadonlySet<string>): Part {
    const inner = [...unfolded].filter(
      (name) => group === "" || this.graph.around(name).includes(group),
    );
    const key = JSON.stringify([group, inner.sort()]);
    const made = this.parts.get(key) ?? this.lay(group, unfolded);
    this.parts.set(key, made);
    return made;
  }

  private lay(group: string, unfolded: ReadonlySet<string>): Part {
    const { graph, measures } = this;
    const names = graph.children.get(group) ?? [];
    const open = new Map(
      names
        .filter((name) => graph.isGroup(name) && unfolded.has(name))
        .map((name) => [name, this.part(name, unfolded)]),
    );
    const flows = this.flows(group, names);
    const dagre = new Dagre();
    dagre.setGraph({
      rankdir: measures.direction === "right" ? "LR" : "TB",
      ranksep: measures.along,
      nodesep: measures.across,
      edgesep: 14,
      marginx: 0,
      marginy: 0,
    });
    for (const name of names) {
      const { width, height } = open.get(name) ?? measures.card;
      dagre.setNode(name, { width, height });
    }
    this.addFlows(dagre, flows);
    arrange(dagre);
    return this.take(dagre, group, names, open, flows);
  }

  /** What flows at this level: between its things, into it and out of it. */
  private flows(group: string, names: readonly string[]): Flow[] {
    const { graph } = this;
    const own = new Set(names);
    const here = (name: string) =>
      own.has(name) ? name : (graph.around(name).find((around) => own.has(around)) ?? null);
    const found = new Map<string, Flow>();
    const add = (source: string, target: string, value: string, shapes: number[][]) => {
      const key = JSON.stringify([source, target]);
      const flow = found.get(key) ?? { source, target, values: new Map() };
      flow.values.set(value, shapes);
      found.set(key, flow);
    };
    for (const { source, target, shapes } of graph.links) {
      const [from, to] = [here(source), here(target)];
      if (from === to) continue;
      if (from !== null && to !== null) add(from, to, source, shapes);
      else if (to !== null) add(IN + source, to, source, shapes);
      else if (from !== null && group !== "") add(from, OUT + source, source, shapes);
    }
    return [...found.values()];
  }

  private addFlows(dagre: Dagre, flows: readonly Flow[]): void {
    for (const { source, target } of flows) {
      // An edge to a node that stands for the border's side keeps ports on the outer ranks.
      if (source.startsWith(IN) && !dagre.hasNode(source)) {
        dagre.setNode(START, { ...PORT }).setNode(source, { ...PORT });
        dagre.setEdge(START, source, { weight: 100, minlen: 1, width: 0, height: 0 });
      }
      if (target.startsWith(OUT) && !dagre.hasNode(target)) {
        dagre.setNode(END, { ...PORT }).setNode(target, { ...PORT });
        dagre.setEdge(target, END, { weight: 100, minlen: 1, width: 0, height: 0 });
      }
      dagre.setEdge(source, target, { weight: 1, minlen: 1, width: 0, height: 0 });
    }
  }

  /** Moves what was arranged into the block's own coordinates. */
  private take(
    dagre: Dagre,
    group: string,
    names: readonly string[],
    open: ReadonlyMap<string, Part>,
    flows: readonly Flow[],
  ): Part {
    const { ends, sides, heading, direction } = this.measures;
    const sideways = direction === "right";
    const centre = (name: string): Point => {
      const { x, y } = dagre.node(name) as { x: number; y: number };
      return [x, y];
    };
    const size = (name: string): Size => dagre.node(name) as Size;
    const halves = this.halves(dagre, names);
    const bends = new Map(flows.map((flow) => [flow, this.bends(dagre, halves, flow)]));
    const bounds = extent(
      names.map((name) => [centre(name), size(name)]),
      [...bends.values()].flat(),
      sideways,
    );
    const outer = group === "";
    const ports = flows.flatMap(({ source, target }) => [
      ...(source.startsWith(IN) ? [centre(source)] : []),
      ...(target.startsWith(OUT) ? [centre(target)] : []),
    ]);
    evenOut(bounds, ports, sideways);
    const [beside, above] = outer
      ? [0, 0]
      : [sideways ? ends : sides, (sideways ? sides : ends) + heading];
    const move = ([x, y]: Point): Point => [x - bounds.left + beside, y - bounds.top + above];
    const width = bounds.right - bounds.left + 2 * beside;
    const height = bounds.bottom - bounds.top + 2 * above;

    const boxes: Box[] = [];
    const inner: Line[] = [];
    const corners = new Map<string, Point>();
    for (const name of names) {
      const { width, height } = size(name);
      const [cx, cy] = move(centre(name));
      const corner: Point = [cx - width / 2, cy - height / 2];
      corners.set(name, corner);
      const part = open.get(name);
      boxes.push({ name, x: corner[0], y: corner[1], width, height, depth: 0, open: !!part });
      for (const box of part?.boxes ?? []) {
        const [x, y] = [box.x + corner[0], box.y + corner[1]];
        boxes.push({ ...box, x, y, depth: box.depth + 1 });
      }
      for (const line of part?.lines ?? []) {
        const points = line.points.map(([x, y]): Point => [x + corner[0], y + corner[1]]);
        inner.push({ ...line, points });
      }
    }

    const enter = new Map<string, Point>();
    const leave = new Map<string, Point>();
    const border = (name: string, into: boolean): Point => {
      const [x, y] = move(centre(name));
      if (sideways) return [into ? 0 : width, y];
      return [x, into ? 0 : height];
    };
    for (const { source, target } of flows) {
      if (source.startsWith(IN)) enter.set(source.slice(IN.length), border(source, true));
      if (target.startsWith(OUT)) leave.set(target.slice(OUT.length), border(target, false));
    }
    /** Where a value leaves or enters a thing of this level. */
    const gate = (name: string, way: "enter" | "leave", value: string): Point => {
      const into = way === "enter";
      const port = (into ? OUT : IN) + value;
      if (name === port) return border(name, !into);
      const [x, y] = corners.get(name) as Point;
      const part = open.get(name);
      const found = part?.[way].get(value);
      if (found) return [x + found[0], y + found[1]];
      const { width, height } = size(name);
      if (sideways) return [into ? x : x + width, y + height / 2];
      return [x + width / 2, into ? y : y + height];
    };

    const lines = flows.flatMap((flow) =>
      [...flow.values].map(([value, shapes]): Line => {
        const from = gate(flow.source, "leave", value);
        const to = gate(flow.target, "enter", value);
        const between = (bends.get(flow) ?? []).map(move);
        const ends = !flow.target.startsWith(OUT) && !open.has(flow.target);
        const points = tidy([from, ...between, to], sideways);
        return { points, source: value, target: flow.target, shapes, ends };
      }),
    );
    return { boxes, lines: [...lines, ...inner], width, height, enter, leave };
  }

  /** Where a line passes ranks between its ends: straight through, past the cards there. */
  private bends(dagre: Dagre, halves: Halves, { source, target }: Flow): Point[] {
    const edge = dagre.edge(source, target) as { points: { x: number; y: number }[] } | undefined;
    const sideways = this.measures.direction === "right";
    return (edge?.points ?? []).slice(1, -1).flatMap(({ x, y }): Point[] => {
      const half = halves.get(Math.round(sideways ? x : y)) ?? 0;
      if (half === 0) return [];
      const ends = [-half, half];
      return ends.map((by): Point => (sideways ? [x + by, y] : [x, y + by]));
    });
  }

  /** Half of how much room each rank takes along the direction, by its middle. */
  private halves(dagre: Dagre, names: readonly string[]): Halves {
    const sideways = this.measures.direction === "right";
    const halves: Halves = new Map();
    for (const name of names) {
      const { x, y, width, height } = dagre.node(name) as Size & { x: number; y: number };
      const middle = Math.round(sideways ? x : y);
      const half = (sideways ? width : height) / 2;
      halves.set(middle, Math.max(half, halves.get(middle) ?? 0));
    }
    return halves;
  }
}

type Halves = Map<number, number>;

interface Bounds {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

function extent(
  boxes: readonly [Point, Size][],
  points: readonly Point[],
  sideways: boolean,
): Bounds {
  const bounds = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const [[x, y], { width, height }] of boxes) {
    bounds.left = Math.min(bounds.left, x - width / 2);
    bounds.right = Math.max(bounds.right, x + width / 2);
    bounds.top = Math.min(bounds.top, y - height / 2);
    bounds.bottom = Math.max(bounds.bottom, y + height / 2);
  }
  // Lines widen a block only across its direction; along it they lie between its things.
  for (const [x, y] of points) {
    if (sideways) {
      bounds.top = Math.min(bounds.top, y);
      bounds.bottom = Math.max(bounds.bottom, y);
    } else {
      bounds.left = Math.min(bounds.left, x);
      bounds.right = Math.max(bounds.right, x);
    }
  }
  return bounds;
}

/** Widens a block until its ports are in the middle, so that lines to and from it are straight. */
function evenOut(bounds: Bounds, ports: readonly Point[], sideways: boolean): void {
  if (ports.length === 0) return;
  const places = ports.map((port) => port[sideways ? 1 : 0]);
  const middle = (Math.min(...places) + Math.max(...places)) / 2;
  if (sideways) {
    const half = Math.max(middle - bounds.top, bounds.bottom - middle);
    bounds.top = middle - half;
    bounds.bottom = middle + half;
  } else {
    const half = Math.max(middle - bounds.left, bounds.right - middle);
    bounds.left = middle - half;
    bounds.right = middle + half;
  }
}

/** Leaves out points that turn back, since a line only ever goes on, and those on the way. */
function tidy(points: Point[], sideways: boolean): Point[] {
  const [along, across] = sideways ? [0, 1] : [1, 0];
  const last = points[points.length - 1];
  const forward = points.filter(
    (point, at) =>
      at === 0 ||
      at === points.length - 1 ||
      (point[along] >= points[0][along] && point[along] <= last[along]),
  );
  return forward.filter((point, at) => {
    const [before, after] = [forward[at - 1], forward[at + 1]];
    const straight = (other: Point) => Math.abs(other[across] - point[across]) < 0.5;
    return !before || !after || !straight(before) || !straight(after);
  });
}

/** A line as an SVG path: straight past cards, an S from lane to lane. */
export function pathOf(points: readonly Point[], direction: Direction): string {
  const [first, ...rest] = points;
  let path = `M${number(first[0])},${number(first[1])}`;
  let [x, y] = first;
  for (const [nextX, nextY] of rest) {
    const straight = direction === "right" ? Math.abs(nextY - y) < 0.5 : Math.abs(nextX - x) < 0.5;
    if (straight) path += `L${number(nextX)},${number(nextY)}`;
    else if (direction === "right") {
      const middle = number((x + nextX) / 2);
      path += `C${middle},${number(y)} ${middle},${number(nextY)} ${number(nextX)},${number(nextY)}`;
    } else {
      const middle = number((y + nextY) / 2);
      path += `C${number(x)},${middle} ${number(nextX)},${middle} ${number(nextX)},${number(nextY)}`;
    }
    [x, y] = [nextX, nextY];
  }
  return path;
}

function number(value: number): string {
  return String(Math.round(value * 10) / 10);
}
