/**
 * ImageChooser: the bundled pictures by name and by sight, or one of the person's own, chosen,
 * dropped or pasted.
 */
import { asBytes } from "../lib/bytes";
import { button, claim, Select } from "../lib/controls";
import { h } from "../lib/dom";
import { type CommonTraits, follow } from "../lib/model";
import { Notice } from "../lib/notice";
import { type Shell, view } from "../lib/shell";
import { readUpload, type Upload } from "./shrink";

interface Traits extends CommonTraits {
  names: string[];
  name: string;
  /** Whether the network takes pictures of the person's own. */
  uploads: boolean;
  /** PNG bytes of each bundled picture, in the order of `names`. */
  thumbnails: unknown[];
}

function build({ model, root, signal, painter, saver, kernel }: Shell<Traits>): () => void {
  let upload: Upload | null = null;
  let newest = 0; // of what was chosen; a picture takes a while to be read

  const choose = (name: string) => {
    newest += 1;
    model.set("name", name);
    trouble.say("", "error");
    saver.now();
  };
  const send = async (file: File | undefined) => {
    if (!file || !model.get("uploads")) return;
    const number = ++newest;
    const overtaken = () => number !== newest || signal.aborted;
    try {
      const read = await readUpload(file);
      if (overtaken()) return;
      upload = read;
      const { name, width, height, rgb } = read;
      kernel.send({ type: "upload", name, width, height }, [rgb.buffer]);
      trouble.say("", "error");
    } catch (error) {
      if (overtaken()) return;
      trouble.say((error as Error).message, "error");
    }
    painter.request();
  };

  const select = new Select("Image", choose, signal);
  const trouble = new Notice();
  const strip = new Strip(choose, signal);
  const file = h("input", {
    type: "file",
    accept: "image/*",
    "aria-label": "Picture file",
    hidden: true,
  });
  const pick = button("Upload…", "upload", () => file.click(), signal);
  const hint = h("span", { class: "cv-hint" }, "or drop or paste a picture here");
  root.append(
    trouble.element,
    h("div", { class: "cv-choose" }, select.element, pick, file, hint),
    strip.element,
  );

  const picked = () => {
    void send(file.files?.[0]);
    file.value = ""; // the same file can be chosen again
  };
  file.addEventListener("change", picked, { signal });
  receiveDrops(root, (dropped) => void send(dropped), signal);
  follow(model, ["names", "name", "thumbnails", "uploads"], () => painter.request(), signal);

  return () => {
    pick.hidden = hint.hidden = !model.get("uploads");
    const { names, own } = choices(model.get("names"), model.get("name"));
    const options = names.map((name) => ({ value: name, text: name }));
    const none = { value: "", text: "another picture" };
    select.set(model.get("name"), model.get("name") === "" ? [none, ...options] : options);
    const preview = own !== null && own === `upload: ${upload?.name}` ? upload!.preview : null;
    strip.paint(names, model.get("thumbnails"), model.get("name"), preview);
  };
}

/** The names to choose from, with the person's own picture at the end while it is chosen. */
function choices(bundled: string[], chosen: string): { names: string[]; own: string | null } {
  if (chosen === "" || bundled.includes(chosen)) return { names: bundled, own: null };
  return { names: [...bundled, chosen], own: chosen };
}

/** The pictures as buttons, in one line that scrolls. */
class Strip {
  readonly element = h("div", { class: "cv-strip", role: "group", "aria-label": "Pictures" });
  private shown: unknown[] = [];
  private urls: string[] = [];

  constructor(
    private readonly choose: (name: string) => void,
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener("abort", () => this.forget());
  }

  paint(names: string[], thumbnails: unknown[], chosen: string, preview: string | null): void {
    const shown = [thumbnails, preview, ...names];
    if (shown.length !== this.shown.length || shown.some((item, i) => item !== this.shown[i])) {
      this.shown = shown;
      this.fill(names, thumbnails, preview);
    }
    for (const child of this.element.children) {
      const pressed = child.getAttribute("data-name") === chosen;
      if (pressed && child.getAttribute("aria-pressed") !== "true")
        this.reveal(child as HTMLElement);
      child.setAttribute("aria-pressed", String(pressed));
    }
  }

  private fill(names: string[], thumbnails: unknown[], preview: string | null): void {
    this.forget();
    this.element.replaceChildren(
      ...names.map((name, index) => {
        const bytes = thumbnails[index];
        return this.thumbnail(name, bytes === undefined ? preview : this.url(bytes));
      }),
    );
  }

  private thumbnail(name: string, source: string | null): HTMLElement {
    const face = source === null ? h("span", {}, name) : h("img", { src: source, alt: "" });
    const element = h(
      "button",
      { type: "button", class: "cv-thumbnail", title: name, "aria-label": name, "data-name": name },
      face,
    );
    element.addEventListener("click", () => this.choose(name), { signal: this.signal });
    return element;
  }

  /** Scrolls the strip, and only the strip, so that a picture can be seen. */
  private reveal({ offsetLeft, offsetWidth }: HTMLElement): void {
    const { scrollLeft, clientWidth } = this.element;
    const hidden = offsetLeft < scrollLeft || offsetLeft + offsetWidth > scrollLeft + clientWidth;
    if (hidden) this.element.scrollLeft = offsetLeft - (clientWidth - offsetWidth) / 2;
  }

  private url(png: unknown): string {
    const url = URL.createObjectURL(new Blob([asBytes(png).slice()], { type: "image/png" }));
    this.urls.push(url);
    return url;
  }

  private forget(): void {
    for (const url of this.urls) URL.revokeObjectURL(url);
    this.urls = [];
  }
}

/** Calls `receive` with a picture that is dropped on an element or pasted into it. */
function receiveDrops(
  element: HTMLElement,
  receive: (file: File | undefined) => void,
  signal: AbortSignal,
): void {
  const over = (event: DragEvent) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    claim(event);
    element.classList.add("cv-over");
  };
  const leave = (event: DragEvent) => {
    if (!element.contains(event.relatedTarget as Node | null)) element.classList.remove("cv-over");
  };
  const drop = (event: DragEvent) => {
    element.classList.remove("cv-over");
    if (!event.dataTransfer?.files.length) return;
    claim(event);
    receive(event.dataTransfer.files[0]);
  };
  const paste = (event: ClipboardEvent) => {
    if (!event.clipboardData?.files.length) return;
    claim(event);
    receive(event.clipboardData.files[0]);
  };
  element.tabIndex = -1; // a click gives it the focus, and so the paste
  element.addEventListener("dragover", over, { signal });
  element.addEventListener("dragleave", leave, { signal });
  element.addEventListener("drop", drop, { signal });
  element.addEventListener("paste", paste, { signal });
}

export default { render: view<Traits>("image-chooser", "Image chooser", build) };
