/**
 * Made-up data that behaves like the real: a picture, Gabor feature maps of it, a growing ascent.
 */
import type { InputPicture, LayerInfo } from "../src/lib/model";
import type { SheetFrame } from "../src/feature-maps/sheet";
import { view } from "./fake-model";

/** Repeatable random numbers in [0, 1). */
export function random(seed: number): () => number {
  let state = seed + 0x9e3779b9;
  return () => {
    state = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    state = Math.imul(state ^ (state >>> 15), 0x735a2d97);
    return ((state ^= state >>> 15) >>> 0) / 2 ** 32;
  };
}

/** A landscape: sky, sun, hills, a striped house. */
export function makePicture(size: number): InputPicture {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const draw = canvas.getContext("2d")!;
  const next = random(7);
  draw.scale(size / 100, size / 100);
  const sky = draw.createLinearGradient(0, 0, 0, 70);
  sky.addColorStop(0, "#3f6fae");
  sky.addColorStop(1, "#f3cfa4");
  draw.fillStyle = sky;
  draw.fillRect(0, 0, 100, 100);
  draw.fillStyle = "#fff3c9";
  draw.beginPath();
  draw.arc(70, 26, 10, 0, 7);
  draw.fill();
  for (const [base, color] of [
    [58, "#6b7fa0"],
    [68, "#4f6f5c"],
    [80, "#2f5138"],
  ] as const) {
    draw.fillStyle = color;
    draw.beginPath();
    draw.moveTo(0, 100);
    for (let x = 0; x <= 100; x += 2) {
      draw.lineTo(x, base + 7 * Math.sin(x / 11 + base) + 3 * Math.sin(x / 3 + base * 2));
    }
    draw.lineTo(100, 100);
    draw.fill();
  }
  draw.fillStyle = "#b5493a";
  draw.fillRect(22, 58, 26, 24);
  draw.fillStyle = "#5b2e25";
  draw.beginPath();
  draw.moveTo(18, 60);
  draw.lineTo(35, 44);
  draw.lineTo(52, 60);
  draw.fill();
  draw.fillStyle = "#f6e8cf";
  for (let x = 24; x < 48; x += 6) draw.fillRect(x, 64, 3, 12);
  for (let blade = 0; blade < 260; blade++) {
    const [x, y] = [next() * 100, 84 + next() * 16];
    draw.strokeStyle = next() > 0.5 ? "#79a35f" : "#23402a";
    draw.lineWidth = 0.4;
    draw.beginPath();
    draw.moveTo(x, y);
    draw.lineTo(x + next() * 2 - 1, y - 3);
    draw.stroke();
  }
  const { data } = draw.getImageData(0, 0, size, size);
  const rgb = new Uint8Array(size * size * 3);
  for (let pixel = 0; pixel < size * size; pixel++) {
    rgb.set(data.subarray(pixel * 4, pixel * 4 + 3), pixel * 3);
  }
  return { width: size, height: size, pixels: view(rgb) };
}

export interface Oddities {
  signed?: boolean;
  dead?: number[];
  broken?: number[];
}

/** Every channel a Gabor filter of its own over the picture, rectified unless signed. */
export function makeSheet(
  number: number,
  info: LayerInfo,
  picture: InputPicture,
  odd: Oddities = {},
): SheetFrame {
  const { rows, cols, channels } = info;
  const next = random(channels * 31 + rows);
  const planes = smaller(picture, rows, cols);
  const tiles = new Uint8Array(channels * rows * cols);
  const [low, high, strength] = [0, 1, 2].map(() => new Float32Array(channels));
  let nonfinite = 0;
  for (let channel = 0; channel < channels; channel++) {
    const values = gabor(planes, rows, cols, next);
    if (!odd.signed) values.forEach((value, i) => (values[i] = Math.max(0, value - 0.02)));
    if (odd.dead?.includes(channel)) values.fill(0);
    low[channel] = Math.min(...values);
    high[channel] = Math.max(...values);
    strength[channel] = values.reduce((sum, value) => sum + Math.abs(value), 0) / values.length;
    const span = high[channel] - low[channel] || 1;
    values.forEach((value, i) => {
      tiles[channel * rows * cols + i] = Math.round((255 * (value - low[channel])) / span);
    });
    if (odd.broken?.includes(channel)) {
      tiles.fill(0, channel * rows * cols, (channel + 1) * rows * cols);
      low[channel] = high[channel] = strength[channel] = NaN;
      nonfinite += rows * cols;
    }
  }
  return {
    number,
    layer: info.name,
    rows,
    cols,
    channels,
    tiles: view(tiles),
    low: view(low),
    high: view(high),
    strength: view(strength),
    nonfinite,
  };
}

/** The picture's three planes at a layer's size. */
function smaller(picture: InputPicture, rows: number, cols: number): Float32Array[] {
  const bytes = picture.pixels as DataView;
  return [0, 1, 2].map((plane) => {
    const values = new Float32Array(rows * cols);
    for (let row = 0; row < rows; row++) {
      for (let col = 0; col < cols; col++) {
        const y = Math.floor(((row + 0.5) * picture.height) / rows);
        const x = Math.floor(((col + 0.5) * picture.width) / cols);
        values[row * cols + col] = bytes.getUint8((y * picture.width + x) * 3 + plane) / 255;
      }
    }
    return values;
  });
}

function gabor(planes: Float32Array[], rows: number, cols: number, next: () => number): number[] {
  const angle = next() * Math.PI;
  const wave = 0.5 + next() * 2.2;
  const phase = next() * 2 * Math.PI;
  const mix = [next() - 0.4, next() - 0.4, next() - 0.4];
  const gain = 0.5 + 2 * next() ** 3;
  const kernel: [number, number, number][] = [];
  for (let y = -2; y <= 2; y++) {
    for (let x = -2; x <= 2; x++) {
      const along = x * Math.cos(angle) + y * Math.sin(angle);
      const envelope = Math.exp(-(x * x + y * y) / 3);
      kernel.push([x, y, envelope * Math.cos(wave * along + phase)]);
    }
  }
  const gray = planes[0].map((_, i) => planes.reduce((sum, p, c) => sum + mix[c] * p[i], 0));
  const values: number[] = new Array(rows * cols).fill(0);
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) {
      let sum = 0;
      for (const [x, y, weight] of kernel) {
        const [r, c] = [row + y, col + x];
        if (r >= 0 && c >= 0 && r < rows && c < cols) sum += weight * gray[r * cols + c];
      }
      values[row * cols + col] = sum * gain;
    }
  }
  return values;
}

/** The picture of an ascent at a step: noise in which oriented waves grow. */
export function ascentPixels(step: number, size: number): Uint8Array {
  const next = random(3);
  const grown = 1 - Math.exp(-step / 60);
  const waves = Array.from({ length: 9 }, () => ({
    x: next() * size,
    y: next() * size,
    angle: next() * Math.PI,
    wide: size * (0.14 + 0.2 * next()),
    length: size / (7 + 9 * next()),
    tint: [next(), next(), next()],
  }));
  const pixels = new Uint8Array(size * size * 3);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const noise = (next() - 0.5) * (0.3 - 0.22 * grown);
      for (let plane = 0; plane < 3; plane++) {
        let value = 0.5 + noise;
        for (const wave of waves) {
          const [dx, dy] = [x - wave.x, y - wave.y];
          const near = Math.exp(-(dx * dx + dy * dy) / wave.wide ** 2);
          const along = dx * Math.cos(wave.angle) + dy * Math.sin(wave.angle);
          const bend = Math.sqrt(dx * dx + dy * dy) * 0.3;
          value +=
            0.55 *
            grown *
            near *
            Math.cos(((along + bend) / wave.length) * 6 + wave.tint[plane] * 3);
        }
        pixels[(y * size + x) * 3 + plane] = 255 * Math.min(1, Math.max(0, value));
      }
    }
  }
  return pixels;
}

/** The score of an ascent at a step. */
export function ascentScore(step: number): number {
  return 0.4 + 14 * (1 - Math.exp(-step / 55)) + 0.35 * Math.sin(step / 4) + 0.012 * step;
}
