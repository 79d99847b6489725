/**
 * The waveform, and where the playing sound is in it.
 */
import { pictureCanvas } from "../lib/canvas";
import { h } from "../lib/dom";
import { Panel } from "../lib/panel";
import { envelope, paintWave } from "../lib/wave";

export class WavePanel {
  private readonly canvas = pictureCanvas("Waveform");
  private readonly cursor = h("div", { class: "cv-mark cv-cursor cv-now" });
  private readonly track = h("div", { class: "cv-track" }, this.canvas, this.cursor);
  private readonly gutter = h(
    "div",
    { class: "cv-gutter", "aria-hidden": "true" },
    h("span", {}, "1"),
    h("span", {}, "0"),
    h("span", {}, "−1"),
  );
  private readonly panel = new Panel(
    "timed cv-wave",
    h("div", { class: "cv-timed-body" }, this.gutter, this.track),
  );

  readonly element = this.panel.element;
  readonly trackElement = this.track;

  constructor(seek: (share: number) => void, signal: AbortSignal) {
    const follow = (event: PointerEvent) => {
      if (!(event.buttons & 1)) return;
      const box = this.track.getBoundingClientRect();
      seek(Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)));
    };
    this.track.addEventListener("pointerdown", follow, { signal });
    this.track.addEventListener("pointermove", follow, { signal });
  }

  paint(samples: Float32Array, line: string): void {
    this.panel.title("Waveform");
    this.panel.say(line);
    this.canvas.setAttribute("aria-label", `Waveform; ${line}`);
    const { clientWidth, clientHeight } = this.track;
    paintWave(this.canvas, (columns) => envelope(samples, columns), clientWidth, clientHeight);
  }

  point(share: number): void {
    this.cursor.style.left = `${100 * share}%`;
  }
}
