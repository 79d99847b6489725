/**
 * The rules of a style sheet, as far as it matters how far they reach.
 */

export interface Rule {
  /** Selectors, or the name of what a page has once for all: `@keyframes cv-pop`, `@import …`. */
  prelude: string;
  /** The file that it was written in. */
  file: string;
}

/** At-rules that only say when the rules inside of them hold. */
const CONDITIONS = /^@(media|container|supports)\b/;

/** What matters of CSS here: where strings, comments, blocks and statements begin and end. */
const TOKENS = /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\/\*[^]*?\*\/|[{};]/g;

/** The rules of a bundle, in order; which file they come from is told by the bundler's comments. */
export function rulesOf(css: string): Rule[] {
  const rules: Rule[] = [];
  const around: string[] = [];
  let file = "";
  let text = "";
  let start = 0;
  const outside = () => around.every((prelude) => CONDITIONS.test(prelude));
  for (const { 0: token, index } of css.matchAll(TOKENS)) {
    text += css.slice(start, index);
    start = index + token.length;
    if (token.startsWith("/*")) {
      file = /^\/\* (\S+\.css) \*\/$/.exec(token)?.[1] ?? file;
    } else if (token === "{") {
      const prelude = text.trim();
      if (outside() && !CONDITIONS.test(prelude)) rules.push({ prelude, file });
      around.push(prelude);
      text = "";
    } else if (token === "}") {
      around.pop();
      text = "";
    } else if (token === ";") {
      if (outside()) rules.push({ prelude: text.trim(), file });
      text = "";
    } else {
      text += token;
    }
  }
  return rules;
}

/** What stands between two elements of a selector. */
const COMBINATOR = /[\s>+~]/;

/** Cuts a text at some characters, but not within brackets. */
function cut(text: string, at: RegExp): string[] {
  const parts = [""];
  let depth = 0;
  for (const letter of text) {
    if ("([".includes(letter)) depth += 1;
    if (")]".includes(letter)) depth -= 1;
    if (depth === 0 && at.test(letter)) parts.push("");
    else parts[parts.length - 1] += letter;
  }
  return parts;
}

/**
 * Whether all that a selector matches is the root of a view or inside of one.
 *
 * @param view a view's name, of which it then has to be the root
 */
export function staysInside(selector: string, view: string | null): boolean {
  const written = selector.trim().replace(/\s*([>+~\s])\s*/g, "$1");
  const compounds = cut(written, COMBINATOR);
  const root = compounds.findIndex((compound) => /^\.cnnviz(?![\w-])/.test(compound));
  if (root < 0) return false;
  const named = new RegExp(`\\[data-view=["']?${view}["']?\\]`);
  if (view !== null && !named.test(compounds[root])) return false;
  const combinator = written[compounds.slice(0, root + 1).join(" ").length];
  return combinator !== "+" && combinator !== "~";
}

/** What of a rule reaches beyond its view: selectors, or a name that another view may use too. */
export function reachingBeyond({ prelude, file }: Rule, view: string): string[] {
  const own = file.includes("lib/") ? null : view;
  const keyframes = /^@keyframes (\S+)$/.exec(prelude);
  if (keyframes) return own && keyframes[1].startsWith(`cv-${view}-`) ? [] : [prelude];
  if (prelude.startsWith("@")) return [prelude];
  return cut(prelude, /,/).filter((selector) => !staysInside(selector, own));
}

/** The classes that a rule begins with, right inside of a view. */
export function outermost({ prelude }: Rule): string[] {
  return cut(prelude, /,/).flatMap((selector) => {
    const inside = selector.trim().split(/[\s>+~]+/)[1] ?? "";
    return inside.match(/\.cv-[\w-]+/g)?.slice(0, 1) ?? [];
  });
}
