"""Deconvolution as a person uses it: every control, the pointer, the keyboard, and a search."""

import json
from collections.abc import Callable

import numpy as np
from playwright.sync_api import Locator, expect

from tests.browser.jupyterlab import Notebook, await_frame, await_state

VIEW = """
import json
import numpy as np
import cnnviz_widgets as cw
net = cw.load("digits")
image = net.fit(cw.image("digit-3"))
view = cw.Deconvolution(net, image, layer="relu_2", channel=3)
view
"""
FOUND = """
found = cw.methods.deconvolution(net, image, layer="{layer}", channel={channel}, {options})
unit, values = found.units[0][{index}], found.separate[0, {index}, ..., 0]
inside = values[unit.box.slices]
shown = np.rint(127.5 + 127.5 * inside / np.abs(inside).max())
print(json.dumps([unit.row, unit.column, (unit.patch[..., 0] * 255).tolist(), shown.tolist()]))
"""
# The grey in the middle of each pixel of a picture that is shown enlarged.
GREYS = """(canvas, [rows, cols]) => {
    const { width, height } = canvas;
    const data = canvas.getContext("2d").getImageData(0, 0, width, height).data;
    return Array.from({ length: rows }, (_, row) => Array.from({ length: cols }, (_, col) => {
        const y = Math.floor((row + 0.5) / rows * height);
        const x = Math.floor((col + 0.5) / cols * width);
        return data[4 * (y * width + x)];
    }));
}"""


def open_view(new_notebook: Callable[..., Notebook]) -> tuple[Notebook, Locator]:
    notebook = new_notebook(VIEW)
    notebook.run_all()
    view = notebook.view("deconvolution")
    await_frame(view)
    await_state(view, "done")
    return notebook, view


def test_every_control_changes_the_pictures_and_python_follows(
    new_notebook: Callable[..., Notebook],
):
    notebook, view = open_view(new_notebook)
    expect(pairs(view)).to_have_count(1)
    expect_pair(notebook, view, 0, "relu_2", 3, "strongest=1")
    expect(view.get_by_role("img", name="Input image, 28 by 28 pixels")).to_be_visible()

    view.get_by_label("Strongest").fill("4")
    expect(pairs(view)).to_have_count(4)
    expect(view.locator(".cv-mark-unit:visible")).to_have_count(4)
    for at in range(4):
        expect_pair(notebook, view, at, "relu_2", 3, "strongest=4")

    change(view, "Channel", "9", "data-channel", "9")
    expect_pair(notebook, view, 1, "relu_2", 9, "strongest=4")
    name = "Reconstruction from relu_2:9"
    expect(view.get_by_role("img", name=name)).to_be_visible()

    change(view, "Layer", "9", "data-layer", "dense1")  # has one unit
    expect(pairs(view)).to_have_count(1)
    expect(view.get_by_label("Strongest")).to_be_disabled()
    expect(view.locator(".cv-mark-unit:visible")).to_have_count(0)
    expect(view.get_by_text("the only unit")).to_be_visible()
    view.locator(".cv-sides .cv-stage").first.press("PageUp")
    expect(view).to_have_attribute("data-layer", "flatten")
    assert notebook.run("view.layer, view.channel, view.strongest") == "('flatten', 9, 4)"


def test_a_unit_is_kept_by_pointer_keys_and_python(new_notebook: Callable[..., Notebook]):
    notebook, view = open_view(new_notebook)
    stage = view.get_by_role("group", name="Kept unit")
    box = stage.locator("canvas").bounding_box()
    assert box is not None
    # Cell (5, 3) sees rows 10 to 17 and columns 6 to 13.
    notebook.page.mouse.click(box["x"] + box["width"] * 10 / 28, box["y"] + box["height"] * 14 / 28)
    expect(view.locator("figcaption:visible")).to_contain_text("at (5, 3)")
    notebook.await_value("view.position", [5, 3])
    expect(view.get_by_label("Strongest")).to_have_attribute("aria-valuetext", "pinned (5, 3)")

    stage.press("ArrowDown")
    stage.press("ArrowRight")
    expect(view.locator("figcaption:visible")).to_contain_text("at (6, 4)")
    notebook.run("view.channel = 4; view.position = [9, 5]")
    expect(view.locator("figcaption:visible")).to_contain_text("at (9, 5)")
    expect_pair(notebook, view, 0, "relu_2", 4, "position=(9, 5)")

    stage.press("Escape")
    notebook.await_value("view.position", None)
    expect(view.get_by_text("the strongest unit")).to_be_visible()
    notebook.run("view.position = [0, 0]")
    view.get_by_role("button", name="Strongest instead").click()
    notebook.await_value("view.position", None)
    notebook.run("view.position = [0, 0]")
    view.get_by_label("Strongest").fill("2")
    expect(pairs(view)).to_have_count(2)
    assert notebook.run("view.position, view.strongest") == "(None, 2)"

    pairs(view).nth(1).hover()
    expect(view.locator(".cv-mark-unit").nth(1)).to_have_class("cv-mark cv-mark-unit cv-pointed")


def test_the_top_nine_fill_as_the_search_goes_on(new_notebook: Callable[..., Notebook]):
    notebook = new_notebook(
        """
import threading
import cnnviz_widgets as cw
net = cw.load("digits")
image = net.fit(cw.image("digit-3"))
digits = [net.fit(piece) for piece in cw.zoo.pieces(["digits"], 28, 28)]
go_on = threading.Event()

class Slow(list):
    def __iter__(self):
        for number, picture in enumerate(super().__iter__()):
            if number == 40:
                go_on.wait(60)
            yield picture

view = cw.Deconvolution(net, image, layer="relu_2", channel=3, pictures=Slow(digits))
view
"""
    )
    notebook.run_all()
    view = notebook.view("deconvolution")
    await_state(view, "done")
    view.get_by_label("Show").select_option("top")
    expect(view.get_by_text("32 pictures searched")).to_be_visible()
    await_state(view, "running")
    progress = view.get_by_role("progressbar", name="Pictures searched")
    expect(progress).to_have_attribute("aria-valuenow", "32")
    expect(pairs(view)).to_have_count(9)
    expect(view.get_by_label("Strongest")).to_be_hidden()
    notebook.screenshot("deconvolution-searching", view)
    notebook.run("go_on.set()")
    expect(view.get_by_text("100 pictures searched")).to_be_visible()
    await_state(view, "done")
    expect(progress).to_be_hidden()
    expected = json.loads(
        notebook.run(
            "import json\n"
            'found = cw.methods.top_examples(net, digits, layer="relu_2", channel=3)\n'
            "print(json.dumps([each.picture for each in found.examples]))"
        )
    )
    for at, number in enumerate(expected):
        expect(pairs(view).nth(at)).to_contain_text(f"in picture {number}")
    assert notebook.run("[each.picture for each in view.result.examples]") == str(expected)
    view.get_by_label("Show").select_option("This image")
    expect(view).to_have_attribute("data-show", "image")
    expect(pairs(view)).to_have_count(1)


def test_what_cannot_be_shown_is_said(new_notebook: Callable[..., Notebook]):
    notebook = new_notebook(
        """
import jax
import jax.numpy as jnp
import numpy as np
import cnnviz_widgets as cw
model = lambda p, x: jnp.tanh(jax.nn.relu(x - p))
net = cw.Network(model, params=jnp.full((), 9.0), input_shape=(12, 12, 3))
view = cw.Deconvolution(net, np.full((12, 12, 3), 0.5, np.float32), layer="tanh")
view
"""
    )
    notebook.run_all()
    view = notebook.view("deconvolution")
    await_state(view, "error")
    expect(view.get_by_role("alert")).to_contain_text("no rule for the operation 'tanh'")
    expect(view.get_by_text("Nothing to show")).to_be_visible()
    notebook.screenshot("deconvolution-error", view)
    notebook.run('view.layer = "relu"')
    await_state(view, "done")
    expect(view.get_by_text("there is nothing to bring back")).to_be_visible()
    view.get_by_label("Show").select_option("Top nine")
    expect(view.get_by_text("No patch fires this channel")).to_be_visible()
    notebook.screenshot("deconvolution-silent", view)


def test_a_page_loaded_anew_shows_the_same(new_notebook: Callable[..., Notebook]):
    notebook, view = open_view(new_notebook)
    view.get_by_label("Strongest").fill("3")
    expect(pairs(view)).to_have_count(3)
    await_state(view, "done")
    notebook.save()
    notebook.reload()
    await_frame(view)
    expect(pairs(view)).to_have_count(3)
    expect_pair(notebook, view, 2, "relu_2", 3, "strongest=3")


def pairs(view: Locator) -> Locator:
    return view.locator(".cv-pair:visible")


def change(view: Locator, label: str, value: str, attribute: str, becomes: str) -> None:
    view.get_by_label(label).fill(value)
    expect(view).to_have_attribute(attribute, becomes)
    await_state(view, "done")


def expect_pair(
    notebook: Notebook, view: Locator, at: int, layer: str, channel: int, options: str
) -> None:
    """Compares a pair's pixels with what the method gives in the kernel."""
    code = FOUND.format(layer=layer, channel=channel, options=options, index=at)
    row, column, *expected = json.loads(notebook.run(code))
    pair = pairs(view).nth(at)
    expect(pair).to_contain_text(f"at ({row}, {column})")
    for picture, what in zip(expected, ("Patch of", "Reconstruction from"), strict=True):
        canvas = pair.get_by_role("img", name=f"{what} unit ({row}, {column})")
        shown = canvas.evaluate(GREYS, list(np.shape(picture)))
        assert np.abs(np.array(shown) - np.array(picture)).max() <= 1
