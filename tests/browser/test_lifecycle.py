"""What becomes of a view when its kernel restarts, its page is loaded anew, or it is closed."""

import base64
import io
from collections.abc import Callable
from pathlib import Path

import nbformat
from PIL import Image
from playwright.sync_api import Locator, expect

from tests.browser.jupyterlab import SECOND, Notebook, await_frame, await_state

VIEWS = (
    """
import threading
import cnnviz_widgets as cw
net = cw.load("digits")
maps = cw.FeatureMaps(net, net.fit(cw.image("digit-3")), layer="conv1", channel=3)
maps.wait()
maps
""",
    """
ascent = cw.GradientAscent(net, "conv3:5", steps=100_000)
ascent
""",
)
PICTURE = "view => view.querySelector('canvas').toDataURL()"
REACHED = "([view, least]) => Number(view.dataset.step) >= least"
PATIENCE = 60 * SECOND


def open_views(new_notebook: Callable[..., Notebook]) -> tuple[Notebook, Locator, Locator]:
    notebook = new_notebook(*VIEWS)
    notebook.run_all()
    maps, ascent = notebook.view("feature-maps"), notebook.view("gradient-ascent")
    await_frame(maps)
    await_state(ascent, "idle")
    return notebook, maps, ascent


def test_a_kernel_restarted_in_mid_stream_leaves_nothing_stuck(
    new_notebook: Callable[..., Notebook],
):
    notebook, maps, ascent = open_views(new_notebook)
    ascent.get_by_role("button", name="Play").click()
    await_step(ascent, 20)
    notebook.restart()

    # The one that waits for frames says that none will come.
    silent = ascent.get_by_role("status").filter(has_text="kernel does not answer")
    expect(silent).to_be_visible(timeout=PATIENCE)

    # What the views have can still be looked at.
    picture = ascent.evaluate(PICTURE)
    ascent.get_by_label("Iteration").fill("0")
    expect(ascent).to_have_attribute("data-step", "0")
    assert ascent.evaluate(PICTURE) != picture
    maps.get_by_label("Channel").fill("9")
    expect(maps).to_have_attribute("data-channel", "9")

    # Running the cells again makes views that work.
    notebook.run_all()
    await_frame(maps)
    expect(maps.get_by_role("status")).to_be_hidden()
    ascent.get_by_role("button", name="Play").click()
    await_step(ascent, 5)


def test_a_page_loaded_anew_shows_the_last_picture(
    new_notebook: Callable[..., Notebook], folder: Path
):
    notebook, maps, ascent = open_views(new_notebook)
    ascent.get_by_role("button", name="Play").click()
    await_step(ascent, 40)
    ascent.get_by_role("button", name="Pause").click()
    await_state(ascent, "paused")
    ascent.get_by_label("Iteration").fill("7")
    expect(ascent).to_have_attribute("data-step", "7")
    notebook.await_value("ascent.iteration", 7)
    maps.get_by_label("Channel").fill("9")
    notebook.await_value("maps.channel", 9)
    newest = int(notebook.run("ascent.frames.newest.step"))
    notebook.save()
    notebook.reload()

    await_frame(maps)
    expect(maps.get_by_role("img", name="Feature map 9 of conv1")).to_be_visible()
    await_frame(ascent)
    expect(ascent).to_have_attribute("data-step", "7", timeout=PATIENCE)
    expect(ascent.get_by_role("img", name=f"Score curve over {newest} steps")).to_be_visible()
    ascent.get_by_label("Iteration").fill("3")
    expect(ascent).to_have_attribute("data-step", "3", timeout=PATIENCE)
    ascent.get_by_role("button", name="Play").click()
    ascent.get_by_role("button", name="Latest").click()
    await_step(ascent, newest + 5)
    maps.get_by_label("Layer").fill("3")
    expect(maps).to_have_attribute("data-layer", "conv2")

    # The file has a picture for places where no widgets run.
    saved = nbformat.read(folder / notebook.path, as_version=4)
    still = saved.cells[0].outputs[0].data["image/png"]
    assert min(Image.open(io.BytesIO(base64.b64decode(still))).size) >= 100


def test_a_page_loaded_anew_in_mid_stream_follows_the_run(new_notebook: Callable[..., Notebook]):
    notebook, _, ascent = open_views(new_notebook)
    ascent.get_by_role("button", name="Play").click()
    await_step(ascent, 10)
    notebook.save()
    notebook.reload()
    await_state(ascent, "running")
    newest = int(notebook.run("ascent.frames.newest.step"))
    await_step(ascent, newest)
    ascent.get_by_role("button", name="Pause").click()
    await_state(ascent, "paused")


def test_a_view_closed_in_mid_stream_leaves_no_job(new_notebook: Callable[..., Notebook]):
    notebook, maps, ascent = open_views(new_notebook)
    ascent.get_by_role("button", name="Play").click()
    await_step(ascent, 10)
    workers = "[each.name for each in threading.enumerate() if 'cnnviz' in each.name]"
    assert len(eval(notebook.run(workers))) == 1
    notebook.run("maps.close(); ascent.close()")
    expect(ascent).to_have_count(0)
    expect(maps).to_have_count(0)
    notebook.await_value(workers, [])
    assert notebook.run("ascent.state, ascent.error") == "('idle', None)"


def test_frames_are_painted_while_a_cell_runs_the_ascent(new_notebook: Callable[..., Notebook]):
    """The way of places where threads cannot reach the page, such as Colab."""
    notebook, _, ascent = open_views(new_notebook)
    notebook.start("ascent.steps = 2000; ascent.run()")
    first = await_frame(ascent, 5)
    await_frame(ascent, first + 10)
    assert notebook.is_busy()
    ascent.get_by_role("button", name="Pause").click()
    await_state(ascent, "paused")
    notebook.await_value("ascent.state", "paused")


def await_step(view: Locator, at_least: int) -> None:
    """Waits until the picture on show is of this step or a later one."""
    view.page.wait_for_function(REACHED, arg=[view.element_handle(), at_least], timeout=PATIENCE)
