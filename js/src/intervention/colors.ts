/**
 * Colours of maps whose codes run over a range: diverging where it is symmetric around zero.
 */
import { type Palette, palette, type Theme } from "../lib/colormap";

export function colorsOf(low: number, theme: Theme): Palette {
  return palette(low < 0 ? "diverging" : "viridis", theme);
}
