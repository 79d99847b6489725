/**
 * The edits that there are: each can be switched, named, changed and taken out; a way back and forth.
 */
import type { AnyModel } from "@anywidget/types";
import { button } from "../lib/controls";
import { h } from "../lib/dom";
import { formatValue, plural } from "../lib/format";
import { Panel } from "../lib/panel";
import type { EditInfo, Traits } from "./frame";

/** Factors that the slider of a boost reaches; a number field takes any. */
const FARTHEST = 4;

type Send = (message: object) => void;

export class StackPanel {
  private readonly list = h("ol", { class: "cv-stack" });
  private readonly empty = h(
    "p",
    { class: "cv-quiet cv-none" },
    "No edits yet. Choose a layer and a channel, draw a region if you like, and change it.",
  );
  private readonly undo: HTMLButtonElement;
  private readonly redo: HTMLButtonElement;
  private readonly clear: HTMLButtonElement;
  private readonly panel: Panel;
  private readonly rows: Row[] = [];
  readonly element: HTMLElement;

  constructor(
    private readonly send: Send,
    private readonly signal: AbortSignal,
  ) {
    const command = (name: string) => () => send({ type: "command", command: name });
    this.undo = button("Undo", "restart", command("undo"), signal);
    this.redo = button("Redo", "restart", command("redo"), signal);
    this.redo.classList.add("cv-mirrored");
    this.clear = button("Clear", "remove", command("clear"), signal);
    const buttons = h("div", { class: "cv-buttons" }, this.undo, this.redo, this.clear);
    this.panel = new Panel("edits-made", this.empty, this.list, buttons);
    this.element = this.panel.element;
  }

  paint(model: AnyModel<Traits>): void {
    const stack = model.get("stack");
    const { undo, redo, clear } = model.get("history");
    this.panel.title(stack.length ? plural(stack.length, "edit") : "Edits");
    const off = stack.filter(({ on }) => !on).length;
    this.panel.say(off ? `${off} switched off` : "");
    this.empty.hidden = stack.length > 0;
    this.undo.disabled = !undo;
    this.redo.disabled = !redo;
    this.clear.disabled = !clear;
    while (this.rows.length > stack.length) this.rows.pop()!.element.remove();
    while (this.rows.length < stack.length) {
      const row = new Row(this.rows.length, this.send, this.signal);
      this.rows.push(row);
      this.list.append(row.element);
    }
    stack.forEach((edit, at) => this.rows[at].paint(edit));
  }
}

class Row {
  readonly element: HTMLElement;
  private readonly on: HTMLInputElement;
  private readonly name: HTMLInputElement;
  private readonly slider: HTMLInputElement;
  private readonly number: HTMLInputElement;
  private readonly values: HTMLElement;

  constructor(at: number, send: Send, signal: AbortSignal) {
    const change = (what: object) => send({ type: "change", edit: at, ...what });
    const label = (what: string) => `${what} of edit ${at + 1}`;
    this.on = h("input", { type: "checkbox", "aria-label": `Edit ${at + 1} on` });
    this.name = h("input", { type: "text", maxlength: 60, "aria-label": label("Name") });
    this.slider = h("input", {
      type: "range",
      min: -FARTHEST,
      max: FARTHEST,
      step: 0.1,
      "aria-label": label("Factor"),
    });
    this.number = h("input", { type: "number", step: "any", "aria-label": label("Value") });
    const remove = button("", "remove", () => send({ type: "remove", edit: at }), signal);
    remove.classList.add("cv-icon-only");
    remove.setAttribute("aria-label", `Remove edit ${at + 1}`);
    this.values = h("div", { class: "cv-values" }, this.slider, this.number);
    this.element = h("li", {}, this.on, this.name, remove, this.values);
    const listen = (input: HTMLInputElement, name: string, run: () => void) =>
      input.addEventListener(name, run, { signal });
    listen(this.on, "change", () => change({ on: this.on.checked }));
    listen(this.name, "change", () => change({ name: this.name.value }));
    listen(this.slider, "input", () => change({ value: this.slider.valueAsNumber }));
    listen(this.number, "change", () => {
      if (Number.isFinite(this.number.valueAsNumber)) change({ value: this.number.valueAsNumber });
    });
  }

  paint(edit: EditInfo): void {
    this.on.checked = edit.on;
    this.element.classList.toggle("cv-off", !edit.on);
    const focused = (this.element.getRootNode() as Document | ShadowRoot).activeElement;
    if (focused !== this.name) this.name.value = edit.name;
    this.name.placeholder = edit.title;
    this.name.title = edit.title;
    const { value } = edit;
    this.values.hidden = value === null;
    if (value === null) return;
    const boost = edit.kind === "boost";
    this.slider.hidden = !boost;
    if (boost) {
      const share = (Math.min(FARTHEST, Math.max(-FARTHEST, value)) + FARTHEST) / (2 * FARTHEST);
      this.slider.style.setProperty("--cv-share", String(share));
      this.slider.setAttribute("aria-valuetext", `times ${formatValue(value)}`);
      if (focused !== this.slider) this.slider.value = String(value);
    }
    if (focused !== this.number) this.number.value = String(Number(value.toPrecision(4)));
  }
}
