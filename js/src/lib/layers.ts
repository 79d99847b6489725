/**
 * Moving through the layers: by a slider's number, and by Page Up and Page Down anywhere in a view.
 */
import type { AnyModel } from "@anywidget/types";
import { claim } from "./controls";
import type { LayerInfo } from "./model";

interface Layered {
  layers: LayerInfo[];
  layer: string;
}

/**
 * Lets the Page keys move through the layers.
 *
 * @param choose called with the name of another layer
 * @returns what goes to the layer of a number, or to the nearest that there is
 */
export function moveThroughLayers(
  root: HTMLElement,
  model: AnyModel<Layered>,
  choose: (name: string) => void,
  signal: AbortSignal,
): (index: number) => void {
  const move = (index: number) => {
    const layers = model.get("layers");
    const layer = layers[Math.min(Math.max(0, index), layers.length - 1)];
    if (layer && layer.name !== model.get("layer")) choose(layer.name);
  };
  const page = (event: KeyboardEvent) => {
    const step = { PageUp: -1, PageDown: 1 }[event.key];
    const native = (event.target as Element).closest("input, select");
    if (step === undefined || native) return;
    claim(event);
    move(model.get("layers").findIndex(({ name }) => name === model.get("layer")) + step);
  };
  root.addEventListener("keydown", page, { signal });
  return move;
}
