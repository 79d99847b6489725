"""What a person feels: from a slider to the picture, and how smooth an ascent is."""

from benchmarks.compare import percentile
from benchmarks.measured import Measured
from benchmarks.notebooks import notebooks
from tests.browser.jupyterlab import Notebook, await_frame, await_state

MOVES = 120
WARM = 20
SECONDS = 10
MAPS = """
import cnnviz_widgets as cw
net = cw.load("photos")
cw.FeatureMaps(net, cw.image("cat"), layer="conv3")
"""
ASCENT = """
import cnnviz_widgets as cw
net = cw.load("photos")
ascent = cw.GradientAscent(net, "conv3:5", size=128, steps=100_000)
ascent
"""
NUMBERS = """
import cnnviz_widgets as cw
net = cw.load("photos")
cw.Operation(net, net.fit(cw.image("cat")), layer="conv2", channel=5)
"""
NUMBERS_OF_VGG16 = """
import os
os.environ["KERAS_BACKEND"] = "jax"
import keras
import cnnviz_widgets as cw
keras.utils.set_random_seed(0)
net = cw.Network(keras.applications.VGG16(weights=None, classifier_activation=None))
cw.Operation(net, net.fit(cw.image("cat")), layer="block3_conv2", channel=5)
"""
# A browser hands a slider's events over right before it paints. So does this: the clock runs from
# the event to the first task after the paint that follows it.
CHANNELS = """async (input, moves) => {
    const sent = window.sentToKernel.length;
    const custom = () => window.sentToKernel.slice(sent)
        .filter(text => text.includes('"method":"custom"')).length;
    const canvas = input.closest(".cnnviz").querySelector(".cv-map canvas");
    const times = [];
    let asked = 0;
    for (let move = 0; move < moves; move++) {
        const last = canvas.toDataURL();
        await new Promise(done => requestAnimationFrame(() => {
            const start = performance.now();
            const before = custom();
            input.value = String((move * 7 + 1) % (Number(input.max) + 1));
            input.dispatchEvent(new Event("input", { bubbles: true }));
            const { port1, port2 } = new MessageChannel();
            port1.onmessage = () => {
                times.push(performance.now() - start);
                asked += custom() - before;
                done();
            };
            port2.postMessage(null);
        }));
        if (canvas.toDataURL() === last) throw new Error(`move ${move} changed nothing`);
    }
    return { times, asked };
}"""
LAYERS = """async (input, moves) => {
    const view = input.closest(".cnnviz");
    const count = Number(input.max) + 1;
    const times = [];
    const change = to => new Promise(done => {
        const start = performance.now();
        const seen = new MutationObserver(() => {
            seen.disconnect();
            done(performance.now() - start);
        });
        seen.observe(view, { attributes: true, attributeFilter: ["data-frame"] });
        input.value = String(to);
        input.dispatchEvent(new Event("input", { bubbles: true }));
    });
    const pause = () => new Promise(done => setTimeout(done, 150));
    for (let layer = 0; layer < count; layer++) {
        if (String(layer) !== input.value) await change(layer);
        await pause();
    }
    for (let move = 1; move <= moves; move++) {
        const to = (move * 5) % count;
        if (String(to) !== input.value) times.push(await change(to));
        await pause();
    }
    return times;
}"""
# The pointer goes to and fro over the map, always on to another cell; likewise handed over right
# before a paint, and likewise the clock stops after the paint that shows the cell's arithmetic. The
# moves to get warm are enough for what the page is sent once, when the pointer comes to the map.
POINTER = """async (map, moves) => {
    const view = map.closest(".cnnviz");
    const [rows, cols] = map.getAttribute("aria-label").match(/, (\\d+) by (\\d+),/)
        .slice(1).map(Number);
    const share = (at, cells) => (cells - Math.abs((at % (2 * cells)) - cells + 0.5)) / cells;
    const times = [];
    const sent = window.sentToKernel.length;
    for (let move = 1; move <= moves; move++) {
        const [across, down] = [share(3 * move, cols), share(2 * move, rows)];
        const cell = [Math.floor(down * rows), Math.floor(across * cols)].join(",");
        await new Promise((done, failed) => requestAnimationFrame(() => {
            const start = performance.now();
            const overdue = setTimeout(() => failed(new Error(`no answer to ${cell}`)), 5000);
            const seen = new MutationObserver(() => {
                if (view.dataset.position !== cell) return;
                seen.disconnect();
                clearTimeout(overdue);
                const { port1, port2 } = new MessageChannel();
                port1.onmessage = () => { times.push(performance.now() - start); done(); };
                port2.postMessage(null);
            });
            seen.observe(view, { attributes: true, attributeFilter: ["data-position"] });
            const { x, y, width, height } = map.getBoundingClientRect();
            map.dispatchEvent(new PointerEvent("pointermove", {
                bubbles: true, clientX: x + across * width, clientY: y + down * height,
            }));
        }));
        await new Promise(done => setTimeout(done, 20));
    }
    const looks = text => text.includes('"type":"look"');
    return { times, asked: window.sentToKernel.slice(sent).filter(looks).length };
}"""
LIVE = """async (view, seconds) => {
    const { kernel } = window.jupyterapp.shell.currentWidget.sessionContext.session;
    let frames = 0;
    const seen = new MutationObserver(() => { frames += 1; });
    seen.observe(view, { attributes: true, attributeFilter: ["data-frame"] });
    const answers = [];
    const start = performance.now();
    while (performance.now() - start < 1000 * seconds) {
        const asked = performance.now();
        await kernel.requestExecute({ code: "1 + 1" }).done;
        answers.push(performance.now() - asked);
        await new Promise(done => setTimeout(done, 100));
    }
    const painted = frames / (performance.now() - start) * 1000;
    seen.disconnect();
    return { painted, answers };
}"""


def measure() -> list[Measured]:
    """All rows of this suite."""
    with notebooks() as open_notebook:
        return [
            *_sliders(open_notebook(MAPS)),
            _pointer(open_notebook(NUMBERS), "“photos”"),
            _pointer(open_notebook(NUMBERS_OF_VGG16), "VGG16"),
            *_live(open_notebook(ASCENT)),
        ]


def _sliders(notebook: Notebook) -> list[Measured]:
    notebook.run_all()
    view = notebook.view("feature-maps")
    await_frame(view)
    channels = view.get_by_label("Channel").evaluate(CHANNELS, MOVES)
    layers = view.get_by_label("Layer").evaluate(LAYERS, MOVES)
    notebook.close()
    asked = f"{channels['asked']} messages to the kernel"
    return [
        _slider("Channel change to repaint, “photos”", channels["times"], 16, asked),
        _slider("Layer change to repaint, “photos”", layers, 60, "all layers in turn"),
    ]


def _slider(what: str, times: list[float], target: float, said: str) -> Measured:
    details = (
        f"p95 of {len(times)} moves in Chromium; median {percentile(times, 50):.1f} ms, "
        f"at most {max(times):.1f} ms; {said}"
    )
    return Measured(what, "ms", percentile(times, 95), target, details=details)


def _pointer(notebook: Notebook, network: str) -> Measured:
    notebook.run_all()
    view = notebook.view("operation")
    await_frame(view, timeout=60)
    await_state(view, "done")
    feature_map = view.get_by_role("img", name="Feature map ")
    feature_map.evaluate(POINTER, WARM)
    found = feature_map.evaluate(POINTER, MOVES)
    said = feature_map.get_attribute("aria-label") or ""
    notebook.close()
    where = said.partition(", the number")[0].replace("Feature map", "feature map")
    said = f"{where}; {found['asked']} messages to the kernel"
    return _slider(f"Pointer to the arithmetic below it, {network}", found["times"], 30, said)


def _live(notebook: Notebook) -> list[Measured]:
    notebook.run_all()
    view = notebook.view("gradient-ascent")
    view.get_by_role("button", name="Play").click()
    await_frame(view, 50)
    found = view.evaluate(LIVE, SECONDS)
    view.get_by_role("button", name="Stop").click()
    notebook.close()
    answers = found["answers"]
    return [
        Measured(
            "Live ascent, “photos” at 128 x 128, default preset", "frames/s", found["painted"], 25,
            more_is_better=True, details=f"painted in Chromium, over {SECONDS} s",
        ),
        Measured(
            "A cell `1 + 1` meanwhile", "ms", percentile(answers, 95), 150,
            details=f"p95 of {len(answers)} cells; median {percentile(answers, 50):.0f} ms",
        ),
    ]  # fmt: skip
