/**
 * What is known of one cell: its picture, how many activations it holds, what it votes for.
 */
import { paintPicture } from "../lib/canvas";
import { h, setText } from "../lib/dom";
import { formatValue, plural } from "../lib/format";
import { Panel } from "../lib/panel";
import { Stage } from "../lib/stage";
import { type Atlas, type Cell, cellWords } from "./atlas";

export class Card {
  private readonly stage = new Stage("Cell");
  private readonly count = h("div", { class: "cv-count" });
  private readonly heading = h("div", { class: "cv-quiet" });
  private readonly votes = h("ol", { class: "cv-votes" });
  private readonly hint = h(
    "p",
    { class: "cv-quiet cv-hint" },
    "Point at a cell, or go there with the arrow keys, to see what it votes for. A click chooses it.",
  );
  private readonly about = h("div", { class: "cv-about" }, this.count, this.heading, this.votes);
  private readonly inner = h("div", { class: "cv-card" }, this.stage.element, this.about);
  private readonly panel = new Panel("cell", this.inner, this.hint);
  private readonly scratch = document.createElement("canvas");

  readonly element = this.panel.element;

  paint(atlas: Atlas, cell: Cell | undefined, chosen: boolean): void {
    this.panel.title("Cell");
    this.panel.say(cell ? `row ${cell.row}, column ${cell.column}${chosen ? ", chosen" : ""}` : "");
    this.inner.hidden = !cell;
    this.hint.hidden = cell !== undefined;
    if (!cell) return;
    this.stage.element.classList.toggle("cv-none", !cell.picture);
    if (cell.picture) {
      const [width] = this.stage.fit(1);
      const look = atlas.side <= 32 ? "crisp" : "smooth";
      paintPicture(this.stage.canvas, this.scratch, cell.picture, width, look);
    }
    this.stage.frame.hidden = !cell.picture;
    this.stage.label(cellWords(cell));
    const share = Math.round((100 * cell.count) / atlas.values);
    setText(this.count, `${plural(cell.count, "activation")}, ${share} % of all`);
    setText(this.heading, cell.votes.length ? "Votes, in logits above the mean" : "Votes for no class");
    const most = Math.max(...cell.votes.map(([, logits]) => logits), 1e-12);
    this.votes.replaceChildren(
      ...cell.votes.map(([name, logits]) => {
        const bar = h("span", { class: "cv-vote-bar", "aria-hidden": "true" });
        bar.style.setProperty("--cv-share", String(logits / most));
        return h("li", {}, h("span", { class: "cv-vote-name" }, name), bar, h("span", {}, `+${formatValue(logits)}`));
      }),
    );
  }
}
