"""Weights as a person uses it: every control, a walk along connections, and a matrix by levels."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.jupyterlab import SECOND, Notebook, await_frame, await_state

VIEW = """
import cnnviz_widgets as cw
net = cw.load("digits")
image = net.fit(cw.image("digit-3"))
chosen = cw.Selection(image=image)
view = cw.Weights(net, layer="conv2", channel=5, selection=chosen)
view
"""
LARGE = """
import numpy as np, jax.numpy as jnp
rows = np.random.default_rng(0).normal(size=(1500, 900)).astype("f4")
rows[700, 450] = 9
large = cw.Network(lambda w, x: x @ w, params=jnp.asarray(rows), input_shape=(1500,))
matrix = cw.Weights(large)
matrix.show = "matrix"
matrix
"""


def expect_at(view: Locator, layer: str, channel: int) -> None:
    expect(view).to_have_attribute("data-layer", layer)
    expect(view).to_have_attribute("data-channel", str(channel))


def test_every_control_and_a_walk_along_a_circuit(new_notebook: Callable[..., Notebook]):
    notebook = new_notebook(VIEW)
    notebook.run_all()
    view = notebook.view("weights")
    await_frame(view)
    await_state(view, "done")
    expect_at(view, "conv2", 5)
    expect(view.get_by_role("img", name="Kernel of conv2:5, 32 input channels")).to_be_visible()
    expect(view.locator(".cv-told")).to_contain_text("18\u202f432")

    # sliders and keys
    view.get_by_label("Channel", exact=True).fill("9")
    expect_at(view, "conv2", 9)
    notebook.await_value("chosen.channel", 9)
    view.get_by_label("Layer", exact=True).fill("2")
    expect_at(view, "conv3", 9)
    view.locator(".cv-matrix-map, .cv-stage").first.press("PageUp")
    expect_at(view, "conv2", 9)
    view.get_by_label("Order", exact=True).select_option("strongest")
    notebook.await_value("view.order", "strongest")
    view.get_by_label("Scale", exact=True).select_option("tile")
    expect(view.get_by_role("img", name=re.compile("Colour bar"))).to_be_hidden()
    grid = view.get_by_role("group", name="Kernels")
    grid.press("ArrowRight")
    expect(view.locator(".cv-weights .cv-line")).to_contain_text("norm")

    # the strongest input, and back again
    best = notebook.run(
        "ties = cw.methods.connections(cw.methods.kernels(net), 'conv2', 9)\n"
        "print(ties.before[0].strongest(1)[0], ties.after[0].strongest(1)[0])"
    )
    before, after = map(int, best.split())
    view.get_by_role("button", name=f"conv1:{before}", exact=False).first.click()
    expect_at(view, "conv1", before)
    notebook.await_value("(chosen.layer, chosen.channel)", ("conv1", before))
    view.get_by_role("button", name="Back").click()
    expect_at(view, "conv2", 9)
    expect(view.get_by_role("button", name="Back")).to_be_disabled()
    view.get_by_role("button", name=f"conv3:{after}", exact=False).first.click()
    expect_at(view, "conv3", after)
    strip = view.get_by_role("img", name=re.compile("Connections to 64 channels of conv2"))
    strip.click(position={"x": 2, "y": 2})
    expect_at(view, "conv2", 0)

    # how filters lie to one another; a map of 64 is no map of the next layer's 32
    structure = view.get_by_label("Structure", exact=True)
    structure.select_option("tsne")
    mapped = view.get_by_role("img", name="Map of 64 filters of conv2, map, t-SNE")
    expect(mapped).to_be_visible(timeout=60 * SECOND)
    grid.press("Home")
    grid.press("Enter")
    expect(view).to_have_attribute("data-layer", "conv1")
    structure.select_option("similarity")
    expect(view.get_by_role("img", name="Cosine similarity of 32 filters of conv1")).to_be_visible()
    expect(view.get_by_text("Cosine between every two filters")).to_be_visible()
    structure.select_option("singular")
    expect(view.get_by_text("directions hold 90 % of the energy")).to_be_visible()
    structure.select_option("tsne")
    shown = view.get_by_role("img", name="Map of 32 filters of conv1, map, t-SNE")
    expect(shown).to_be_visible(timeout=60 * SECOND)
    notebook.run("view.channel = 3")
    expect_at(view, "conv1", 3)
    view.locator(".cv-structure .cv-plot").press("ArrowRight")
    expect_at(view, "conv1", 4)

    # a layer without weights
    notebook.run('chosen.layer = "relu_2"')
    expect(view.get_by_text("relu_2 (activation) has no weights.")).to_be_visible()
    view.get_by_role("button", name="conv3", exact=True).click()
    expect(view).to_have_attribute("data-layer", "conv3")
    notebook.save()
    notebook.reload()
    await_frame(view)
    expect(view).to_have_attribute("data-layer", "conv3")


def test_a_large_matrix_is_looked_at_by_levels(new_notebook: Callable[..., Notebook]):
    notebook = new_notebook("import cnnviz_widgets as cw", LARGE)
    notebook.run_all()
    view = notebook.view("weights")
    await_frame(view)
    matrix = view.get_by_role("group", name="Weight matrix")
    canvas = view.get_by_role("img", name=re.compile("900 outputs by 1500 weights"))
    expect(matrix).to_have_attribute("data-missing", "0")
    far = int(matrix.get_attribute("data-level") or -1)
    assert far >= 1
    picture = canvas.evaluate("canvas => canvas.toDataURL()")
    view.get_by_label("Blocks", exact=True).select_option("mean")
    notebook.await_value("matrix.blocks", "mean")
    assert canvas.evaluate("canvas => canvas.toDataURL()") != picture
    view.get_by_label("Blocks", exact=True).select_option("extreme")

    matrix.press("+")
    for _ in range(3):
        view.get_by_role("button", name="Zoom in").click()
    expect(matrix).to_have_attribute("data-level", "0")
    expect(matrix).to_have_attribute("data-missing", "0")
    expect(canvas).to_have_attribute("aria-label", re.compile("rows .* columns"))
    for _ in range(3):
        matrix.press("+")
    box = matrix.bounding_box()
    assert box is not None
    notebook.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    line = view.locator(".cv-weights .cv-line")
    expect(line).to_contain_text(re.compile(r"output \d+, weight \d+: "))
    row, column, value = re.findall(r"−?\d+\.?\d*(?:e−?\d)?", line.inner_text())
    real = float(notebook.run(f"print(rows[{column}, {row}])"))
    assert float(value.replace("−", "-")) == pytest.approx(real, rel=0.01, abs=1e-3)

    notebook.page.mouse.down()
    notebook.page.mouse.move(box["x"] + 20, box["y"] + 20, steps=3)
    notebook.page.mouse.up()
    expect(view).to_have_attribute("data-channel", "0")  # a drag chooses nothing
    matrix.click()
    expect(view).not_to_have_attribute("data-channel", "0")
    notebook.page.mouse.wheel(0, -200)
    view.get_by_role("button", name="Show all").click()
    expect(matrix).to_have_attribute("data-level", str(far))
    expect(view.get_by_role("button", name="Zoom out")).to_be_disabled()
