/**
 * The buttons that make an edit of the chosen place.
 */
import type { AnyModel } from "@anywidget/types";
import { Select } from "../lib/controls";
import { h } from "../lib/dom";
import type { Traits } from "./frame";
import type { Change } from "./toolbar";

const KINDS: [kind: string, text: string, words: string][] = [
  ["mute", "Mute", "Set it to 0"],
  ["boost", "Boost", "Multiply it by a factor"],
  ["negate", "Negate", "Change its sign"],
  ["replace", "Replace", "Put a number in its place"],
  ["mean", "Mean", "Put the channel's mean over the reference pictures in its place"],
];

export class EditPanel {
  readonly element: HTMLElement;
  private readonly scope: Select;
  private readonly donor: Select;
  private readonly buttons: Record<string, HTMLButtonElement> = {};
  private readonly transplant: HTMLButtonElement;
  private from = "";

  constructor(change: Change, send: (message: object) => void, signal: AbortSignal) {
    this.scope = new Select("Edit", (value) => change({ whole: value === "all" }), signal);
    this.donor = new Select("From", (value) => (this.from = value), signal);
    for (const [kind, text, words] of KINDS) {
      this.buttons[kind] = plain(text, words, () => send({ type: "edit", kind }), signal);
    }
    this.transplant = plain(
      "Transplant",
      "Put what the network makes of another image in its place",
      () => send({ type: "edit", kind: "transplant", from: this.donor.input.value }),
      signal,
    );
    this.element = h(
      "div",
      { class: "cv-edits" },
      this.scope.element,
      h("div", { class: "cv-kinds" }, ...Object.values(this.buttons)),
      h("div", { class: "cv-donor" }, this.donor.element, this.transplant),
    );
  }

  paint(model: AnyModel<Traits>): void {
    const { whole, channel } = { whole: model.get("whole"), channel: model.get("channel") };
    this.scope.set(whole ? "all" : "one", [
      { value: "one", text: `channel ${channel}` },
      { value: "all", text: "all channels" },
    ]);
    this.buttons.mean.hidden = !model.get("means");
    const donors = model.get("donors");
    if (!donors.includes(this.from)) this.from = donors[0] ?? "";
    this.donor.set(this.from, donors.map((value) => ({ value, text: value })));
    this.donor.element.hidden = this.transplant.hidden = donors.length === 0;
  }
}

function plain(
  text: string,
  words: string,
  press: () => void,
  signal: AbortSignal,
): HTMLButtonElement {
  const element = h("button", { type: "button", class: "cv-button", title: words }, text);
  element.addEventListener("click", press, { signal });
  return element;
}
