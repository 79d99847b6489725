/**
 * What the network says after a step: a bar for each class.
 */
import { h, setText } from "../lib/dom";
import { Panel } from "../lib/panel";
import { type Course, largestAt, valueAt } from "./frame";

export class SaidPanel {
  private readonly list = h("ul", { class: "cv-said" });
  private readonly words = h("p", { class: "cv-words" });
  private readonly panel = new Panel("prediction", this.list, this.words);

  readonly element = this.panel.element;

  paint(said: Course, classes: readonly string[], step: number, words: string): void {
    const best = largestAt(said, step);
    this.panel.title("Prediction");
    this.panel.say(`after step ${step}`);
    this.list.setAttribute("aria-label", `Prediction after step ${step}`);
    setText(this.words, words);
    const { list } = this;
    while (list.childElementCount > classes.length) list.lastElementChild?.remove();
    while (list.childElementCount < classes.length) list.append(row());
    classes.forEach((name, at) => {
      const value = valueAt(said, step, at);
      const element = list.children[at] as HTMLElement;
      const [label, track, share] = element.children as unknown as HTMLElement[];
      setText(label, name);
      label.title = name;
      setText(share, `${(100 * value).toFixed(value < 0.0995 ? 1 : 0)} %`);
      (track.firstElementChild as HTMLElement).style.width = `${100 * value}%`;
      element.classList.toggle("cv-best", at === best);
    });
  }
}

function row(): HTMLElement {
  const track = h("span", { class: "cv-said-track", "aria-hidden": "true" }, h("span", {}));
  return h("li", {}, h("span", { class: "cv-said-name" }), track, h("span", {}));
}
