/**
 * Waveform: a sound with its spectrogram, what speaks for a class at which moment, and playback.
 *
 * The browser plays a WAV file that is made here of the very samples that the network gets.
 */
import { asFloats } from "../lib/bytes";
import { followSize } from "../lib/canvas";
import { ColorBar } from "../lib/color-bar";
import { palette } from "../lib/colormap";
import { button, Select } from "../lib/controls";
import { type Course, extent, rowOrder, valueAt } from "../lib/course";
import { h, setText } from "../lib/dom";
import { formatValue } from "../lib/format";
import { type Numbered, receiveFrames } from "../lib/frames";
import { type CommonTraits, follow, type State } from "../lib/model";
import { SaidPanel } from "../lib/said-panel";
import { type Shell, view } from "../lib/shell";
import { themeOf } from "../lib/theme";
import { Strip } from "../lib/time-strip";
import { wavFile } from "../lib/wave";
import { WavePanel } from "./wave-panel";

interface WaveFrame extends Numbered {
  length: number;
  samples: unknown;
  bins: number;
  highest: number;
  decibels: unknown;
  shares: unknown;
  signed: boolean;
  method: string;
  target: number;
  probabilities: unknown;
  notes: string[];
}

interface Traits extends CommonTraits<WaveFrame> {
  method: string;
  methods: string[];
  target: number | null;
  classes: string[];
  rate: number;
}

const METHODS: Record<string, string> = {
  integrated_gradients: "Integrated gradients",
  saliency: "Saliency",
  input_x_gradient: "Input × gradient",
  smooth_grad: "SmoothGrad",
  grad_cam: "Grad-CAM",
};

function build({ model, root, signal, painter, kernel }: Shell<Traits>): () => void {
  let frame: WaveFrame | null = null;
  let samples: Float32Array = new Float32Array();
  let shares: Float32Array = new Float32Array();
  let heard: Course = { steps: 1, rows: 0, values: new Float32Array() };
  let said: Course = heard;
  let hovered: { row: number; step: number } | null = null;
  let stretch: number | null = null; // that the pointer is on
  let file = "";

  const change = (changed: Partial<Traits>) => {
    for (const [name, value] of Object.entries(changed)) model.set(name as keyof Traits, value);
    kernel.askBySaving();
    painter.request();
  };
  const audio = h("audio", { preload: "auto" });
  const repaint = () => painter.request();
  const target = new Select("Class", (value) => change({ target: value ? Number(value) : null }), signal);
  const method = new Select("Method", (value) => change({ method: value }), signal);
  const play = button("Play", "play", () => void audio.play().catch(repaint), signal);
  const pause = button("Pause", "pause", () => audio.pause(), signal);
  play.classList.add("cv-primary");
  const toolbar = h(
    "div",
    { class: "cv-toolbar" },
    target.element,
    method.element,
    h("div", { class: "cv-buttons" }, play, pause),
  );
  const seek = (share: number) => {
    if (Number.isFinite(audio.duration)) audio.currentTime = share * audio.duration;
    repaint();
  };
  const wave = new WavePanel(seek, signal);
  const bar = new ColorBar();
  const strip = new Strip(
    "heard",
    "Spectrogram",
    {
      hover: (cell) => {
        hovered = cell;
        repaint();
      },
      choose: (_, step) => seek((step + 0.5) / heard.steps),
    },
    signal,
  );
  const speaks = new Strip(
    "speaks",
    "What speaks for the class",
    {
      hover: (cell) => {
        stretch = cell && cell.step;
        repaint();
      },
      choose: (_, step) => seek((step + 0.5) / shares.length),
    },
    signal,
  );
  const prediction = new SaidPanel();
  const left = h("div", { class: "cv-left" }, prediction.element, bar.element);
  const right = h("div", { class: "cv-strips" }, wave.element, speaks.element, strip.element);
  const panels = h("div", { class: "cv-panels" }, left, right);
  const notes = h("p", { class: "cv-words cv-notes" });
  const empty = h("div", { class: "cv-empty" });
  root.append(toolbar, panels, notes, empty, audio);

  // The browser tells the place of a playing sound only a few times a second.
  let refresh = 0;
  const moving = () => {
    repaint();
    refresh = audio.paused ? 0 : requestAnimationFrame(moving);
  };
  audio.addEventListener("play", () => (refresh ||= requestAnimationFrame(moving)), { signal });
  for (const event of ["pause", "ended", "seeked"]) {
    audio.addEventListener(event, repaint, { signal });
  }
  signal.addEventListener("abort", () => {
    audio.pause();
    cancelAnimationFrame(refresh);
    URL.revokeObjectURL(file);
  });

  followSize([wave.trackElement, speaks.trackElement, strip.trackElement], repaint, signal);
  follow(model, ["method", "methods", "target", "classes", "rate", "state"], repaint, signal);
  receiveFrames(
    model,
    (received) => {
      const before = samples;
      frame = received;
      samples = asFloats(received.samples);
      shares = asFloats(received.shares);
      const decibels = asFloats(received.decibels);
      heard = { steps: decibels.length / received.bins, rows: received.bins, values: decibels };
      if (hovered && (hovered.step >= heard.steps || hovered.row >= heard.rows)) hovered = null;
      if (stretch !== null && stretch >= shares.length) stretch = null;
      const values = asFloats(received.probabilities);
      said = { steps: 1, rows: values.length, values };
      if (before.length !== samples.length || before.some((value, k) => value !== samples[k])) {
        URL.revokeObjectURL(file);
        file = URL.createObjectURL(wavFile(samples, model.get("rate")));
        audio.src = file;
      }
      painter.request(received.number);
    },
    signal,
  );

  return () => {
    const classes = model.get("classes");
    const chosen = model.get("target");
    target.set(chosen === null ? "" : String(chosen), [
      { value: "", text: frame ? `As heard: ${classes[largest(said.values)]}` : "As heard" },
      ...classes.map((text, k) => ({ value: String(k), text })),
    ]);
    const methods = model.get("methods");
    method.set(model.get("method"), methods.map((value) => ({ value, text: METHODS[value] ?? value })));
    play.disabled = !frame || !audio.paused;
    pause.disabled = audio.paused;
    panels.hidden = !frame;
    empty.hidden = frame !== null;
    empty.textContent = emptyWords(model.get("state"));
    notes.hidden = !frame?.notes.length;
    setText(notes, frame?.notes.join(" ") ?? "");
    if (!frame) return;
    const wanted = chosen ?? largest(said.values);
    const stale = frame.method !== model.get("method") || frame.target !== wanted;
    panels.classList.toggle("cv-stale", stale);
    const theme = themeOf(root);
    const end = bulk(shares);
    const range: [number, number] = frame.signed ? [-end, end] : [0, end];
    const colors = palette(frame.signed ? "diverging" : "magma", theme);
    const name = classes[frame.target];
    const seconds = frame.length / model.get("rate");
    const now = Number.isFinite(audio.duration) && audio.duration > 0 ? audio.currentTime / audio.duration : 0;
    wave.paint(samples, `${(now * seconds).toFixed(2)} of ${seconds.toFixed(2)} s`);
    wave.point(now);
    speaks.paint(frame.signed ? `What speaks for ${name}` : `What matters for ${name}`, {
      steps: shares.length,
      rows: 1,
      values: shares,
    }, { palette: colors, theme, low: range[0], high: range[1], order: [0], labels: [] });
    speaks.point(Math.min(shares.length - 1, Math.floor(now * shares.length)), null);
    const at = stretch === null ? largest(shares.map(Math.abs)) : stretch;
    const place = `${(((at + 0.5) / shares.length) * seconds).toFixed(2)} s: ${formatValue(shares[at])}`;
    const words = stretch === null ? `most at ${place}` : place;
    speaks.say(words, `${METHODS[frame.method] ?? frame.method} for ${name} over time; ${words}`);
    bar.paint(colors, range);
    bar.point(stretch === null ? null : shares[stretch]);
    prediction.paint(said, classes, 0, "", wordsOf(frame, name));
    strip.paint("Spectrogram", heard, {
      palette: palette("magma", theme),
      theme,
      low: extent(heard.values)[0],
      high: 0,
      order: rowOrder(heard, "index").reverse(),
      labels: [],
    });
    strip.point(Math.min(heard.steps - 1, Math.floor(now * heard.steps)), null);
    const hertz = (row: number) => `${Math.round((row / (heard.rows - 1)) * (frame?.highest ?? 0))} Hz`;
    const line = hovered
      ? `${hertz(hovered.row)} at ${((hovered.step / heard.steps) * seconds).toFixed(2)} s: ` +
        `${formatValue(valueAt(heard, hovered.step, hovered.row))} dB`
      : `0 to ${hertz(heard.rows - 1)}`;
    strip.say(line, `Spectrogram from 0 to ${hertz(heard.rows - 1)}, over ${seconds.toFixed(2)} s`);
    Object.assign(root.dataset, {
      method: frame.method,
      target: String(frame.target),
      playing: String(!audio.paused),
      now: now.toFixed(3),
    });
  };
}

/** A magnitude that all but the largest few stay below: one loud spot must not hide the others. */
function bulk(values: Float32Array): number {
  const sorted = values.map(Math.abs).sort();
  return sorted[Math.floor(0.97 * (sorted.length - 1))] || sorted[sorted.length - 1] || 1;
}

function wordsOf({ method, signed }: WaveFrame, name: string): string {
  const what = METHODS[method] ?? method;
  if (signed) return `Colours: ${what} for ${name}. Red speaks for it, blue against it.`;
  return `Colours: ${what} for ${name}. The brighter, the more it matters.`;
}

function largest(values: Float32Array): number {
  return values.reduce((best, value, k) => (value > values[best] ? k : best), 0);
}

function emptyWords(state: State): string {
  if (state === "running") return "Computing…";
  return state === "error" ? "Nothing to show" : "No sound yet";
}

export default { render: view<Traits>("waveform", "Waveform", build) };
