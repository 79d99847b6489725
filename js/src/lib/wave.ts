/**
 * Sequences of one value a step: drawn as a wave, and played as a sound.
 */
import { context, pixelRatio, resize } from "./canvas";

/** Samples as a WAV file: 16 bits, one channel. Any browser plays it. */
export function wavFile(samples: Float32Array, rate: number): Blob {
  const bytes = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const text = (at: number, words: string) => {
    for (let k = 0; k < words.length; k++) bytes.setUint8(at + k, words.charCodeAt(k));
  };
  text(0, "RIFF");
  bytes.setUint32(4, 36 + 2 * samples.length, true);
  text(8, "WAVEfmt ");
  bytes.setUint32(16, 16, true); // of the format's description
  bytes.setUint16(20, 1, true); // plain numbers
  bytes.setUint16(22, 1, true); // channels
  bytes.setUint32(24, rate, true);
  bytes.setUint32(28, 2 * rate, true); // bytes a second
  bytes.setUint16(32, 2, true); // bytes a sample
  bytes.setUint16(34, 16, true); // bits a sample
  text(36, "data");
  bytes.setUint32(40, 2 * samples.length, true);
  samples.forEach((sample, k) => {
    const value = Math.min(1, Math.max(-1, Number.isFinite(sample) ? sample : 0));
    bytes.setInt16(44 + 2 * k, Math.round(value * 32767), true);
  });
  return new Blob([bytes.buffer as ArrayBuffer], { type: "audio/wav" });
}

/** The lowest and the highest sample of each of `columns` stretches, one after the other. */
export function envelope(samples: Float32Array, columns: number): Float32Array {
  const found = new Float32Array(2 * columns);
  for (let column = 0; column < columns; column++) {
    const from = Math.floor((column * samples.length) / columns);
    const to = Math.max(from + 1, Math.floor(((column + 1) * samples.length) / columns));
    let low = Infinity;
    let high = -Infinity;
    for (let k = from; k < to; k++) {
      low = Math.min(low, samples[k]);
      high = Math.max(high, samples[k]);
    }
    found[2 * column] = low;
    found[2 * column + 1] = high;
  }
  return found;
}

/** Lowest and highest values of columns, brought to another number of columns. */
export function narrowed(bounds: Float32Array, columns: number): Float32Array {
  const known = bounds.length / 2;
  const found = new Float32Array(2 * columns);
  for (let column = 0; column < columns; column++) {
    const from = Math.floor((column * known) / columns);
    const to = Math.max(from + 1, Math.floor(((column + 1) * known) / columns));
    let [low, high] = [Infinity, -Infinity];
    for (let k = from; k < to; k++) {
      low = Math.min(low, bounds[2 * k]);
      high = Math.max(high, bounds[2 * k + 1]);
    }
    found[2 * column] = low;
    found[2 * column + 1] = high;
  }
  return found;
}

/** What a wave is drawn with, from the style sheet. */
export function waveInk(element: Element): { line: string; ink: string } {
  const style = getComputedStyle(element);
  return { line: style.getPropertyValue("--cv-line"), ink: style.getPropertyValue("--cv-accent") };
}

/**
 * Draws a wave from -1 to 1 over the upper part of a canvas, which it sizes for sharp pixels.
 *
 * @param boundsOf gives the lowest and the highest value of each of so many columns
 * @param share of the height that the wave takes
 */
export function paintWave(
  canvas: HTMLCanvasElement,
  boundsOf: (columns: number) => Float32Array,
  cssWidth: number,
  cssHeight: number,
  share = 1,
): void {
  const ratio = pixelRatio();
  const [width, height] = [Math.round(cssWidth * ratio), Math.round(cssHeight * ratio)];
  resize(canvas, width, height);
  const target = context(canvas);
  target.clearRect(0, 0, width, height);
  const { line, ink } = waveInk(canvas);
  const tall = Math.round(height * share);
  target.fillStyle = line;
  target.fillRect(0, Math.round(tall / 2), width, Math.max(1, Math.round(ratio)));
  const bounds = boundsOf(width);
  const y = (value: number) => ((1 - value) / 2) * tall;
  target.fillStyle = ink;
  for (let column = 0; column < width; column++) {
    // A column reaches to the one before it, or steep slopes would be dotted.
    const before = Math.max(0, column - 1);
    const low = Math.min(bounds[2 * column], bounds[2 * before + 1]);
    const high = Math.max(bounds[2 * column + 1], bounds[2 * before]);
    target.fillRect(column, y(high) - ratio / 2, 1, y(low) - y(high) + ratio);
  }
}
