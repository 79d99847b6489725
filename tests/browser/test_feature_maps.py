"""FeatureMaps as a person uses it: every control, the pointer, the keyboard, and no kernel."""

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
maps = cw.FeatureMaps(net, image, layer="conv1", channel=3)
maps
"""
ACTIVATIONS = """
values = np.asarray(cw.methods.activations(net, image, layers=["conv1"])["conv1"])[0]
print(json.dumps(values.tolist()))
"""
# The colour in the middle of each cell of a large map.
CELLS = """(canvas, [rows, cols]) => {
    const { width, height } = canvas;
    const data = canvas.getContext("2d").getImageData(0, 0, width, height).data;
    return Array.from({ length: rows }, (_, row) => Array.from({ length: cols }, (_, col) => {
        const y = Math.floor((row + 0.5) / rows * height);
        const x = Math.floor((col + 0.5) / cols * width);
        return [...data.slice(4 * (y * width + x), 4 * (y * width + x) + 3)];
    }));
}"""
# Moves a slider as a person does, and says what has happened before the browser did anything else.
MOVE = """(input, value) => {
    const view = input.closest(".cnnviz");
    const map = () => view.querySelector(".cv-map canvas").toDataURL();
    const [before, sent] = [map(), window.sentToKernel.length];
    input.value = value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    return {
        channel: view.dataset.channel,
        repainted: map() !== before,
        sent: window.sentToKernel.length - sent,
    };
}"""

# How many messages of the views' own, apart from traits, went to the kernel.
CUSTOM = 'window.sentToKernel.filter(sent => sent.includes(\'"method":"custom"\')).length'


def open_view(new_notebook: Callable[..., Notebook]) -> tuple[Notebook, Locator]:
    notebook = new_notebook(VIEW)
    notebook.run_all()
    view = notebook.view("feature-maps")
    await_frame(view)
    await_state(view, "done")
    return notebook, view


def test_every_control_changes_the_picture_and_python_follows(
    new_notebook: Callable[..., Notebook],
):
    notebook, view = open_view(new_notebook)
    values = np.array(json.loads(notebook.run(ACTIVATIONS)))

    view.get_by_label("Colour map").select_option("gray")
    expect_colours(view, 3, grey(values[..., 3], values[..., 3]))
    view.get_by_label("Channel").fill("17")
    expect_colours(view, 17, grey(values[..., 17], values[..., 17]))
    view.get_by_label("Scale").select_option("per layer")
    expect_colours(view, 17, grey(values[..., 17], values))
    view.get_by_label("Channel").press("ArrowRight")
    expect_colours(view, 18, grey(values[..., 18], values))
    notebook.await_value("maps.channel, maps.colormap, maps.scale", (18, "gray", "layer"))

    # The strongest channel comes first: Home in the grid goes to the first tile.
    view.get_by_label("Order").select_option("strongest first")
    grid = view.get_by_role("group", name="All maps")
    grid.press("Home")
    strongest = int(np.abs(values).mean((0, 1)).argmax())
    expect(view).to_have_attribute("data-channel", str(strongest))
    grid.press("ArrowRight")
    second = int(np.abs(values).mean((0, 1)).argsort()[-2])
    expect(view).to_have_attribute("data-channel", str(second))
    notebook.await_value("maps.channel, maps.order", (second, "strongest"))

    view.get_by_role("img", name="All 32 maps of conv1").click(position={"x": 5, "y": 5})
    expect(view).to_have_attribute("data-channel", str(strongest))

    # Every layer there is, by the slider; the last ones are vectors, without a map.
    slider = view.get_by_label("Layer")
    names = json.loads(notebook.run("print(json.dumps([each.name for each in net.layers]))"))
    assert slider.get_attribute("max") == str(len(names) - 1)
    for index, name in enumerate(names):
        slider.fill(str(index))
        expect(view).to_have_attribute("data-layer", name)
        expect(view.get_by_role("img", name=f"of {name}").first).to_be_visible()
    slider.press("Home")
    expect(view).to_have_attribute("data-layer", names[0])
    notebook.await_value("maps.layer", names[0])

    # And the other way: what Python sets is shown.
    notebook.run('maps.layer, maps.channel, maps.colormap = "conv2", 9, "magma"')
    expect(view.get_by_role("img", name="Feature map 9 of conv2")).to_be_visible()
    expect(view.get_by_label("Colour map")).to_have_value("magma")


def test_pointing_shows_the_value_and_what_the_cell_sees(new_notebook: Callable[..., Notebook]):
    notebook, view = open_view(new_notebook)
    notebook.run('maps.layer, maps.channel = "max_pool", 3')
    large = view.get_by_role("img", name="Feature map 3 of max_pool")
    expect(large).to_be_visible()
    value = float(
        notebook.run(
            'float(cw.methods.activations(net, image, layers=["max_pool"])["max_pool"][0, 2, 4, 3])'
        )
    )

    point(large, row=2, column=4, of=13)
    expect(view.get_by_text("at (2, 4):")).to_be_visible()
    said = view.get_by_text("at (2, 4):").inner_text().split(":")[1]
    assert abs(float(said.replace("−", "-")) - value) < 0.02 * max(1.0, abs(value))
    # conv 3x3 and pool 2x2 see 4x4 pixels, two further from cell to cell.
    expect(view.get_by_text("sees 4×4 from (4, 8)")).to_be_visible()
    field = view.locator(".cv-mark-field")
    picture = view.get_by_role("img", name="Input image, 28 by 28 pixels").bounding_box()
    marked = field.bounding_box()
    assert picture is not None
    assert marked is not None
    assert abs(marked["x"] - picture["x"] - picture["width"] * 8 / 28) < 1.5
    assert abs(marked["width"] - picture["width"] * 4 / 28) < 1.5
    notebook.screenshot("feature-maps-pointed-at", view)

    # Away from the map it is gone, unless a click has pinned it; arrows move the pin.
    view.get_by_label("Channel").hover()
    expect(field).to_be_hidden()
    point(large, row=2, column=4, of=13)
    notebook.page.mouse.down()
    notebook.page.mouse.up()
    view.get_by_label("Channel").hover()
    expect(field).to_be_visible()
    pinned = view.get_by_role("group", name="Pinned cell")
    pinned.press("ArrowDown")
    pinned.press("ArrowRight")
    expect(view.get_by_text("at (3, 5):")).to_be_visible()
    notebook.await_value("maps.position", [3, 5])
    pinned.press("PageDown")
    expect(view).to_have_attribute("data-layer", "conv2")
    expect(view.get_by_text("at (3, 5):")).to_be_visible()
    pinned.press("Escape")
    expect(field).to_be_hidden()
    notebook.await_value("maps.position", None)


def test_a_channel_is_painted_without_the_kernel(new_notebook: Callable[..., Notebook]):
    notebook, view = open_view(new_notebook)
    slider = view.get_by_label("Channel")

    def assert_painted_at_once(channel: int) -> None:
        painted = slider.evaluate(MOVE, str(channel))
        assert painted == {"channel": str(channel), "repainted": True, "sent": 0}

    assert_painted_at_once(5)
    notebook.await_value("maps.channel", 5)
    sent = notebook.page.evaluate(CUSTOM)
    for channel in range(6, 12):
        assert_painted_at_once(channel)
    notebook.await_value("maps.channel", 11)
    assert notebook.page.evaluate(CUSTOM) == sent, "a channel asked for a picture"

    notebook.start("import time; time.sleep(600)")
    assert_painted_at_once(12)
    view.get_by_label("Order").select_option("strongest first")
    view.get_by_label("Colour map").select_option("cividis")
    assert_painted_at_once(13)
    assert notebook.is_busy()

    notebook.close()
    assert_painted_at_once(14)
    view.get_by_role("group", name="All maps").press("End")
    expect(view).not_to_have_attribute("data-channel", "14")
    # A layer needs the kernel, and the view says that there is none.
    view.get_by_label("Layer").press("ArrowRight")
    expect(view.get_by_role("status")).to_contain_text("kernel")
    expect(view).to_have_attribute("data-layer", "conv1")


def expect_colours(view: Locator, channel: int, expected: np.ndarray) -> None:
    """The large map shows these colours, a cell each; codes are rounded twice on their way."""
    large = view.get_by_role("img", name=f"Feature map {channel} of conv1")
    expect(large).to_be_visible()
    shown = np.array(large.evaluate(CELLS, list(expected.shape)))
    assert np.abs(shown - expected[..., None]).max() <= 3


def grey(values: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Values as grey levels, when the span of `scale` is all from black to white."""
    return (values - scale.min()) / (scale.max() - scale.min()) * 255


def point(canvas: Locator, row: int, column: int, of: int) -> None:
    box = canvas.bounding_box()
    assert box is not None
    canvas.hover(
        position={
            "x": (column + 0.5) * box["width"] / of,
            "y": (row + 0.5) * box["height"] / of,
        }
    )
