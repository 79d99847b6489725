/**
 * The channels of the layer by what muting them does to the class.
 */
import { button } from "../lib/controls";
import { h, setText } from "../lib/dom";
import { formatValue } from "../lib/format";
import { Panel } from "../lib/panel";
import { type Effect, type InterventionFrame, readEffects } from "./frame";

export interface RankingScene {
  frame: InterventionFrame;
  layer: string;
  channel: number;
  className: string;
  ranking: boolean;
}

export class RankingPanel {
  private readonly list = h("div", { class: "cv-ranking" });
  private readonly words = h("p", { class: "cv-quiet cv-none" });
  private readonly progress = h("progress", { max: 1, "aria-label": "Progress of the ranking" });
  private readonly rank: HTMLButtonElement;
  private readonly stop: HTMLButtonElement;
  private readonly panel: Panel;
  private readonly rows: Row[] = [];
  readonly element: HTMLElement;

  constructor(
    private readonly choose: (channel: number) => void,
    command: (name: string) => void,
    private readonly signal: AbortSignal,
  ) {
    this.rank = button("Rank channels", "play", () => command("rank"), signal);
    this.stop = button("Stop", "stop", () => command("stop"), signal);
    const buttons = h("div", { class: "cv-buttons" }, this.rank, this.stop, this.progress);
    this.panel = new Panel("effects", this.words, this.list, buttons);
    this.element = this.panel.element;
    this.panel.title("Effect of muting a channel");
  }

  paint({ frame, layer, channel, className, ranking }: RankingScene): void {
    const { effects } = frame;
    const { activeElement } = this.element.getRootNode() as Document | ShadowRoot;
    const held = activeElement === this.rank || activeElement === this.stop;
    this.rank.hidden = ranking;
    this.stop.hidden = !ranking;
    if (held && activeElement !== (ranking ? this.stop : this.rank)) {
      (ranking ? this.stop : this.rank).focus();
    }
    this.progress.hidden = !ranking;
    this.progress.value = effects?.progress ?? 0;
    const share = effects && effects.progress < 1 ? ` · ${effects.measured} so far` : "";
    this.panel.say(effects ? `logit of ${className}${share}` : "");
    setText(this.words, explanation(effects, layer, className));
    const found = effects ? readEffects(frame) : [];
    const most = Math.max(...found.map(({ logit }) => Math.abs(logit)), 0);
    while (this.rows.length < found.length) {
      const row = new Row(this.choose, this.signal);
      this.rows.push(row);
      this.list.append(row.element);
    }
    this.rows.forEach((row, at) => {
      row.element.hidden = at >= found.length;
      if (at < found.length) row.paint(found[at], most, found[at].channel === channel);
    });
  }
}

function explanation(
  effects: InterventionFrame["effects"],
  layer: string,
  className: string,
): string {
  if (!effects) {
    return `Mutes each channel of ${layer} in turn, and measures what becomes of ${className}.`;
  }
  return effects.current ? "" : "Measured before the last change of the edits.";
}

class Row {
  readonly element: HTMLButtonElement;
  private readonly name = h("span", { class: "cv-bar-name" });
  private readonly bar = h("span");
  private readonly value = h("span", { class: "cv-bar-value" });
  private channel = 0;

  constructor(choose: (channel: number) => void, signal: AbortSignal) {
    this.element = h("button", { type: "button", class: "cv-effect-row" });
    this.element.append(this.name, h("span", { class: "cv-bar-line" }, this.bar), this.value);
    this.element.addEventListener("click", () => choose(this.channel), { signal });
  }

  paint({ channel, logit, share }: Effect, most: number, chosen: boolean): void {
    this.channel = channel;
    setText(this.name, `channel ${channel}`);
    const width = most > 0 ? (50 * Math.abs(logit)) / most : 0;
    this.bar.style.width = `${width}%`;
    this.bar.style.left = `${logit < 0 ? 50 - width : 50}%`;
    this.bar.dataset.sign = logit < 0 ? "negative" : "positive";
    setText(this.value, `${logit > 0 ? "+" : ""}${formatValue(logit)}`);
    this.element.setAttribute("aria-pressed", String(chosen));
    const points = 100 * share;
    this.element.title = `probability ${points > 0 ? "+" : ""}${formatValue(points)} points`;
  }
}
