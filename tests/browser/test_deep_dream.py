"""DeepDream as a person uses it: play, pause, go back through all octaves, compare, save."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, expect

from tests.browser.jupyterlab import Notebook, await_frame, await_state

VIEW = """
import numpy as np
import cnnviz_widgets as cw
net = cw.load("photos")
view = cw.DeepDream(net, cw.image("cat")[:192, 100:356], layer="conv3", octaves=3, iterations=8)
view
"""
# All pixels of a canvas, as red, green and blue.
PIXELS = """canvas => {
    const { width, height } = canvas;
    const data = canvas.getContext("2d").getImageData(0, 0, width, height).data;
    return [width, height, [...data].filter((_, at) => at % 4 < 3)];
}"""
SHOWN = "import json; print(json.dumps(np.rint(view.dream * 255).astype(int).tolist()))"


def open_view(new_notebook: Callable[..., Notebook], code: str = VIEW) -> tuple[Notebook, Locator]:
    notebook = new_notebook(code)
    notebook.run_all()
    return notebook, notebook.view("deep-dream")


def test_a_dream_from_the_first_octave_to_the_last_and_back(
    new_notebook: Callable[..., Notebook], tmp_path: Path
):
    notebook, view = open_view(new_notebook)
    expect(view.get_by_role("img", name="Photograph, 256 by 192 pixels")).to_be_visible()
    expect(view.get_by_text("Press Play to dream")).to_be_visible()
    notebook.screenshot("deep-dream-empty", view)
    view.get_by_role("button", name="Play").click()
    await_state(view, "done")
    expect(view.get_by_text("done: octave 3 of 3, iteration 8 of 8, score")).to_be_visible()
    expect(view.locator(".cv-octave")).to_have_count(3)
    notebook.screenshot("deep-dream-done", view)

    slider = view.get_by_label("Iteration", exact=True)
    for step, octave, name in ((0, 1, "0"), (9, 2, "1"), (16, 3, "0"), (23, 3, "7")):
        slider.fill(str(step))
        expect(view).to_have_attribute("data-step", str(step))
        expect(view).to_have_attribute("data-octave", str(octave))
        expect(view.get_by_text(f"octave {octave} of 3, iteration {name} of 8")).to_be_visible()
        notebook.await_value("view.iteration", step)
        expect_shown(notebook, view)
    view.get_by_role("button", name="Latest").click()
    notebook.await_value("view.iteration", -1)
    expect(view).to_have_attribute("data-step", "24")

    with notebook.page.expect_download() as caught:
        view.get_by_role("button", name="Save").click()
    assert caught.value.suggested_filename == "dream conv3 step 24.png"
    caught.value.save_as(tmp_path / "dream.png")
    saved = np.asarray(Image.open(tmp_path / "dream.png").convert("RGB"))
    assert np.abs(saved - np.array(json.loads(notebook.run(SHOWN)))).max() <= 1
    for kind in ("gif", "webp"):
        view.get_by_label("Format").select_option(kind)
        with notebook.page.expect_download() as caught:
            view.get_by_role("button", name="Save").click()
        assert caught.value.suggested_filename == f"dream conv3.{kind}"
        caught.value.save_as(tmp_path / f"dream.{kind}")
        with Image.open(tmp_path / f"dream.{kind}") as film:
            assert (film.format, film.size) == (kind.upper(), (256, 192))
            assert film.n_frames > 8  # those that painted alike are one


def test_pause_restart_and_stop(new_notebook: Callable[..., Notebook]):
    notebook, view = open_view(new_notebook, VIEW.replace("iterations=8", "iterations=300"))
    view.get_by_role("button", name="Play").click()
    await_frame(view, 4)
    view.get_by_role("button", name="Pause").click()
    await_state(view, "paused")
    expect(view.get_by_text("paused: octave")).to_be_visible()
    run = notebook.run("view.frame['run']")
    view.get_by_role("button", name="Play").click()
    await_state(view, "running")
    view.get_by_role("button", name="Restart").click()
    view.get_by_role("button", name="Stop").click()
    await_state(view, "idle")
    expect(view.get_by_text("stopped: octave")).to_be_visible()
    assert int(notebook.run("view.frame['run']")) >= int(run)


def test_every_control_reaches_python(new_notebook: Callable[..., Notebook]):
    notebook, view = open_view(new_notebook)
    view.get_by_label("Preset").select_option("tensorflow")
    notebook.await_value("view.octaves, view.iterations", ([-2, -1, 0, 1, 2], 100))
    expect(view.get_by_label("Octaves")).to_have_value("5")
    expect(view.get_by_label("Iterations each")).to_have_value("100")
    view.get_by_label("Preset").select_option("original")
    notebook.await_value("view.strength", 1.5)
    view.get_by_label("Octaves").fill("2")
    notebook.await_value("view.octaves", [-1, 0])
    view.get_by_label("Iterations each").fill("3")
    view.get_by_label("Iterations each").press("Enter")
    view.get_by_label("Strength").press("ArrowRight")
    expect(view.get_by_label("Strength")).to_have_attribute("aria-valuetext", "2 / 255")
    view.get_by_label("Layer").select_option("conv2")
    view.get_by_label("Objective").select_option("channel")
    view.get_by_label("Channel").fill("9")
    notebook.await_value("view.iterations, view.strength", (3, 2.0))
    notebook.await_value("view.layer, view.objective, view.channel", ("conv2", "channel", 9))
    view.get_by_role("button", name="Play").click()
    await_state(view, "done")
    name = "Dream of conv2:9 after 6 of 6 iterations"
    expect(view.get_by_role("img", name=name)).to_be_visible()
    expect_shown(notebook, view)

    view.get_by_label("Show").select_option("over")
    expect(view.get_by_role("img", name="Photograph")).to_be_hidden()
    view.get_by_label("Compare").fill("30")
    notebook.await_value("view.show, view.compare", ("over", 30))
    box = view.get_by_role("img", name=name).bounding_box()
    assert box is not None
    notebook.page.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + box["height"] / 2)
    notebook.await_value("view.compare", 75)
    cover = view.locator(".cv-cover")
    assert cover.evaluate("cover => cover.style.clipPath") == "inset(0px 25% 0px 0px)"
    notebook.screenshot("deep-dream-over", view)


def test_what_goes_wrong_is_said_and_the_last_good_picture_stays(
    new_notebook: Callable[..., Notebook],
):
    notebook, view = open_view(
        new_notebook,
        """
import jax.numpy as jnp
import numpy as np
import cnnviz_widgets as cw
model = lambda bright, x: (1 / jnp.sqrt(bright - x)).mean((1, 2))
net = cw.Network(model, params=jnp.full((), 0.5), input_shape=(8, 8, 3))
grey = np.full((8, 8, 3), 0.45, np.float32)
view = cw.DeepDream(net, grey, layer=net.layers[-1].name, octaves=1, iterations=50, strength=4)
view
""",
    )
    view.get_by_role("button", name="Play").click()
    await_state(view, "error")
    expect(view.get_by_role("alert")).to_contain_text("diverged at step")
    expect(view.get_by_text("ended by an error: octave 1 of 1")).to_be_visible()
    expect(view.get_by_role("img", name="Dream of")).to_be_visible()
    notebook.screenshot("deep-dream-error", view)


def test_a_page_loaded_anew_goes_through_the_same_frames(new_notebook: Callable[..., Notebook]):
    notebook, view = open_view(new_notebook)
    view.get_by_role("button", name="Play").click()
    await_state(view, "done")
    notebook.save()
    notebook.reload()
    await_frame(view)
    expect(view).to_have_attribute("data-step", "24")
    view.get_by_label("Iteration", exact=True).fill("5")
    expect(view).to_have_attribute("data-step", "5")
    notebook.await_value("view.iteration", 5)
    expect_shown(notebook, view)


def expect_shown(notebook: Notebook, view: Locator) -> None:
    """Compares the page's picture with the one that Python says is shown."""
    wanted = np.array(json.loads(notebook.run(SHOWN)))
    rows, columns = wanted.shape[:2]
    width, height, data = view.get_by_role("img", name="Dream of").evaluate(PIXELS)
    assert (width, height) == (columns, rows)
    assert np.abs(np.reshape(data, wanted.shape) - wanted).max() <= 1
