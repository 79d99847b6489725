"""Activations as a person uses it: layers and channels by pointer, keys and controls."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.jupyterlab import Notebook, await_state

VIEW = """
import numpy as np
import cnnviz_widgets as cw
from tests.models.learning import Small, SHAPE, examples
net = cw.Network(Small(), input_shape=SHAPE)
bias = net.weights["conv1/bias"].at[2].set(-100.0).at[3].set(100.0)
net = net.with_weights({"conv1/bias": bias})
images, labels = examples(600)
chosen = cw.Selection()
view = cw.Activations(net, images, selection=chosen)
view
"""


def test_layers_and_channels_are_chosen_in_every_way(new_notebook: Callable[..., Notebook]):
    notebook = new_notebook(VIEW)
    notebook.run_all()
    view = notebook.view("activations")
    await_state(view, "done")
    expect(view.get_by_text("over 600 images")).to_be_visible()
    expect(view).to_have_attribute("data-images", "600")
    table = view.get_by_role("table")
    row = table.get_by_role("row", name="relu").first
    dead = notebook.run("print(len(view['relu'].dead))").strip()
    expect(row.locator("td").nth(3)).to_have_text(dead)
    expect(row.get_by_role("img", name="Histogram of relu: mean")).to_be_visible()

    view.get_by_label("Order").select_option("dead")
    expect(view).to_have_attribute("data-first", "2")
    view.get_by_label("Order").select_option("always")
    expect(view).to_have_attribute("data-first", "3")
    notebook.await_value("view.order", "always")
    plot = view.get_by_role("group", name="Channels: arrow keys")
    box = plot.bounding_box()
    assert box is not None
    notebook.page.mouse.move(box["x"] + 60, box["y"] + 40)
    expect(view.get_by_text("channel 3: mean")).to_be_visible()
    plot.click(position={"x": 60, "y": 40})
    notebook.await_value("chosen.channel", 3)
    notebook.page.mouse.move(0, 0)
    plot.press("End")
    notebook.await_value("chosen.channel", 2)
    expect(view.get_by_text("one value for all images").first).to_be_visible()
    plot.press("Home")
    plot.press("ArrowRight")
    notebook.await_value("chosen.channel not in (2, 3)", True)
    view.get_by_label("Channel", exact=True).fill("1")
    notebook.await_value("chosen.channel", 1)
    expect(view.get_by_role("img", name="Chosen: channel 1: mean")).to_be_visible()

    table.get_by_role("button", name="conv2").click()
    notebook.await_value("chosen.layer", "conv2")
    view.get_by_label("Layer", exact=True).press("End")
    last = "print(net.layers[-1].name)"
    notebook.await_value("chosen.layer", notebook.run(last).strip())
    plot.press("PageUp")
    histogram = view.locator(".cv-plot")
    histogram.hover()
    expect(view.get_by_text("values", exact=False).last).to_be_visible()

    notebook.run("many = cw.Activations(net, np.concatenate([images] * 400)); display(many)")
    second = notebook.view("activations", 1)
    second.get_by_role("button", name="Pause").click()
    await_state(second, "paused")
    expect(second.get_by_text(", paused")).to_be_visible()
    second.get_by_role("button", name="Play").click()
    await_state(second, "running")
    second.get_by_role("button", name="Stop").click()
    await_state(second, "idle")
    expect(second.get_by_text(", stopped")).to_be_visible()

    notebook.save()
    notebook.reload()
    expect(view.get_by_text("over 600 images")).to_be_visible()
