/**
 * The input where it is a text: its tokens, each in the colour of what the channel answers there.
 */
import { formatValue } from "../lib/format";
import type { Position } from "../lib/model";
import { shade } from "../lib/shade";
import { spoken, TokenStrip } from "../lib/token-strip";
import type { Scene } from "./scene";
import { colorRange, valueAt } from "./sheet";

export class TokenPanel {
  private readonly strip: TokenStrip;
  private scene: Scene | null = null;
  private tokens: readonly string[] = [];
  private hovered: number | null = null;

  readonly element: HTMLElement;

  constructor(pin: (cell: Position | null) => void, signal: AbortSignal) {
    const choose = (token: number) => pin(this.scene?.pinned?.[1] === token ? null : [0, token]);
    const look = (token: number | null) => {
      this.hovered = token;
      this.strip.say(this.words());
    };
    this.strip = new TokenStrip(choose, look, signal, "input cv-text");
    this.element = this.strip.element;
  }

  paint(scene: Scene, tokens: readonly string[]): void {
    this.scene = scene;
    this.tokens = tokens;
    const { sheet, channel, scale, colormap, colors, pinned } = scene;
    this.strip.paint({
      tokens,
      values: answers(scene, tokens),
      chosen: pinned?.[1] ?? null,
      title: "Input",
      line: this.words(),
      label: `Tokens, coloured by channel ${channel} of ${sheet.layer}`,
      colors: shade(colors, colorRange(sheet, channel, scale, colormap)),
    });
  }

  private words(): string {
    const { scene, tokens } = this;
    const values = scene ? answers(scene, tokens) : [];
    const at = this.hovered ?? scene?.pinned?.[1] ?? -1;
    if (at in values) return `${spoken(tokens[at])}: ${formatValue(values[at])}`;
    return values.length ? "coloured by the channel" : `${tokens.length} tokens`;
  }
}

/** The channel's value for each token, where the layer has a place for each; else none. */
function answers({ sheet, channel }: Scene, tokens: readonly string[]): number[] {
  if (sheet.rows !== 1 || sheet.cols < tokens.length || sheet.cols === 1) return [];
  return tokens.map((_, column) => valueAt(sheet, channel, 0, column));
}
