/**
 * Samples as a WAV file: 16 bits, one channel. Any browser plays it.
 */
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
