/**
 * The tokens of a text, each with a value: words with a bar and a number below, or characters set
 * as text with a colour behind each. A click or the arrow keys choose one.
 *
 * Tokens of one character are set close together, and rows end between words.
 */
import { claim } from "./controls";
import { h, setText } from "./dom";
import { formatValue } from "./format";
import { Panel } from "./panel";

/** Tokens shown at most. */
const MOST = 1024;

export interface TokenLook {
  tokens: readonly string[];
  /** One for each token; none where there is nothing to tell. */
  values: ArrayLike<number>;
  chosen: number | null;
  title: string;
  line: string;
  /** For those who do not see the colours. */
  label: string;
  /** Behind each token and of its letters; without it, a bar below it and its number tell. */
  colors?: (value: number) => { background: string; ink: string };
}

export class TokenStrip {
  private readonly list = h("div", { class: "cv-tokens", role: "group" });
  private readonly panel: Panel;
  private buttons: HTMLButtonElement[] = [];
  private shown = "";
  private chosen = 0;

  readonly element: HTMLElement;

  constructor(
    private readonly choose: (token: number) => void,
    private readonly look: (token: number | null) => void,
    private readonly signal: AbortSignal,
    kind = "strip",
  ) {
    this.panel = new Panel(kind, this.list);
    this.element = this.panel.element;
    this.list.addEventListener("pointerleave", () => this.look(null), { signal });
    this.list.addEventListener("keydown", (event) => this.key(event), { signal });
  }

  paint({ tokens, values, chosen, title, line, label, colors }: TokenLook): void {
    const shown = JSON.stringify([tokens, !colors]);
    if (shown !== this.shown) {
      this.shown = shown;
      this.build(tokens.slice(0, MOST), !colors);
    }
    this.panel.title(title);
    this.panel.say(line);
    this.list.setAttribute("aria-label", label);
    this.chosen = chosen ?? 0;
    let most = 0;
    for (let token = 0; token < values.length; token++) most = Math.max(most, values[token]);
    this.buttons.forEach((element, token) => {
      const known = token < values.length;
      const value = known ? values[token] : 0;
      const said = known ? formatValue(value) : "";
      const { background, ink } = (known && colors?.(value)) || { background: "", ink: "" };
      element.style.backgroundColor = background;
      element.style.color = ink;
      element.style.setProperty("--cv-weight", `${most > 0 ? Math.round((100 * value) / most) : 0}%`);
      element.setAttribute("aria-pressed", String(token === chosen));
      element.tabIndex = token === this.chosen ? 0 : -1;
      const words = known ? `${spoken(tokens[token])}: ${said}` : spoken(tokens[token]);
      element.title = words;
      element.setAttribute("aria-label", words);
      const number = element.children[1] as HTMLElement | undefined;
      if (number) setText(number, said);
    });
  }

  /** Words in place of those of the last `paint`. */
  say(line: string): void {
    this.panel.say(line);
  }

  private build(tokens: readonly string[], numbers: boolean): void {
    this.buttons = tokens.map((word, token) => this.button(word, token, numbers));
    const single = areCharacters(tokens);
    this.list.dataset.kind = single ? "characters" : "words";
    this.list.replaceChildren(...(single ? this.inWords(tokens) : this.buttons));
  }

  /** The characters of each word together, so that no row ends within one. */
  private inWords(tokens: readonly string[]): HTMLElement[] {
    const words: HTMLElement[] = [];
    tokens.forEach((_, token) => {
      const begins = token === 0 || tokens[token - 1] === " ";
      if (begins) words.push(h("span", { class: "cv-word" }));
      words[words.length - 1].append(this.buttons[token]);
    });
    return words;
  }

  private button(word: string, token: number, numbers: boolean): HTMLButtonElement {
    const element = h("button", { type: "button", class: "cv-token" }, h("span", {}, word));
    if (numbers) element.append(h("small", { "aria-hidden": "true" }));
    element.addEventListener("click", () => this.choose(token), { signal: this.signal });
    const point = () => this.look(token);
    element.addEventListener("pointerenter", point, { signal: this.signal });
    return element;
  }

  private key(event: KeyboardEvent): void {
    const last = this.buttons.length - 1;
    const next = {
      ArrowLeft: this.chosen - 1,
      ArrowRight: this.chosen + 1,
      Home: 0,
      End: last,
    }[event.key];
    if (next === undefined) return;
    claim(event);
    const token = Math.min(last, Math.max(0, next));
    this.buttons[token]?.focus();
    this.choose(token);
  }
}

/** Whether tokens are single characters: the letters of a text. */
export function areCharacters(tokens: readonly string[]): boolean {
  return tokens.length > 1 && tokens.every((token) => [...token].length <= 1);
}

/** A token as it is read out; a blank would be nothing. */
export function spoken(token: string): string {
  return token === " " ? "blank" : `“${token}”`;
}
