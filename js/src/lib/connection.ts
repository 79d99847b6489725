/**
 * Whether the kernel that a view was made by is still there.
 *
 * ipywidgets 8 says when that changes: in JupyterLab, when the kernel restarts. anywidget passes on
 * the event but not what it means, so it is taken for a loss; should it be none, the kernel's next
 * answer takes the words back, and its state comes with it. Other front ends say nothing.
 */
import type { AnyModel } from "@anywidget/types";
import type { CommonTraits } from "./model";

/**
 * Keeps a view from waiting for a kernel that is gone: what ran no longer runs.
 *
 * @param lost called when the connection is lost
 */
export function followConnection(
  model: AnyModel<CommonTraits>,
  lost: () => void,
  signal: AbortSignal,
): void {
  const settle = () => {
    const state = model.get("state");
    if (state === "running" || state === "paused") model.set("state", "idle");
    lost();
  };
  model.on("comm_live_update", settle);
  signal.addEventListener("abort", () => model.off("comm_live_update", settle));
}
