"""Large networks as a graph: how soon it is there, and how smoothly it folds."""

import time
from typing import Any

from benchmarks.compare import percentile
from benchmarks.measured import Measured
from benchmarks.notebooks import notebooks
from tests.browser.jupyterlab import Notebook, await_frame, await_refresh

NETWORKS = {"ResNet50": "conv4_block3_add", "InceptionV3": "mixed5"}  # and a layer in a block
FOLDS = 24
REFRESH = 1000 / 60  # milliseconds
LOADED = """
import os
os.environ["KERAS_BACKEND"] = "jax"
import keras
import cnnviz_widgets as cw
model = keras.applications.{name}(weights=None)
net = cw.Network(model)
"""
SHOWN = "cw.Architecture(net, layer={layer!r})"
# Each fold and unfold by a press of the key Enter, as the browser hands it over; all frames are
# counted from the press until the cards have moved to their places. A frame is late when it came
# more than half a refresh after its time.
FOLDING = """async (stage, folds) => {
    const frames = [], first = [];
    const next = () => new Promise(requestAnimationFrame);
    const enter = () => stage.dispatchEvent(
        new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
    const view = stage.closest(".cnnviz");
    const counts = new Set();
    for (let fold = 0; fold < folds; fold++) {
        let last = await next();
        const start = performance.now();
        enter();
        let painted = false;
        while (performance.now() - start < 400) {
            const now = await next();
            frames.push(now - last);
            if (!painted) first.push(performance.now() - start);
            painted = true;
            last = now;
        }
        counts.add(view.dataset.shown);
    }
    if (counts.size < 2) throw new Error("nothing folded");
    return { frames, first, shown: [...counts] };
}"""


def measure() -> list[Measured]:
    """All rows of this suite."""
    rows = []
    with notebooks() as open_notebook:
        for name, layer in NETWORKS.items():
            rows.extend(_network(open_notebook(LOADED.format(name=name)), name, layer))
    return rows


def _network(notebook: Notebook, name: str, layer: str) -> list[Measured]:
    notebook.run_all()
    layers = int(notebook.run("print(len(net.layers))"))
    start = time.perf_counter()
    notebook.start(SHOWN.format(layer=layer))
    view = notebook.view("architecture")
    view.locator(".cv-card").first.wait_for()
    await_refresh(notebook.page)
    seconds = time.perf_counter() - start
    await_frame(view, 0)
    stage = view.get_by_role("group", name="Layers", exact=False)
    found = stage.evaluate(FOLDING, FOLDS)
    notebook.close()
    return [
        Measured(
            f"First paint of the architecture of {name}", "s", seconds, 2.0,
            details=f"{layers} layers, traced already; from running the cell to cards in Chromium",
        ),
        _frames(f"Folding and unfolding, {name}", found),
    ]  # fmt: skip


def _frames(what: str, found: dict[str, Any]) -> Measured:
    frames, first = found["frames"], found["first"]
    late = sum(each > 1.5 * REFRESH for each in frames)
    details = (
        f"{len(first)} presses of Enter, {' and '.join(found['shown'])} cards shown; {late} of "
        f"{len(frames)} frames were late, the longest took {max(frames):.0f} ms; press to paint "
        f"p95 {percentile(first, 95):.0f} ms"
    )
    rate = float(round(1000 * len(frames) / sum(frames)))  # a screen of 60 Hz shows 59.9
    return Measured(what, "frames/s", rate, 60, more_is_better=True, details=details)
