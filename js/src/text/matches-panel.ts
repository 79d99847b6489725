/**
 * The runs of tokens that fire a channel most, each with a bar for how much.
 */
import { h, setText } from "../lib/dom";
import { formatCount, formatValue, plural } from "../lib/format";
import { Panel } from "../lib/panel";
import { areCharacters } from "../lib/token-strip";
import type { TextFrame } from "./frame";

export class MatchesPanel {
  private readonly list = h("ol", { class: "cv-matches" });
  private readonly words = h("p", { class: "cv-words" });
  private readonly panel = new Panel("found", this.list, this.words);
  private shown = "";

  readonly element = this.panel.element;

  paint({ matches, searched, channel, layer, tokens }: TextFrame): void {
    this.element.hidden = searched === 0;
    this.panel.title(`What channel ${channel} looks for`);
    this.panel.say(matches.length ? `among ${formatCount(searched)} texts` : "");
    setText(this.words, matches.length ? "" : wordsOfNone(layer));
    this.words.hidden = matches.length > 0;
    const shown = JSON.stringify(matches);
    if (shown === this.shown) return;
    this.shown = shown;
    const most = Math.max(...matches.map(([, activation]) => activation));
    const joint = areCharacters(tokens) ? "" : " ";
    this.list.setAttribute("aria-label", `What fires channel ${channel} of ${layer} most`);
    this.list.replaceChildren(
      ...matches.map(([labels, activation, count]) => {
        const bar = h("span", {});
        bar.style.width = `${(100 * activation) / most}%`;
        return h(
          "li",
          { title: `in ${plural(count, "text")}` },
          h("code", {}, ...marked(labels.join(joint))),
          h("span", { class: "cv-match-track", "aria-hidden": "true" }, bar),
          h("span", { class: "cv-match-value" }, formatValue(activation)),
          h("span", { class: "cv-match-count" }, `× ${formatCount(count)}`),
        );
      }),
    );
  }
}

/** Text whose blanks can be seen. */
function marked(text: string): (Node | string)[] {
  return text
    .split(/( )/)
    .filter((part) => part !== "")
    .map((part) => (part === " " ? h("span", { class: "cv-blank" }, "␣") : part));
}

function wordsOfNone(layer: string): string {
  return `Nothing to list: a place of ${layer} sees no run of tokens, or none of the texts fires it.`;
}
