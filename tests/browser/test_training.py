"""Training as a person uses it: it streams while a cell trains, and the slider goes back.

Alone, and behind a tab of a bench. There are no buttons to pause or stop a training: the loop is
the person's own, and the notebook's button stops it.
"""

import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
from playwright.sync_api import Locator, expect

from tests.browser.jupyterlab import Notebook, await_frame, await_refresh, await_state

VIEW = """
import time
import cnnviz_widgets as cw
from tests.models.learning import Loop, SHAPE
loop = Loop()
watch = cw.Training(loop.model, loop.images, loop.labels, unit="conv2:3", every=5, ascent_steps=4)
watch
"""
COMPILING = 30_000  # milliseconds: the first ascent in a layer is compiled
TRAIN = """
for step in range(60):
    loss, grads = loop.step()
    watch.step(loop.model, loss=loss, accuracy=step / 60, grads=grads)
    time.sleep(0.12)
"""


def test_it_streams_while_a_cell_trains_and_goes_back_afterwards(
    new_notebook: Callable[..., Notebook],
):
    notebook = new_notebook(VIEW)
    notebook.run_all()
    view = notebook.view("training")
    await_frame(view)
    await_state(view, "done")
    expect(view).to_have_attribute("data-step", "0")

    notebook.start(TRAIN)
    expect(view).to_have_attribute("data-step", re.compile(r"^\d*[05]$(?<!^0)"))
    await_state(view, "running")
    loss = view.get_by_role("img", name=re.compile(r"loss over \d+ steps"))
    expect(loss).to_be_visible(timeout=COMPILING)
    view.get_by_label("Channel").fill("4")  # in the midst of it
    expect(view.get_by_role("img", name="Feature map of conv2:4")).to_be_visible(timeout=COMPILING)
    assert notebook.is_busy()
    await_state(view, "done")  # the end of the cell ends it
    expect(view).to_have_attribute("data-steps", "60")
    expect(view).to_have_attribute("data-step", "60")
    assert json.loads(notebook.run("print(watch.kept)"))[:3] == [0, 5, 10]

    goes_back(notebook, view, loss)
    chooses(notebook, view)


def goes_back(notebook: Notebook, view: Locator, loss: Locator) -> None:
    slider = view.get_by_label("Iteration")
    slider.fill("21")  # the nearest that is kept
    expect(view).to_have_attribute("data-step", "20")
    notebook.await_value("watch.iteration", 20)
    expect(view.get_by_role("img", name="filters of conv1 after 20 steps")).to_be_visible(
        timeout=COMPILING
    )
    box = loss.bounding_box()
    assert box is not None
    loss.click(position={"x": 48 + (box["width"] - 58) / 2, "y": 60})
    expect(view).to_have_attribute("data-step", "30")
    wanted = notebook.run(
        "print(f'{watch._record.moments.get(30).figures[0].gradient:.3g}')"
    ).strip()
    expect(view.get_by_role("row", name="conv1").locator("td").first).to_contain_text(wanted[:4])
    view.get_by_role("button", name="Latest").click()
    expect(view).to_have_attribute("data-step", "60")
    notebook.await_value("watch.iteration", -1)


def chooses(notebook: Notebook, view: Locator) -> None:
    view.get_by_label("Layer").select_option("conv1")
    expect(view.get_by_role("img", name="Feature map of conv1:")).to_be_visible(timeout=COMPILING)
    notebook.await_value("watch.layer", "conv1")
    view.get_by_role("button", name="conv2", exact=True).click()
    expect(view.get_by_role("img", name="What drives conv2:")).to_be_visible(timeout=COMPILING)
    notebook.await_value("watch.layer", "conv2")
    notebook.run("watch.iteration = 10")
    expect(view).to_have_attribute("data-step", "10", timeout=COMPILING)


# As in notebooks/watching_training.ipynb, with a network that learns in seconds.
BENCH = """
import time
import cnnviz_widgets as cw
import jax
import numpy as np
import optax
from flax import nnx
from cnnviz_widgets.zoo import digits_data

images, labels = digits_data.training_digits()
unseen, answers = digits_data.held_out_digits()

class CNN(nnx.Module):
    def __init__(self, rngs):
        self.conv1 = nnx.Conv(1, 6, (3, 3), strides=2, rngs=rngs)
        self.conv2 = nnx.Conv(6, 10, (3, 3), strides=2, rngs=rngs)
        self.dense = nnx.Linear(490, 10, rngs=rngs)
    def __call__(self, x):
        x = nnx.relu(self.conv2(nnx.relu(self.conv1(x))))
        return self.dense(x.reshape(len(x), -1))

model = CNN(nnx.Rngs(0))
graph, params = nnx.split(model)
optimizer = optax.adam(3e-3)
memory = optimizer.init(params)

@jax.jit
def train_step(params, memory, x, y):
    def loss(params):
        logits = nnx.merge(graph, params)(x)
        right = (logits.argmax(-1) == y).mean()
        return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean(), right
    (value, right), grads = jax.value_and_grad(loss, has_aux=True)(params)
    updates, memory = optimizer.update(grads, memory, params)
    return optax.apply_updates(params, updates), memory, value, right, grads

rng = np.random.default_rng(0)
told = []  # what the view is told, kept apart from it: of each step the loss, and of each layer
# the norm of the gradient and that of the update, as a share of the weights'
@jax.jit
def norms(before, params, grads):
    size = optax.global_norm
    moved = jax.tree.map(lambda a, b: a - b, params, before)
    return {name: (size(grads[name]), size(moved[name]) / size(params[name])) for name in params}
def train(steps):
    global params, memory
    for _ in range(steps):
        chosen, before = rng.choice(len(images), 64, replace=False), params
        params, memory, loss, accuracy, grads = train_step(
            params, memory, images[chosen], labels[chosen]
        )
        watch.step(params, loss=loss, accuracy=accuracy, grads=grads)
        told.append((float(loss), jax.tree.map(float, norms(before, params, grads))))
        time.sleep(0.05)

watch = cw.Training(model, unseen[:16], answers[:16], every=10, ascent_steps=4)
bench = cw.Explorer(watch.at(0), unseen[0], training=watch)
bench.selection.layer, bench.selection.channel = "relu_2", 3
bench
"""
# The middle of each of so many rows and columns of a picture, as red, green and blue.
CELLS = """(canvas, [rows, columns]) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const pixel = (row, column) => {
        const y = Math.floor((row + 0.5) / rows * canvas.height);
        const x = Math.floor((column + 0.5) / columns * canvas.width);
        return [...data.slice(4 * (y * canvas.width + x), 4 * (y * canvas.width + x) + 3)];
    };
    return Array.from({ length: rows * columns }, (_, at) =>
        pixel(Math.floor(at / columns), at % columns));
}"""


def test_the_tab_of_a_bench_shows_a_training_until_it_is_stopped(
    new_notebook: Callable[..., Notebook],
):
    notebook = new_notebook(BENCH)
    notebook.run_all()
    await_frame(notebook.view("feature-maps"))
    notebook.start("train(2000)")
    notebook.page.get_by_role("tab", name="Training", exact=True).click()
    view = notebook.view("training")
    await_state(view, "running")
    expect(view).to_have_attribute("data-step", re.compile(r"^([3-9]0|\d{3,})$"))
    view.get_by_label("Iteration").fill("20")  # back, while it goes on
    expect(view).to_have_attribute("data-step", "20")
    before = int(view.get_attribute("data-steps") or 0)
    expect(view).not_to_have_attribute("data-steps", str(before))
    assert notebook.is_busy()
    notebook.command("notebook:interrupt-kernel")  # the notebook's own button
    await_state(view, "done")
    told = json.loads(notebook.run("import json; print(json.dumps(told))"))
    steps = int(view.get_attribute("data-steps") or 0)
    assert steps - len(told) in (0, 1)  # the last one may have been stopped on its way
    expect(view).to_have_attribute("data-step", "20")
    shows_what_was_told(notebook, view, told, steps, 20)
    shows_the_network_of(notebook, view, 20, "relu_2", 3)

    # The tab follows the bench, and a view that is opened later shows the same step.
    layers = notebook.view("layer-list")
    layers.get_by_role("option", name="relu ", exact=False).first.click()
    notebook.view("feature-maps").get_by_label("Channel").fill("4")
    shows_the_network_of(notebook, view, 20, "relu", 4)
    notebook.run("display(watch)")
    later = notebook.view("training", 1)
    expect(later).to_have_attribute("data-step", "20")
    expect(later.locator(".cv-stale")).to_have_count(0)

    notebook.run("train(10)\nwatch.end()")  # it can go on
    for each in (view, later):
        expect(each).to_have_attribute("data-steps", str(steps + 10))
    view.get_by_role("button", name="Latest").click()
    expect(later).to_have_attribute("data-step", re.compile("^(?!20$)"))
    latest = int(notebook.run("print(watch.kept[-1])"))
    shows_the_network_of(notebook, view, latest, "relu", 4)
    losses = [loss for loss, _ in told]
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])  # it does learn


def shows_what_was_told(
    notebook: Notebook, view: Locator, told: list[Any], steps: int, shown: int
) -> None:
    """Compares the curve, where it is pointed at, and the table with what the loop gave."""
    chart = view.get_by_role("img", name=f"loss over {steps} steps")
    line = view.locator(".cv-curve", has_text="loss").locator(".cv-header")
    box = chart.bounding_box()
    assert box is not None
    for share in (0.1, 0.3, 0.8):
        chart.hover(position={"x": 48 + share * (box["width"] - 58), "y": 60})
        await_refresh(notebook.page)
        found = re.search(r"step (\d+): (\S+)", line.inner_text())
        assert found, line.inner_text()
        step, value = int(found[1]), float(found[2])
        assert abs(step - share * steps) <= 0.02 * steps
        assert abs(value - told[step - 1][0]) <= 0.01 * value
    notebook.page.mouse.move(0, 0)
    for layer, numbers in told[shown - 1][1].items():
        cells = view.get_by_role("row", name=layer).first.locator("td span").all_inner_texts()
        np.testing.assert_allclose([float(cell) for cell in cells[:2]], numbers, rtol=0.01)


def shows_the_network_of(
    notebook: Notebook, view: Locator, step: int, layer: str, channel: int
) -> None:
    """Compares the unit's map and the table with the network of a step, looked at afresh."""
    name = f"Feature map of {layer}:{channel} after {step} steps"
    stage = view.get_by_role("img", name=name)
    expect(stage).to_be_visible(timeout=COMPILING)
    expect(view.locator(".cv-stale")).to_have_count(0)
    seen = f"cw.methods.activations(watch.at({step}), unseen[:1], ['{layer}'])['{layer}']"
    values = np.array(json.loads(notebook.run(f"print({seen}[0, ..., {channel}].tolist())")))
    assert values.max() > 0
    colours = np.array(stage.evaluate(CELLS, list(values.shape)))
    bright = colours @ [0.2126, 0.7152, 0.0722]  # which rises along viridis
    assert np.corrcoef(bright, values.ravel())[0, 1] > 0.97
