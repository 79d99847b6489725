/**
 * Whether there is a kernel at the other end of a model.
 *
 * ipywidgets 8 says when that changes and marks the view's element; anywidget passes on the event
 * but not the state, so that is read off the mark. A front end without marks counts as connected.
 */
import type { AnyModel } from "@anywidget/types";
import type { CommonTraits } from "./model";

const MARK = ".jupyter-widgets-disconnected";

/**
 * Keeps a view from waiting for a kernel that is gone: what ran no longer runs.
 *
 * @param changed called when the connection is lost or comes back, not for how it is at first
 */
export function followConnection(
  model: AnyModel<CommonTraits>,
  element: Element,
  changed: (connected: boolean) => void,
  signal: AbortSignal,
): void {
  const settle = () => {
    const connected = element.closest(MARK) === null;
    const live = ["running", "paused"].includes(model.get("state"));
    if (!connected && live) model.set("state", "idle");
    return connected;
  };
  const update = () => changed(settle());
  model.on("comm_live_update", update);
  signal.addEventListener("abort", () => model.off("comm_live_update", update));
  settle();
}
