/**
 * The graph of layers as the page needs it: what is inside what, what is seen while some blocks
 * are folded, and what all that a block holds adds up to. Pure; no element in sight.
 */

export interface LayerData {
  name: string;
  kind: string;
  operation: string;
  shape: number[];
  parameters: number;
  flops: number;
  /** The innermost block around it. */
  group: string | null;
}

export interface GroupData {
  name: string;
  /** The block around it. */
  group: string | null;
  /** The layer whose value leaves it last. */
  output: string;
  /** Whether it is a module of the model. */
  module: boolean;
}

/** The trait, as the kernel sends it. Names are unique among layers, blocks and the input. */
export interface GraphData {
  input: string;
  shape: number[];
  layers: LayerData[];
  groups: GroupData[];
  edges: [source: string, target: string, shapes: number[][]][];
}

/** A layer, a block or the input. */
export interface Item {
  name: string;
  /** The name without that of the block around it. */
  label: string;
  kind: string;
  operation: string;
  shape: number[];
  parameters: number;
  flops: number;
  group: string | null;
  /** The layer that is chosen with it, and whose activation it shows; null for the input. */
  layer: string | null;
  /** How many layers a block holds; 0 for a layer. */
  count: number;
}

/** Something flows from one thing to another. */
export interface Link {
  source: string;
  target: string;
  shapes: number[][];
}

export class Graph {
  readonly items = new Map<string, Item>();
  /** What is directly in a block, in order of execution; under "" what is in none. */
  readonly children = new Map<string, string[]>();
  readonly links: Link[];
  readonly input: string;

  constructor(readonly data: GraphData) {
    this.input = data.input;
    this.links = data.edges.map(([source, target, shapes]) => ({ source, target, shapes }));
    const layers = new Map(data.layers.map((layer) => [layer.name, layer]));
    this.items.set(data.input, inputItem(data));
    for (const group of data.groups) {
      this.items.set(group.name, groupItem(group, layers.get(group.output)));
    }
    for (const layer of data.layers) {
      this.items.set(layer.name, layerItem(layer));
      for (const name of this.around(layer.name)) this.add(name, layer);
    }
    this.nest([data.input, ...layers.keys()]);
  }

  /** The blocks around something, from the inside out. */
  around(name: string): string[] {
    const found: string[] = [];
    let group = this.items.get(name)?.group ?? null;
    while (group !== null) {
      found.push(group);
      group = this.items.get(group)?.group ?? null;
    }
    return found;
  }

  isGroup(name: string): boolean {
    return this.children.has(name);
  }

  /** What is seen of something: itself, or the outermost folded block around it. */
  seen(name: string, unfolded: ReadonlySet<string>): string {
    return this.around(name).reduce((seen, group) => (unfolded.has(group) ? seen : group), name);
  }

  /** All that is seen as a card: layers and folded blocks, in order of execution. */
  shown(unfolded: ReadonlySet<string>): string[] {
    const walk = (group: string): string[] =>
      (this.children.get(group) ?? []).flatMap((name) =>
        this.isGroup(name) && unfolded.has(name) ? walk(name) : [name],
      );
    return walk("");
  }

  /** What flows between the things that are seen, each pair once. */
  shownLinks(unfolded: ReadonlySet<string>): Link[] {
    return merged(
      this.links.map(({ source, target, shapes }) => ({
        source: this.seen(source, unfolded),
        target: this.seen(target, unfolded),
        shapes,
      })),
    );
  }

  /** Layers whose name, kind or operation holds all words. */
  search(text: string): string[] {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) return [];
    return this.data.layers
      .filter(({ name, kind, operation }) => {
        const all = `${name} ${kind} ${operation}`.toLowerCase();
        return words.every((word) => all.includes(word));
      })
      .map(({ name }) => name);
  }

  private add(group: string, layer: LayerData): void {
    const item = this.items.get(group);
    if (!item) return;
    item.count++;
    item.parameters += layer.parameters;
    item.flops += layer.flops;
  }

  private nest(layers: Iterable<string>): void {
    for (const layer of layers) {
      const path = [layer, ...this.around(layer), ""];
      for (let at = 0; at + 1 < path.length; at++) {
        const inside = this.children.get(path[at + 1]) ?? [];
        this.children.set(path[at + 1], inside);
        if (inside[inside.length - 1] !== path[at]) inside.push(path[at]);
      }
    }
  }
}

/** Links between the same two things as one, with all that flows; none from a thing to itself. */
export function merged(links: Iterable<Link>): Link[] {
  const found = new Map<string, Link>();
  for (const { source, target, shapes } of links) {
    if (source === target) continue;
    const key = JSON.stringify([source, target]);
    const known = found.get(key);
    if (!known) found.set(key, { source, target, shapes: [...shapes] });
    else known.shapes.push(...shapes.filter((shape) => !has(known.shapes, shape)));
  }
  return [...found.values()];
}

function has(shapes: number[][], shape: number[]): boolean {
  return shapes.some((known) => known.join() === shape.join());
}

function inputItem({ input, shape }: GraphData): Item {
  const nothing = { group: null, layer: null, parameters: 0, flops: 0, count: 0 };
  return { name: input, label: input, kind: "input", operation: "input", shape, ...nothing };
}

function groupItem({ name, group, output }: GroupData, last: LayerData | undefined): Item {
  return {
    name,
    label: shortened(name, group),
    kind: "block",
    operation: "block",
    shape: last?.shape ?? [],
    parameters: 0,
    flops: 0,
    group,
    layer: output,
    count: 0,
  };
}

function layerItem(layer: LayerData): Item {
  return { ...layer, label: shortened(layer.name, layer.group), layer: layer.name, count: 0 };
}

/** "conv" for "blocks/0/conv" in "blocks/0": the block's name stands above it already. */
function shortened(name: string, group: string | null): string {
  if (group === null || !name.startsWith(group)) return name;
  const rest = name.slice(group.length);
  return /^[_/.\-\s]/.test(rest) && rest.length > 1 ? rest.slice(1) : name;
}
