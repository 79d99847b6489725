"""Training as a person uses it: it streams while a cell trains, and the slider goes back."""

import json
import re
from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.browser.jupyterlab import Notebook, await_frame, await_state

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
