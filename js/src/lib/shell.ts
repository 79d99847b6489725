/**
 * What surrounds every view: the root that tests and styles know it by, its theme, its notice,
 * and the one abort signal that takes every listener away when the view is closed.
 */
import type { AnyModel, Render } from "@anywidget/types";
import { followSize } from "./canvas";
import { keepInputKeys } from "./controls";
import { h } from "./dom";
import { beforeRefresh, Painter } from "./frames";
import { Kernel } from "./kernel";
import { type CommonTraits, follow, Saver } from "./model";
import { Notice } from "./notice";
import { followTheme } from "./theme";

const SILENCE =
  "The kernel does not answer. It may be busy with a cell; if it was restarted, run the cell of " +
  "this view again.";

/** How often painting is tried anew where a view has no size; later its first size is awaited. */
const MISSES = 10;

export interface Shell<Traits extends CommonTraits> {
  model: AnyModel<Traits>;
  root: HTMLElement;
  signal: AbortSignal;
  painter: Painter;
  saver: Saver;
  kernel: Kernel;
}

/**
 * A view's `render` function for anywidget.
 *
 * @param name of the view, in `data-view`
 * @param label its accessible name
 * @param build fills the root and returns what paints it
 */
export function view<Traits extends CommonTraits>(
  name: string,
  label: string,
  build: (shell: Shell<Traits>) => () => void,
): Render<Traits> {
  return ({ model, el }) => {
    const controller = new AbortController();
    const { signal } = controller;
    const root = h("div", {
      class: "cnnviz",
      role: "group",
      "aria-label": label,
      "data-view": name,
      "data-frame": 0,
      "data-lm-suppress-shortcuts": true,
    });
    const saver = new Saver(model, signal);
    const silence = new Notice();
    const silent = (overdue: boolean) => silence.say(overdue ? SILENCE : "", "note");
    const kernel = new Kernel(model, saver, silent, signal);
    const painted = (number: number) => {
      root.dataset.frame = String(number);
      kernel.send({ type: "painted", number });
    };
    let paint = () => {};
    let misses = 0;
    const paintWhereShown = () => {
      // A notebook takes cells out of the page for a moment when it moves them or changes its
      // theme. There is nothing to measure then, and what is there already fits: try again.
      if (root.clientWidth > 0) {
        misses = 0;
        paint();
      } else if (misses++ < MISSES) {
        painter.request();
      }
    };
    const painter = new Painter(paintWhereShown, painted, beforeRefresh);
    signal.addEventListener("abort", () => painter.dispose());
    keepInputKeys(root, signal);
    followTheme(root, () => painter.request(), signal);
    followSize([root], () => painter.request(), signal);
    paint = build({ model, root, signal, painter, saver, kernel });
    root.prepend(silence.element);
    followState(model, root, signal);
    el.append(root);
    painter.request();
    return () => {
      controller.abort();
      root.remove();
    };
  };
}

/** Shows the model's state on the root, and its message as the first thing in it. */
function followState<Traits extends CommonTraits>(
  model: AnyModel<Traits>,
  root: HTMLElement,
  signal: AbortSignal,
): void {
  const notice = new Notice();
  const update = () => {
    const state = model.get("state");
    root.dataset.state = state;
    root.setAttribute("aria-busy", String(state === "running"));
    notice.say(model.get("message"), state === "error" ? "error" : "note");
  };
  root.prepend(notice.element);
  follow(model, ["state", "message"], update, signal);
  update();
}
