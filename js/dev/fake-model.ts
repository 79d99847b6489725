/**
 * A kernel model without a kernel: traits in a map, and a function that plays the kernel.
 */
import type { AnyModel } from "@anywidget/types";

type Handler = (...values: any[]) => void;

export class FakeModel {
  private readonly handlers = new Map<string, Set<Handler>>();
  private unsaved = new Set<string>();
  /** Everything the page has sent. */
  readonly sent: any[] = [];
  readonly buffers: unknown[] = [];

  /**
   * @param traits the initial values
   * @param saved called with the names of traits that the page saved
   * @param received called with a message of the page
   */
  constructor(
    private readonly traits: Record<string, unknown>,
    private readonly saved: (model: FakeModel, names: Set<string>) => void = () => {},
    private readonly received: (model: FakeModel, message: any) => void = () => {},
  ) {}

  get(name: string): any {
    return this.traits[name];
  }

  set(name: string, value: unknown): void {
    if (this.traits[name] === value) return;
    this.traits[name] = value;
    this.unsaved.add(name);
    this.emit(`change:${name}`);
  }

  save_changes(): void {
    const names = this.unsaved;
    this.unsaved = new Set();
    if (names.size > 0) this.saved(this, names);
  }

  send(message: any, _callbacks?: unknown, buffers: unknown[] = []): void {
    this.sent.push(message);
    this.buffers.push(...buffers);
    this.received(this, message);
  }

  on(name: string, handler: Handler): void {
    if (!this.handlers.has(name)) this.handlers.set(name, new Set());
    this.handlers.get(name)!.add(handler);
  }

  off(name: string, handler: Handler): void {
    this.handlers.get(name)?.delete(handler);
  }

  /** Sends a message as the kernel would. */
  message(content: object, buffers: ArrayBufferView[] = []): void {
    this.emit("msg:custom", content, buffers.map(view));
  }

  /** How many handlers the views have registered. */
  handlerCount(): number {
    return [...this.handlers.values()].reduce((sum, handlers) => sum + handlers.size, 0);
  }

  asModel(): AnyModel<any> {
    return this as unknown as AnyModel<any>;
  }

  private emit(name: string, ...values: unknown[]): void {
    for (const handler of [...(this.handlers.get(name) ?? [])]) handler(...values);
  }
}

/** A binary value as it comes from a kernel: a DataView at an odd place of a larger buffer. */
export function view(array: ArrayBufferView): DataView {
  const bytes = new Uint8Array(array.byteLength + 3);
  bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), 3);
  return new DataView(bytes.buffer, 3);
}
