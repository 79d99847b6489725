/**
 * What a view shows, on its way to the person's disk: the page writes a picture of pixels itself,
 * so that it can do so without a kernel, and asks the kernel for all else.
 */
import type { AnyModel } from "@anywidget/types";
import { button } from "./controls";
import { h } from "./dom";

interface FileMessage {
  type: string;
  name: string;
  media: string;
}

const WORDS: Record<string, string> = {
  png: "PNG",
  gif: "GIF film",
  webp: "WebP film",
  wav: "WAV sound",
};

/** A Save button beside the choice of a format. */
export class SaveControl {
  readonly elements: HTMLElement[];
  private readonly format = h("select", { class: "cv-format", "aria-label": "Format" });

  constructor(formats: string[], save: (format: string) => void, signal: AbortSignal) {
    const press = button("Save", "save", () => save(this.format.value), signal);
    press.classList.add("cv-plain");
    press.title = "PNG: what is shown. GIF and WebP: the whole run as a film";
    for (const value of formats) this.format.append(h("option", { value }, WORDS[value]));
    this.elements = [press, this.format];
  }

  set hidden(hidden: boolean) {
    for (const element of this.elements) element.hidden = hidden;
  }

  /** Whether one of the formats can be chosen; the first one is, if it no longer can. */
  offer(format: string, offered: boolean): void {
    const option = this.format.querySelector<HTMLOptionElement>(`[value=${format}]`)!;
    option.hidden = option.disabled = !offered;
    if (!offered && this.format.value === format) this.format.selectedIndex = 0;
  }
}

/** Downloads what the kernel sends as a file, until `signal` aborts. */
export function receiveFiles<T extends object>(model: AnyModel<T>, signal: AbortSignal): void {
  const received = (message: FileMessage, buffers: DataView<ArrayBuffer>[]) => {
    if (message?.type !== "file") return;
    const address = URL.createObjectURL(new Blob(buffers, { type: message.media }));
    h("a", { href: address, download: fileName(message.name) }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000); // the browser reads it meanwhile
  };
  model.on("msg:custom", received);
  signal.addEventListener("abort", () => model.off("msg:custom", received));
}

/** Downloads what a canvas holds, as PNG. */
export function downloadCanvas(canvas: HTMLCanvasElement, name: string): void {
  h("a", { href: canvas.toDataURL("image/png"), download: fileName(name) }).click();
}

/** A name that every file system takes. */
export function fileName(name: string): string {
  return name.replace(/[^\w.@+, -]+/g, "-");
}
