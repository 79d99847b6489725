/**
 * "Which picture answers my question?": every method, what it shows and what it cannot.
 */
import { h } from "../lib/dom";
import type { Entry } from "./toolbar";

export class Guide {
  private readonly rows = h("div", { class: "cv-guide" });
  readonly element = h(
    "details",
    { class: "cv-details" },
    h("summary", {}, "Which picture answers my question?"),
    this.rows,
  );
  private shown: Entry[] = [];

  constructor(private readonly choose: (name: string) => void) {}

  paint(catalogue: Entry[], taken: string[]): void {
    if (catalogue !== this.shown) {
      this.shown = catalogue;
      this.rows.replaceChildren(...this.groups(catalogue));
    }
    for (const press of this.rows.querySelectorAll("button")) {
      press.setAttribute("aria-pressed", String(taken.includes(press.value)));
    }
  }

  private groups(catalogue: Entry[]): HTMLElement[] {
    const groups = [...new Set(catalogue.map(({ group }) => group))];
    return groups.flatMap((group) => [
      h("h4", {}, group),
      h(
        "dl",
        {},
        ...catalogue.filter((entry) => entry.group === group).flatMap((entry) => this.row(entry)),
      ),
    ]);
  }

  private row({ name, title, shows, cannot, warning }: Entry): HTMLElement[] {
    const press = h("button", { type: "button", class: "cv-button cv-plain", value: name }, title);
    press.addEventListener("click", () => this.choose(name));
    const caution = warning ? [h("span", { class: "cv-caution" }, warning)] : [];
    return [
      h("dt", {}, press),
      h("dd", {}, h("span", {}, shows), h("span", { class: "cv-quiet" }, cannot), ...caution),
    ];
  }
}
