/**
 * The whole drawing as a file, as it looks on the page.
 */
import { context } from "../lib/canvas";
import { h } from "../lib/dom";
import type { Size } from "./layout";
import { type Inks, s, SPACE } from "./svg";

const EDGE = 16;
const SHARP = 2;
/** Browsers refuse larger canvases. */
const LARGEST = 8192;

/** The drawing as the text of an SVG file that stands alone. */
export function asSvg(content: SVGGElement, { width, height }: Size, inks: Inks): string {
  const copy = content.cloneNode(true) as SVGGElement;
  copy.setAttribute("transform", `translate(${EDGE},${EDGE})`);
  for (const element of copy.querySelectorAll<SVGElement>("g[style]")) {
    element.removeAttribute("style");
  }
  for (const button of copy.querySelectorAll(".cv-fold, [stroke=transparent]")) button.remove();
  const [wide, high] = [Math.ceil(width + 2 * EDGE), Math.ceil(height + 2 * EDGE)];
  const svg = s(
    "svg",
    {
      xmlns: SPACE,
      width: wide,
      height: high,
      viewBox: `0 0 ${wide} ${high}`,
      "font-family": inks.font,
    },
    s("rect", { width: wide, height: high, fill: inks.surface }),
    copy,
  );
  return new XMLSerializer().serializeToString(svg);
}

export function saveSvg(text: string): void {
  save(`data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`, "architecture.svg");
}

export async function savePng(text: string, { width, height }: Size): Promise<void> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = h("canvas");
  const [wide, high] = [width + 2 * EDGE, height + 2 * EDGE];
  const scale = Math.min(SHARP, LARGEST / Math.max(wide, high));
  canvas.width = Math.round(wide * scale);
  canvas.height = Math.round(high * scale);
  context(canvas).drawImage(image, 0, 0, canvas.width, canvas.height);
  save(canvas.toDataURL("image/png"), "architecture.png");
}

function save(url: string, download: string): void {
  h("a", { href: url, download }).click();
}
