import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { outermost, reachingBeyond, rulesOf, staysInside } from "./style-rules";

/** The style sheets as they are built, but not minified; `build.mjs` puts them beside the tests. */
const SHEETS = new URL("./styles/", import.meta.url);

/** The bench names its tabs so; they lie in no view and have no style sheet of their own. */
const TABS = /^\s*\.jupyter-widgets\.jupyter-widget-tab\.cnnviz-tabs > \.lm-TabBar\b/;

test("no style sheet reaches beyond its view", () => {
  const sheets = readdirSync(SHEETS).filter((name) => name.endsWith(".css"));
  assert.ok(sheets.length > 10, `${sheets.length} style sheets`);
  for (const name of sheets) {
    const view = name.replace(/\.css$/, "");
    const rules = rulesOf(readFileSync(new URL(name, SHEETS), "utf8"));
    const files = rules.map(({ file }) => file);
    assert.ok(files.some((file) => file.endsWith(`src/${view}/style.css`)), `${name}: ${files[0]}`);
    assert.ok(files.some((file) => file.endsWith("src/lib/theme.css")));
    const beyond = rules.flatMap((rule) => reachingBeyond(rule, view));
    const rest = view === "layer-list" ? beyond.filter((text) => !TABS.test(text)) : beyond;
    assert.deepEqual(rest, [], name);
  }
});

test("a rule that reaches beyond its view is found", () => {
  const within = [
    ".cnnviz .cv-bar",
    ".cnnviz[data-view=weights]:hover > .cv-bar + p",
    "body.dark .cnnviz",
    ".cnnviz:is([data-view=a], [data-view=b]) .cv-bar",
  ];
  const beyond = [".cv-bar", ".cnnviz-like .cv-bar", ".cnnviz + .cv-bar", ".cnnviz ~ p", "p:has(.cnnviz)"];
  for (const selector of within) assert.ok(staysInside(selector, null), selector);
  for (const selector of beyond) assert.ok(!staysInside(selector, null), selector);
  assert.ok(staysInside('.cnnviz[data-view="weights"] p', "weights"));
  assert.ok(!staysInside(".cnnviz p", "weights"));
  assert.ok(!staysInside(".cnnviz[data-view=weights] p", "operation"));
});

test("rules are found in conditions, and past strings and comments", () => {
  const css = `/* src/lib/a.css */
    @media print { .cnnviz p, p { content: "} .x {" } }
    /* src/weights/style.css */
    /* .y { } */
    .cnnviz[data-view=weights] b { color: red }
    .cnnviz i { color: red }
    @keyframes cv-pop { from { top: 0 } to { top: 1px } }
    @keyframes cv-weights-pop { from { top: 0 } }
    @font-face { font-family: x }`;
  const beyond = rulesOf(css).flatMap((rule) => reachingBeyond(rule, "weights"));
  assert.deepEqual(
    beyond.map((text) => text.trim()),
    ["p", ".cnnviz i", "@keyframes cv-pop", "@font-face"],
  );
});

test("what a shared style sheet is about has no other meaning in a view without it", () => {
  const views = readdirSync(SHEETS).map((name) => rulesOf(readFileSync(new URL(name, SHEETS), "utf8")));
  const rules = views.flat();
  const shared = [...new Set(rules.map(({ file }) => file))].filter((file) => /lib\/(?!theme)/.test(file));
  assert.ok(shared.length > 3, `${shared}`);
  for (const file of shared) {
    const meant = new Set(rules.filter((rule) => rule.file === file).flatMap(outermost));
    for (const own of views.filter((view) => !view.some((rule) => rule.file === file))) {
      const inside = own.filter((rule) => !rule.file.includes("lib/"));
      const taken = inside.flatMap(outermost).filter((name) => meant.has(name));
      assert.deepEqual(taken, [], `${inside[0].file}, ${file}`);
    }
  }
});
