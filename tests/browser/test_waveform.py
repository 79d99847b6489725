"""Waveform as a person uses it: class, method, pointing, seeking and playback."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.jupyterlab import Notebook, await_frame, await_state

VIEW = """
import cnnviz_widgets as cw
view = cw.Waveform(cw.load("sounds"), cw.sound("rising"))
view
"""


def test_every_control_and_the_sound_itself(new_notebook: Callable[..., Notebook]):
    notebook = new_notebook(VIEW)
    notebook.run_all()
    view = notebook.view("waveform")
    await_frame(view)
    await_state(view, "done")
    rising = notebook.run("print(view.classes.index('rising'))").strip()
    expect(view).to_have_attribute("data-target", rising)
    expect(view.locator(".cv-said li.cv-best")).to_contain_text("rising")

    view.get_by_label("Class").select_option("falling")
    notebook.await_value("view.target", 2)
    expect(view).to_have_attribute("data-target", "2")
    view.get_by_label("Method").select_option("grad_cam")
    notebook.await_value("view.method", "grad_cam")
    expect(view).to_have_attribute("data-method", "grad_cam")
    expect(
        view.get_by_role("img", name=re.compile("^Grad-CAM for falling over time"))
    ).to_be_visible()

    heard = view.get_by_role("img", name=re.compile("^Spectrogram from 0 to 4000 Hz"))
    box = heard.bounding_box()
    assert box is not None
    heard.hover(position={"x": box["width"] / 2, "y": box["height"] - 2})  # the lowest pitch
    expect(view.get_by_text(re.compile(r"^(0|31) Hz at 0\.2\d s: "))).to_be_visible()
    heard.click(position={"x": box["width"] / 2, "y": 5})
    expect(view).to_have_attribute("data-now", re.compile(r"^0\.(49|50)"))

    audio = view.locator("audio")
    assert abs(audio.evaluate("a => a.duration") - 4096 / 8000) < 1e-3
    view.get_by_role("button", name="Play").click()
    expect(view).to_have_attribute("data-now", "1.000")  # it plays to its end
    expect(view).to_have_attribute("data-playing", "false")
    expect(view.get_by_role("button", name="Play")).to_be_enabled()
