/**
 * What the network says: a bar for each class.
 */
import { h, setText } from "./dom";
import { Panel } from "./panel";
import { type Course, largestAt, valueAt } from "./course";

export class SaidPanel {
  private readonly list = h("ul", { class: "cv-said" });
  private readonly words = h("p", { class: "cv-words" });
  private readonly panel = new Panel("prediction", this.list, this.words);

  readonly element = this.panel.element;

  /**
   * @param line when it is said
   * @param words what is meant by it
   */
  paint(said: Course, classes: readonly string[], step: number, line: string, words: string): void {
    const best = largestAt(said, step);
    this.panel.title("Prediction");
    this.panel.say(line);
    this.list.setAttribute("aria-label", line ? `Prediction ${line}` : "Prediction");
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
