/**
 * SVG elements. Names of layers go in as text nodes, as everywhere.
 */
export const SPACE = "http://www.w3.org/2000/svg";

export function s<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, string | number> = {},
  ...children: (Node | string)[]
): SVGElementTagNameMap[Tag] {
  const element = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** Colours and type of the page, as attributes of a drawing that is to be saved need them. */
export interface Inks {
  surface: string;
  well: string;
  line: string;
  edge: string;
  ink: string;
  quiet: string;
  accent: string;
  font: string;
}

export function inksOf(root: HTMLElement): Inks {
  const style = getComputedStyle(root);
  const color = (name: string) => style.getPropertyValue(`--cv-${name}`).trim();
  return {
    surface: style.backgroundColor,
    well: color("well"),
    line: color("line"),
    edge: color("edge"),
    ink: color("ink"),
    quiet: color("quiet"),
    accent: color("accent"),
    font: style.fontFamily,
  };
}
