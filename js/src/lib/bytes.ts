/**
 * Binary values as they come from the kernel: a DataView into a larger buffer, at any offset.
 */

/** The bytes of a binary value, without a copy. */
export function asBytes(value: unknown): Uint8Array {
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  return new Uint8Array(0);
}

/** The little-endian float32 numbers in a binary value; copied, since the offset may be odd. */
export function asFloats(value: unknown): Float32Array {
  return new Float32Array(asBytes(value).slice().buffer);
}

/** The little-endian int32 numbers in a binary value; copied, since the offset may be odd. */
export function asIntegers(value: unknown): Int32Array {
  return new Int32Array(asBytes(value).slice().buffer);
}

/** RGB bytes as the RGBA pixels that a canvas takes. */
export function rgbToRgba(rgb: Uint8Array, pixels: number): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray(pixels * 4);
  for (let from = 0, to = 0; to < rgba.length; from += 3, to += 4) {
    rgba[to] = rgb[from];
    rgba[to + 1] = rgb[from + 1];
    rgba[to + 2] = rgb[from + 2];
    rgba[to + 3] = 255;
  }
  return rgba;
}

/** RGBA pixels as the RGB bytes that the kernel takes. */
export function rgbaToRgb(rgba: Uint8ClampedArray): Uint8Array<ArrayBuffer> {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    rgb[to] = rgba[from];
    rgb[to + 1] = rgba[from + 1];
    rgb[to + 2] = rgba[from + 2];
  }
  return rgb;
}
