/**
 * What one paint of the feature map view shows, worked out once from the model and the sheet and
 * handed to every panel.
 */
import type { AnyModel } from "@anywidget/types";
import { type ColormapName, type Palette, palette, type Theme } from "../lib/colormap";
import { inside } from "../lib/layers";
import type { CommonTraits, InputPicture, LayerInfo, Position } from "../lib/model";
import {
  channelOrder,
  type Order,
  resolveColormap,
  type Scale,
  type Sheet,
  type SheetFrame,
} from "./sheet";

export interface Traits extends CommonTraits<SheetFrame> {
  layers: LayerInfo[];
  layer: string;
  channel: number;
  colormap: ColormapName | "auto";
  scale: Scale;
  order: Order;
  position: Position | null;
  picture: InputPicture | null;
  /** Labels of a text's tokens; none of a picture. */
  tokens: string[];
}

export interface Scene {
  sheet: Sheet;
  info: LayerInfo | undefined;
  channel: number;
  scale: Scale;
  colormap: ColormapName;
  theme: Theme;
  colors: Palette;
  /** Channel of each slot of the grid. */
  order: number[];
  pinned: Position | null;
}

/** What a sheet came with. */
export type Given = Pick<Traits, "layers" | "picture" | "tokens">;

export function makeScene(model: AnyModel<Traits>, sheet: Sheet, given: Given, theme: Theme): Scene {
  const colormap = resolveColormap(model.get("colormap"), sheet);
  return {
    sheet,
    info: given.layers.find((layer) => layer.name === sheet.layer),
    channel: Math.min(Math.max(0, model.get("channel")), sheet.channels - 1),
    scale: model.get("scale"),
    colormap,
    theme,
    colors: palette(colormap, theme),
    order: channelOrder(sheet, model.get("order")),
    pinned: inside(model.get("position"), sheet),
  };
}
