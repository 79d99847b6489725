/**
 * Confidence against accuracy: a bar for each bin of confidence, and the line where both are equal.
 */
import { context, pictureCanvas, pixelRatio, resize } from "../lib/canvas";
import { h } from "../lib/dom";
import { formatValue } from "../lib/format";
import { Panel } from "../lib/panel";
import type { Calibration } from "./report";

const LEFT = 40;
const BOTTOM = 34;
const TOP = 8;
const RIGHT = 10;

export class Reliability {
  private readonly canvas = pictureCanvas("Confidence against accuracy");
  private readonly box = h("div", { class: "cv-reliability" }, this.canvas);
  private readonly panel = new Panel("calibration", this.box);
  readonly element = this.panel.element;
  readonly boxElement = this.box;

  paint(found: Calibration): void {
    this.panel.title("Confidence against accuracy");
    const says = `says ${text(found.confidence)}, right ${text(found.accuracy)}`;
    this.panel.say(`error ${formatValue(found.error)}`);
    this.canvas.setAttribute("aria-label", `Confidence against accuracy: ${says}`);
    const { clientWidth: width, clientHeight: height } = this.box;
    const ratio = pixelRatio();
    resize(this.canvas, Math.round(width * ratio), Math.round(height * ratio));
    const target = context(this.canvas);
    target.setTransform(ratio, 0, 0, ratio, 0, 0);
    target.clearRect(0, 0, width, height);
    const style = getComputedStyle(this.box);
    const color = (name: string) => style.getPropertyValue(`--cv-${name}`).trim();
    const x = (share: number) => LEFT + share * (width - LEFT - RIGHT);
    const y = (share: number) => height - BOTTOM - share * (height - BOTTOM - TOP);
    target.font = `11px ${style.fontFamily}`;
    target.textBaseline = "middle";
    for (const tick of [0, 0.25, 0.5, 0.75, 1]) {
      target.fillStyle = color("line");
      target.fillRect(LEFT, Math.round(y(tick)), width - LEFT - RIGHT, 1);
      target.fillStyle = color("quiet");
      target.textAlign = "right";
      target.fillText(text(tick), LEFT - 6, y(tick));
      target.textAlign = "center";
      target.fillText(text(tick), Math.min(x(tick), width - 18), height - BOTTOM + 11);
    }
    target.fillText("confidence", (LEFT + width - RIGHT) / 2, height - 7);
    const step = 1 / found.bins.length;
    const most = Math.max(1, ...found.bins.map(([count]) => count));
    found.bins.forEach(([count, , accuracy], at) => {
      if (count === 0) return;
      target.fillStyle = color("accent");
      target.globalAlpha = 0.35 + 0.65 * Math.sqrt(count / most); // few images, a paler bar
      const left = x(at * step) + 1;
      const tall = Math.max(3, y(0) - y(accuracy)); // never right: still there
      target.fillRect(left, y(0) - tall, x((at + 1) * step) - left - 1, tall);
    });
    target.globalAlpha = 1;
    target.beginPath();
    target.moveTo(x(0), y(0));
    target.lineTo(x(1), y(1));
    target.strokeStyle = color("ink");
    target.setLineDash([4, 4]);
    target.lineWidth = 1.25;
    target.stroke();
    target.setLineDash([]);
  }
}

function text(share: number): string {
  return `${Math.round(100 * share)} %`;
}
