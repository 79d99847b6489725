/**
 * What is to be drawn of a picture that was moved on. Pure numbers, in its pixels.
 */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/**
 * The parts of a picture that nothing covers once it was moved: a strip at one side, above or below,
 * or both. Null where nothing of it is left.
 */
export function uncovered(width: number, height: number, right: number, down: number): Box[] | null {
  const [across, along] = [Math.abs(right), Math.abs(down)];
  if (across >= width || along >= height) return null;
  const beside = { x: right > 0 ? 0 : width - across, y: 0, width: across, height };
  const rest = right > 0 ? across : 0; // what the strip at the side leaves of the other one
  const below = { x: rest, y: down > 0 ? 0 : height - along, width: width - across, height: along };
  return [beside, below].filter((box) => box.width > 0 && box.height > 0);
}
