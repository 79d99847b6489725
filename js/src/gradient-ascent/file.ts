/**
 * Files that the kernel made, on their way to the person's disk.
 */
import type { AnyModel } from "@anywidget/types";
import { h } from "../lib/dom";

interface FileMessage {
  type: string;
  name: string;
  media: string;
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

/** A name that every file system takes. */
export function fileName(name: string): string {
  return name.replace(/[^\w.@, -]+/g, "-");
}
