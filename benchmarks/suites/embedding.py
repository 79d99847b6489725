"""Ten thousand images on a plane: how smoothly they move, and how long it takes to lay them out."""

import time

import numpy as np

import cnnviz_widgets as cw
from benchmarks.compare import percentile
from benchmarks.measured import Measured
from benchmarks.notebooks import notebooks
from cnnviz_widgets.methods.layout.projection import unit_rows
from tests.browser.jupyterlab import Notebook, await_state

COUNT = 10_000
BATCH = 64  # of digits, moved a little
SECONDS = 5
STEPS = 40
VIEW = f"""
import numpy as np
import cnnviz_widgets as cw
from cnnviz_widgets.zoo import digits_data
batches = digits_data.training_batches(np.random.default_rng(0))
found = [next(batches) for _ in range({COUNT // BATCH + 1})]
images, labels = (np.concatenate(part)[:{COUNT}] for part in zip(*found))
view = cw.Embedding(cw.load("digits"), images, labels, layer="relu_4")
view
"""
# A hand that moves to and fro, farther than what is drawn around the stage; one event a refresh,
# right before the paint, as browsers hand them over.
PAN = """async (stage, seconds) => {
    const box = stage.getBoundingClientRect();
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    const send = (type, right) => stage.dispatchEvent(new PointerEvent(type, {
        bubbles: true, clientX: x + right, clientY: y + right / 3, button: 0, buttons: 1,
        pointerId: 1, isPrimary: true,
    }));
    stage.setPointerCapture = () => {};
    return await moving(seconds, frame => {
        if (frame === 0) send("pointerdown", 0);
        send("pointermove", 500 * Math.sin(frame / 30));
    }).finally(() => send("pointerup", 0));

    async function moving(seconds, move) {
        const times = [];
        const start = performance.now();
        for (let frame = 0; performance.now() - start < 1000 * seconds; frame++) {
            times.push(await new Promise(done => requestAnimationFrame(now => {
                move(frame);
                done(now);
            })));
        }
        return times;
    }
}"""
ZOOM = PAN.replace(
    'if (frame === 0) send("pointerdown", 0);\n'
    '        send("pointermove", 500 * Math.sin(frame / 30));',
    'stage.dispatchEvent(new WheelEvent("wheel", { deltaY: frame % 120 < 60 ? -16 : 16,\n'
    "            ctrlKey: true, clientX: x, clientY: y, bubbles: true, cancelable: true }));",
)


def measure() -> list[Measured]:
    """All rows of this suite."""
    with notebooks() as open_notebook:
        rows = _moving(open_notebook(VIEW))
    return [*rows, *_laying()]


def _moving(notebook: Notebook) -> list[Measured]:
    notebook.run_all(600)
    view = notebook.view("embedding")
    await_state(view, "done", timeout=300)
    stage = view.locator(".cv-scatter")
    rows = []
    for display in ("thumbnails", "dots"):
        view.get_by_label("Display").select_option(display)
        rows.append(_rate(f"Panning {COUNT:,} {display}", stage.evaluate(PAN, SECONDS), 60))
        rows.append(_rate(f"Zooming {COUNT:,} {display}", stage.evaluate(ZOOM, SECONDS), None))
    notebook.close()
    return rows


def _rate(what: str, times: list[float], target: float | None) -> Measured:
    """Refreshes that were reached; a screen of 60 Hz shows 59.9, which is all that there are."""
    gaps = np.diff(times).tolist()
    rate = float(round(1000 / float(np.mean(gaps))))
    details = (
        f"in Chromium without a graphics card, over {SECONDS} s; from one to the next "
        f"{percentile(gaps, 50):.1f} ms median, {percentile(gaps, 95):.1f} ms at p95"
    )
    return Measured(what, "frames/s", rate, target, more_is_better=True, details=details)


def _laying() -> list[Measured]:
    rows = np.random.default_rng(0).standard_normal((COUNT, 64)).astype(np.float32)
    rows += 6 * np.eye(64, dtype=np.float32)[np.arange(COUNT) % 10]
    start = last = time.perf_counter()
    ready, step = 0.0, 0
    found: list[float] = []  # seconds for each step
    for frame in cw.methods.tsne_frames(unit_rows(rows), steps=STEPS):
        now = time.perf_counter()
        if frame.step > 1:  # the first one is compiled
            found.append((now - last) / (frame.step - step))
        elif frame.step == 0:
            ready = now - start
        last, step = now, frame.step
    details = (
        f"median of {STEPS}; neighbours and the start take {ready:.1f} s; 750 steps by default"
    )
    took = 1000 * percentile(found, 50)
    return [
        Measured(f"A step of t-SNE, {COUNT:,} vectors of 64", "ms", took, None, details=details)
    ]
