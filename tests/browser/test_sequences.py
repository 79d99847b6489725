"""Views of a sound: maps as strips below the wave, and an ascent to listen to."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.jupyterlab import Notebook, await_frame, await_state

MAPS = """
import cnnviz_widgets as cw
net = cw.load("sounds")
maps = cw.Attribution(net, cw.sound("drum"), ["saliency", "grad_cam"])
maps
"""
ASCENT = """
ascent = cw.GradientAscent(net, "drum", steps=12)
ascent
"""


def test_maps_of_a_sound_and_an_ascent_to_listen_to(new_notebook: Callable[..., Notebook]):
    notebook = new_notebook(MAPS, ASCENT)
    notebook.run_all()
    view = notebook.view("attribution")
    await_frame(view)
    await_state(view, "done")
    drawn = view.get_by_role("img", name=re.compile("^Grad-CAM map for drum$"))
    expect(drawn).to_be_visible()
    colours = drawn.evaluate(COLOURS)
    assert colours["wave"] > 0
    assert colours["strip"] > 8  # the map has more colours than the wave
    view.get_by_label("Class").select_option("tone")
    notebook.await_value("maps.target", notebook_class(notebook, "tone"))
    expect(view.get_by_role("img", name="Saliency map for tone", exact=True)).to_be_visible()

    ascent = notebook.view("gradient-ascent")
    expect(ascent.get_by_role("button", name="Listen")).to_be_hidden()
    ascent.get_by_role("button", name="Play").click()
    await_state(ascent, "done")
    expect(ascent.get_by_role("img", name="Wave after 12 steps: drum")).to_be_visible()
    ascent.get_by_role("button", name="Listen").click()
    audio = ascent.locator("audio")
    expect(ascent.locator(".cv-listen")).to_have_attribute("data-playing", "true")
    assert abs(audio.evaluate("a => a.duration") - 4096 / 8000) < 1e-3
    expect(ascent.locator(".cv-listen")).to_have_attribute("data-playing", "false")
    ascent.get_by_label("Format").select_option("wav")
    with notebook.page.expect_download() as download:
        ascent.get_by_role("button", name="Save").click()
    assert download.value.suggested_filename == "drum.wav"
    assert download.value.path().stat().st_size == 44 + 2 * 4096


def notebook_class(notebook: Notebook, name: str) -> int:
    return int(notebook.run(f"print(maps.classes.index({name!r}))"))


# How many pixels of the wave there are, and how many colours of the strip below it.
COLOURS = """canvas => {
    const { width, height } = canvas;
    const pixels = (top, rows) =>
        new Uint32Array(canvas.getContext("2d").getImageData(0, top, width, rows).data.buffer);
    const wave = pixels(0, Math.floor(0.7 * height)).filter(pixel => pixel !== 0).length;
    const strip = new Set(pixels(Math.floor(0.9 * height), 1)).size;
    return { wave, strip };
}"""
