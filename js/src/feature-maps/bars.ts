/**
 * A layer whose channels are single numbers, as bars: from zero up or down, in the map's colours.
 */
import { pixelRatio } from "../lib/canvas";
import { cssColor, paletteIndex } from "../lib/colormap";
import { type Grid, gridWidth, slotRect } from "../lib/geometry";
import type { Scene } from "./scene";
import { channelHealth, colorRange, valueAt } from "./sheet";
import { drawEmpty } from "./tiles";

export function drawBars(target: CanvasRenderingContext2D, grid: Grid, scene: Scene): void {
  const { sheet, colormap, colors, scale } = scene;
  const [lowest, highest] = sheet.range;
  const bottom = Math.min(0, lowest);
  const top = Math.max(0, highest);
  const share = (value: number) => (top - value) / (top - bottom || 1);
  const thin = Math.max(1, Math.round(pixelRatio()));
  for (let slot = 0; slot < grid.count; slot++) {
    const channel = scene.order[slot];
    const rect = slotRect(grid, slot);
    const y = (value: number) => rect.y + Math.round((rect.height - thin) * share(value));
    if (slot % grid.columns === 0) {
      target.fillStyle = "rgb(128 128 128 / 0.5)";
      target.fillRect(rect.x, y(0), gridWidth(grid), thin);
    }
    if (channelHealth(sheet, channel) === "broken") {
      drawEmpty(target, rect, "broken");
      continue;
    }
    const value = valueAt(sheet, channel, 0, 0);
    const range = colorRange(sheet, channel, scale, colormap);
    target.fillStyle = cssColor(colors[paletteIndex(value, ...range)]);
    target.fillRect(rect.x, Math.min(y(0), y(value)), rect.width, Math.abs(y(value) - y(0)));
    // The end is marked in a colour of its own: a pale bar is seen on any page.
    target.fillStyle = "rgb(128 128 128)";
    target.fillRect(rect.x, y(value), rect.width, thin);
  }
}
