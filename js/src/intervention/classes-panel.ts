/**
 * What the network says: how likely each class is, before and after.
 */
import { h, setText } from "../lib/dom";
import { formatValue } from "../lib/format";
import { Panel } from "../lib/panel";
import { type ClassChange, type InterventionFrame, readClasses } from "./frame";

export class ClassesPanel {
  private readonly list = h("div", { class: "cv-classes" });
  private readonly panel = new Panel("classes-panel", this.list);
  private readonly rows: Row[] = [];
  readonly element = this.panel.element;

  constructor(
    private readonly choose: (target: number) => void,
    private readonly signal: AbortSignal,
  ) {
    this.panel.title("Class probabilities");
    this.panel.say("before → after");
  }

  paint(frame: InterventionFrame, classes: string[]): void {
    const found = readClasses(frame);
    while (this.rows.length < found.length) {
      const row = new Row(this.choose, this.signal);
      this.rows.push(row);
      this.list.append(row.element);
    }
    this.rows.forEach((row, at) => {
      row.element.hidden = at >= found.length;
      if (at < found.length) {
        row.paint(found[at], classes[found[at].index] ?? "", found[at].index === frame.target);
      }
    });
  }
}

class Row {
  readonly element: HTMLButtonElement;
  private readonly name = h("span", { class: "cv-class-name" });
  private readonly before = h("span", { class: "cv-before" });
  private readonly after = h("span", { class: "cv-after" });
  private readonly share = h("span", { class: "cv-class-share" });
  private readonly logit = h("span", { class: "cv-quiet cv-class-logit" });
  private index = 0;

  constructor(choose: (target: number) => void, signal: AbortSignal) {
    const bars = h("span", { class: "cv-pair-of-bars" }, this.before, this.after);
    this.element = h("button", { type: "button", class: "cv-class-row" });
    this.element.append(this.name, bars, this.share, this.logit);
    this.element.addEventListener("click", () => choose(this.index), { signal });
  }

  paint({ index, shares, logits }: ClassChange, name: string, chosen: boolean): void {
    this.index = index;
    setText(this.name, name);
    this.name.title = name;
    this.element.setAttribute("aria-pressed", String(chosen));
    this.before.style.width = `${100 * (shares[0] || 0)}%`;
    this.after.style.width = `${100 * (shares[1] || 0)}%`;
    setText(this.share, `${percent(shares[0])} → ${percent(shares[1])}`);
    const change = logits[1] - logits[0];
    const sign = change > 0 ? "+" : "";
    setText(this.logit, change === 0 ? "logit ±0" : `logit ${sign}${formatValue(change)}`);
  }
}

export function percent(share: number): string {
  if (!Number.isFinite(share)) return "NaN";
  const value = 100 * share;
  return `${value >= 10 || value === 0 ? value.toFixed(0) : value < 0.1 ? "<0.1" : value.toFixed(1)} %`;
}
