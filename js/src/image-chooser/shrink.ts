/**
 * A person's own picture, made small enough to be sent: at most 512 pixels on the longer side, as
 * RGB bytes, which stays under the megabyte above which connections to a kernel break.
 */
import { rgbaToRgb } from "../lib/bytes";
import { context } from "../lib/canvas";
import { h } from "../lib/dom";

export const LONGEST = 512;

export interface Upload {
  name: string;
  width: number;
  height: number;
  rgb: Uint8Array<ArrayBuffer>;
  /** Shows the picture that is sent, for an `img`. */
  preview: string;
}

/**
 * Reads and shrinks a picture.
 *
 * @throws Error in words for the person when the file is no picture that the browser can decode
 */
export async function readUpload(file: File): Promise<Upload> {
  const name = file.name || "pasted picture";
  const image = await decode(file, name);
  const [width, height] = shrunkSize(image.naturalWidth, image.naturalHeight, LONGEST);
  const canvas = h("canvas", { width, height });
  const target = context(canvas);
  target.fillStyle = "#fff"; // a transparent picture is laid on white
  target.fillRect(0, 0, width, height);
  target.imageSmoothingQuality = "high";
  target.drawImage(image, 0, 0, width, height);
  const rgb = rgbaToRgb(target.getImageData(0, 0, width, height).data);
  return { name, width, height, rgb, preview: canvas.toDataURL("image/png") };
}

/** A size with the same shape whose longer side is at most `longest`; never zero. */
export function shrunkSize(
  width: number,
  height: number,
  longest: number,
): [width: number, height: number] {
  const scale = Math.min(1, longest / Math.max(width, height));
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
}

async function decode(file: File, name: string): Promise<HTMLImageElement> {
  const url = URL.createObjectURL(file);
  const image = new Image();
  image.src = url;
  try {
    await image.decode();
    if (image.naturalWidth * image.naturalHeight === 0) throw new Error("empty");
    return image;
  } catch {
    const kind = file.type.startsWith("image/") ? file.type.slice(6).toUpperCase() : file.type;
    throw new Error(
      `“${name}” could not be read as a picture (${kind || "unknown kind"}). ` +
        "Choose a PNG, JPEG or WebP file; if it is one, it may be damaged or too large to decode.",
    );
  } finally {
    URL.revokeObjectURL(url);
  }
}
