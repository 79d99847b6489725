/**
 * Thumbnails: decoded once from a few compressed pictures, then drawn from there.
 */
import { asBytes } from "../lib/bytes";
import { context, pixelRatio, resize } from "../lib/canvas";
import type { ThumbnailsTold } from "./frame";

export class Sheets {
  private told: ThumbnailsTold | null = null;
  private bitmaps: (ImageBitmap | null)[] = [];

  /** @param changed called when they are decoded */
  constructor(
    private readonly changed: () => void,
    signal: AbortSignal,
  ) {
    signal.addEventListener("abort", () => this.read(null));
  }

  /** Reads other thumbnails, unless they are those that there are. */
  read(told: ThumbnailsTold | null): void {
    if (told === this.told) return;
    this.told = told;
    this.use([]);
    if (told) void this.decode(told);
  }

  /** A sheet that cannot be decoded is left out; its images are dots. */
  private async decode(told: ThumbnailsTold): Promise<void> {
    const blobs = told.files.map((file) => new Blob([asBytes(file).slice()]));
    const decoded = await Promise.allSettled(blobs.map((blob) => createImageBitmap(blob)));
    const found = decoded.map((each) => (each.status === "fulfilled" ? each.value : null));
    if (told !== this.told) return release(found); // others have come, or the view is gone
    this.use(found);
    this.changed();
  }

  private use(bitmaps: (ImageBitmap | null)[]): void {
    release(this.bitmaps);
    this.bitmaps = bitmaps;
  }

  get ready(): boolean {
    return this.bitmaps.length > 0;
  }

  /** Pixels on the longer side. */
  get side(): number {
    return this.told ? Math.max(this.told.width, this.told.height) : 0;
  }

  /** Width to height. */
  get aspect(): number {
    return this.told ? this.told.width / this.told.height : 1;
  }

  /** Draws one, its longer side as long as asked. */
  draw(target: CanvasRenderingContext2D, at: number, x: number, y: number, width: number, height: number): void {
    const { across, width: own, height: high } = this.told!;
    const each = across * across;
    const sheet = this.bitmaps[Math.floor(at / each)];
    if (!sheet) return;
    const place = at % each;
    const [left, top] = [(place % across) * own, Math.floor(place / across) * high];
    target.drawImage(sheet, left, top, own, high, x, y, width, height);
  }

  /** Paints one into a canvas that stands alone. */
  paint(canvas: HTMLCanvasElement, at: number, side: number): void {
    const ratio = pixelRatio();
    const scale = (side * ratio) / this.side;
    const [width, height] = [this.told!.width * scale, this.told!.height * scale].map(Math.round);
    resize(canvas, width, height);
    canvas.style.width = `${width / ratio}px`;
    canvas.style.height = `${height / ratio}px`;
    const target = context(canvas);
    target.imageSmoothingEnabled = this.side > 32;
    target.clearRect(0, 0, width, height);
    this.draw(target, at, 0, 0, width, height);
  }
}

function release(bitmaps: readonly (ImageBitmap | null)[]): void {
  for (const bitmap of bitmaps) bitmap?.close();
}
