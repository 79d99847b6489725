/**
 * LayerList: the network's layers in order and nested, one of them chosen.
 */
import { claim } from "../lib/controls";
import { freshId, h } from "../lib/dom";
import { formatCount, formatShape, plural } from "../lib/format";
import { type CommonTraits, follow } from "../lib/model";
import { Panel } from "../lib/panel";
import { type Shell, view } from "../lib/shell";

interface ListedLayer {
  name: string;
  kind: string;
  shape: number[];
  parameters: number;
  flops: number;
  depth: number;
}

interface Traits extends CommonTraits {
  layers: ListedLayer[];
  layer: string;
}

function build({ model, root, signal, painter, saver }: Shell<Traits>): () => void {
  let rows: HTMLElement[] = [];
  let listed: ListedLayer[] | null = null;

  const list = h("div", { class: "cv-list", role: "listbox", "aria-label": "Layers", tabindex: 0 });
  const heads = ["Name", "Kind", "Shape", "Parameters"].map((head) => h("span", {}, head));
  const head = h("div", { class: "cv-row cv-heads", "aria-hidden": "true" }, ...heads);
  const panel = new Panel("layers", list);
  panel.title("Layers");
  root.append(panel.element);

  const chosen = () => model.get("layers").findIndex(({ name }) => name === model.get("layer"));
  const choose = (index: number) => {
    const layers = model.get("layers");
    const layer = layers[Math.min(Math.max(0, index), layers.length - 1)];
    if (!layer || layer.name === model.get("layer")) return;
    model.set("layer", layer.name);
    saver.now();
  };
  const click = (event: MouseEvent) => {
    const row = (event.target as Element).closest<HTMLElement>("[role=option]");
    if (row) choose(rows.indexOf(row));
  };
  const key = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(list.clientHeight / (rows[0]?.offsetHeight || 1)) - 1);
    const steps: Record<string, number> = {
      ArrowUp: -1,
      ArrowDown: 1,
      PageUp: -page,
      PageDown: page,
      Home: -Infinity,
      End: Infinity,
    };
    if (!(event.key in steps)) return;
    claim(event);
    choose(Math.max(0, chosen()) + steps[event.key]);
  };
  list.addEventListener("click", click, { signal });
  list.addEventListener("keydown", key, { signal });
  follow(model, ["layers", "layer"], () => painter.request(), signal);

  return () => {
    const layers = model.get("layers");
    if (layers !== listed) {
      listed = layers;
      rows = makeRows(layers);
      list.replaceChildren(head, ...rows);
      panel.say(total(layers));
    }
    const index = chosen();
    rows.forEach((row, at) => row.setAttribute("aria-selected", String(at === index)));
    if (rows[index]) {
      list.setAttribute("aria-activedescendant", rows[index].id);
      reveal(list, rows[index], head.offsetHeight);
    }
  };
}

function makeRows(layers: ListedLayer[]): HTMLElement[] {
  const most = layers.reduce((high, layer) => Math.max(high, layer.parameters), 1);
  const id = freshId();
  return layers.map((layer, index) => {
    const end = layer.name.lastIndexOf("/") + 1;
    const scope = h("span", { class: "cv-scope" }, h("bdi", {}, layer.name.slice(0, end)));
    const name = h("span", { class: "cv-name" }, scope, h("span", {}, layer.name.slice(end)));
    name.style.paddingInlineStart = `${layer.depth * 14}px`;
    const share = h("span", { class: "cv-share" });
    share.style.setProperty("--cv-share", String(layer.parameters / most));
    const words = layer.parameters > 0 ? formatCount(layer.parameters) : "";
    return h(
      "div",
      { class: "cv-row", role: "option", id: `${id}-${index}`, title: describe(layer) },
      name,
      h("span", { class: "cv-kind" }, layer.kind),
      h("span", { class: "cv-shape" }, formatShape(layer.shape)),
      h("span", { class: "cv-parameters" }, words),
      share,
    );
  });
}

function describe({ name, kind, shape, parameters, flops }: ListedLayer): string {
  return [
    `${name}: ${kind}, ${formatShape(shape)}`,
    plural(parameters, "parameter"),
    `${formatCount(flops)} FLOPs`,
  ].join(", ");
}

/** A layer with parts below it counts by its parts. */
function total(layers: ListedLayer[]): string {
  const leaves = layers.filter(({ depth }, at) => !(layers[at + 1]?.depth > depth));
  const parameters = leaves.reduce((sum, layer) => sum + layer.parameters, 0);
  return `${plural(layers.length, "layer")}, ${plural(parameters, "parameter")}`;
}

/** Scrolls the list, and only the list, until a row can be seen below the sticky head. */
function reveal(list: HTMLElement, row: HTMLElement, head: number): void {
  const { offsetTop: top, offsetHeight: height } = row;
  if (top < list.scrollTop + head) list.scrollTop = top - head;
  else if (top + height > list.scrollTop + list.clientHeight) {
    list.scrollTop = top + height - list.clientHeight;
  }
}

export default { render: view<Traits>("layer-list", "Layer list", build) };
