/**
 * Plays the sound that is shown. Another one, as the ascent goes on, is made a file only when it is
 * to be heard.
 */
import { button } from "../lib/controls";
import { h } from "../lib/dom";
import { wavFile } from "../lib/wave";

export class Listener {
  readonly element: HTMLElement;
  private readonly audio = h("audio", {});
  private readonly listen: HTMLButtonElement;
  private readonly silence: HTMLButtonElement;
  private samples: Float32Array | null = null;
  private rate = 8000;
  private url = "";

  constructor(changed: () => void, signal: AbortSignal) {
    this.listen = button("Listen", "play", () => this.play(), signal);
    this.silence = button("Silence", "stop", () => this.audio.pause(), signal);
    this.element = h("div", { class: "cv-listen", hidden: true }, this.listen, this.silence, this.audio);
    for (const event of ["play", "pause", "ended"]) {
      this.audio.addEventListener(event, changed, { signal });
    }
    signal.addEventListener("abort", () => {
      this.audio.pause();
      URL.revokeObjectURL(this.url);
    });
  }

  /** @param samples of one sound, from -1 to 1; null for none */
  offer(samples: Float32Array | null, rate: number): void {
    this.samples = samples;
    this.rate = rate;
    this.element.hidden = samples === null;
    this.silence.disabled = this.audio.paused;
    this.element.dataset.playing = String(!this.audio.paused);
  }

  private play(): void {
    if (!this.samples) return;
    URL.revokeObjectURL(this.url);
    this.url = URL.createObjectURL(wavFile(this.samples, this.rate));
    this.audio.src = this.url;
    void this.audio.play().catch(() => undefined); // a page may forbid it; the buttons tell
  }
}
