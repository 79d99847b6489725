/**
 * Moving through the layers, by a slider's number and by Page Up and Page Down anywhere in a view,
 * and what holds for a cell on the way.
 */
import type { AnyModel } from "@anywidget/types";
import { claim } from "./controls";
import type { Position } from "./model";

interface Layered {
  layers: { name: string }[];
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

/** A pinned cell may come from a larger layer; it holds only where there is such a cell. */
export function inside(
  position: Position | null,
  { rows, cols }: { rows: number; cols: number },
): Position | null {
  if (!position || rows * cols === 1) return null;
  const [row, col] = position;
  return row >= 0 && col >= 0 && row < rows && col < cols ? position : null;
}
