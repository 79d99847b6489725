/**
 * Light or dark, as the page around the view is.
 *
 * Notebook front ends each say it in their own way; where none does, the person's system decides.
 * The answer goes onto the root as `data-theme`, which the style sheet and the canvases follow.
 */
import type { Theme } from "./colormap";

/** What the host page says, or null. */
function hostTheme(): Theme | null {
  const { body, documentElement: page } = document;
  const jupyter = body.dataset.jpThemeLight;
  if (jupyter) return jupyter === "true" ? "light" : "dark";
  const said = [
    body.dataset.vscodeThemeKind, // VS Code
    page.getAttribute("theme"), // Colab
    page.dataset.theme, // Sphinx and others
    body.className, // marimo
    page.className,
  ].join(" ");
  const word = /(?:^|[\s-])(light|dark)(?:$|\s)/.exec(said);
  return word ? (word[1] as Theme) : null;
}

/** Keeps `root.dataset.theme` right, and says when it changed. */
export function followTheme(root: HTMLElement, changed: () => void, signal: AbortSignal): void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const theme = hostTheme() ?? (system.matches ? "dark" : "light");
    if (root.dataset.theme === theme) return;
    root.dataset.theme = theme;
    changed();
  };
  const observer = new MutationObserver(apply);
  for (const element of [document.body, document.documentElement]) {
    observer.observe(element, { attributes: true });
  }
  signal.addEventListener("abort", () => observer.disconnect());
  system.addEventListener("change", apply, { signal });
  apply();
}

export function themeOf(root: HTMLElement): Theme {
  return root.dataset.theme === "dark" ? "dark" : "light";
}
