/**
 * Elements. Text from a model always goes in as text nodes, never as HTML.
 */

type Attributes = Record<string, string | number | boolean | null>;

/** An element with attributes (`false` and `null` leave one out) and children. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  setAttributes(element, attributes);
  element.append(...children);
  return element;
}

const ICONS = {
  play: "M4.5 2.8v10.4L13 8z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  stop: "M3.5 3.5h9v9h-9z",
  step: "M3.5 2.8v10.4L10 8zM11 3h2v10h-2z",
  latest: "M2.5 3v10l5-5zM8 3v10l5-5zM13 3h1.5v10H13z",
  upload: "M7.25 11V4.9L5 7.1 3.9 6 8 2l4.1 4L11 7.1 8.75 4.9V11zM2.5 10H4v2.5h8V10h1.5v4h-11z",
  save: "M7.25 2v6.1L5 5.9 3.9 7 8 11l4.1-4L11 5.9 8.75 8.1V2zM2.5 10H4v2.5h8V10h1.5v4h-11z",
  remove: "M3.6 2.5 8 6.9l4.4-4.4 1.1 1.1L9.1 8l4.4 4.4-1.1 1.1L8 9.1l-4.4 4.4-1.1-1.1L6.9 8 2.5 3.6z",
  good: "M6.3 12.6 2 8.3l1.3-1.3 3 3 6.4-6.6L14 4.7z",
  plus: "M7.2 3h1.6v4.2H13v1.6H8.8V13H7.2V8.8H3V7.2h4.2z",
  minus: "M3 7.2h10v1.6H3z",
  fit: "M2 2h4.5v1.6H3.6v2.9H2zM9.5 2H14v4.5h-1.6V3.6H9.5zM2 9.5h1.6v2.9h2.9V14H2zM12.4 9.5H14V14H9.5v-1.6h2.9z",
  fold: "M7.2 1.5h1.6v2.9l1.3-1.3 1.1 1.1L8 7.4 4.8 4.2l1.1-1.1 1.3 1.3zM8 8.6l3.2 3.2-1.1 1.1-1.3-1.3v2.9H7.2v-2.9l-1.3 1.3-1.1-1.1z",
  unfold: "M8 1.2l3.2 3.2-1.1 1.1-1.3-1.3V7H7.2V4.2L5.9 5.5 4.8 4.4zM7.2 9h1.6v2.8l1.3-1.3 1.1 1.1L8 14.8l-3.2-3.2 1.1-1.1 1.3 1.3z",
  alert: "M8 1.5 15.2 14H.8zM7.3 6v4h1.4V6zm0 5v1.4h1.4V11z",
} as const;

export type IconName = keyof typeof ICONS;

/** A small picture beside a word; says nothing to a screen reader. */
export function icon(name: IconName): SVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  setAttributes(svg, { class: "cv-icon", viewBox: "0 0 16 16", "aria-hidden": "true" });
  setAttributes(path, { d: ICONS[name], "fill-rule": "evenodd" });
  svg.append(path);
  return svg;
}

/** Sets the text only where it differs: no needless layout. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** An id that no other element of the page has, without state shared between views. */
export function freshId(): string {
  return `cv-${Math.random().toString(36).slice(2)}`;
}

function setAttributes(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value !== null) element.setAttribute(name, String(value));
  }
}
