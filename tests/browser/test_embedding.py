"""Embedding as a person uses it: every control, pointer and keys, and what is without pictures."""

from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.browser.jupyterlab import Notebook, await_refresh, await_state

VIEW = """
import numpy as np
import cnnviz_widgets as cw
from tests.models.learning import Small, SHAPE, examples
net = cw.Network(Small(), input_shape=SHAPE, classes=["row", "column", "corner"])
images, labels = examples(60)
chosen = cw.Selection()
view = cw.Embedding(net, images, labels, selection=chosen)
view
"""
SPOTS = """
low, span = view.places.min(0), np.ptp(view.places, axis=0).max()
places = (view.places - low - np.ptp(view.places, axis=0) / 2) / span
size = (np.ptp(view.places, axis=0) / span).tolist()
print(*places[{number}], *size)
"""


def spot(notebook: Notebook, plane: Locator, number: int) -> tuple[float, float]:
    """Where an image is on the stage, by the arithmetic of its own."""
    code = SPOTS.format(number=number)
    across, up, wide, high = map(float, notebook.run(code).split())
    box = plane.bounding_box()
    assert box is not None
    side = min((box["width"] - 52) / wide, (box["height"] - 52) / high)
    return box["width"] / 2 + across * side, box["height"] / 2 - up * side


PIXELS = "stage => stage.querySelector('canvas').toDataURL()"


def assert_moved_as_drawn(notebook: Notebook, view: Locator, plane: Locator) -> None:
    """A plane that was moved, of which only the edges were drawn, is what drawing it all gives."""
    box = plane.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse = notebook.page.mouse
    before = plane.evaluate(PIXELS)
    mouse.move(x, y)
    mouse.down()
    for step in range(1, 9):
        mouse.move(x - 25 * step, y + 15 * step)
        await_refresh(notebook.page)
    mouse.up()
    mouse.move(0, 0)
    await_refresh(notebook.page)
    moved = plane.evaluate(PIXELS)
    assert moved != before
    for display in ("dots", "thumbnails"):  # draws all of it
        view.get_by_label("Display").select_option(display)
        await_refresh(notebook.page)
        assert (plane.evaluate(PIXELS) == moved) == (display == "thumbnails")


def test_every_control_does_what_it_says(new_notebook: Callable[..., Notebook]):
    notebook = new_notebook(VIEW)
    notebook.run_all()
    view = notebook.view("embedding")
    await_state(view, "done")
    plane = view.get_by_role("group", name="Images: arrow keys")
    name = "Embedding of {}: 60 images by {} values"
    layer = notebook.run("print(view.layer)").strip()
    expect(view.get_by_role("img", name=f"Embedding of {layer}: 60 images")).to_be_visible()

    # a click chooses, and its neighbours lead on
    x, y = spot(notebook, plane, 9)
    plane.hover(position={"x": x, "y": y})
    card = plane.get_by_role("status")
    expect(card).to_contain_text("Label: ")
    pointed = int(card.inner_text().split()[1])
    plane.click(position={"x": x, "y": y})
    notebook.await_value("view.number", pointed)
    notebook.await_value("bool((chosen.image == images[view.number]).all())", True)
    near = view.get_by_role("list", name="Nearest neighbours").get_by_role("button")
    expect(near).to_have_count(12)
    first = int(notebook.run("print(view.neighbours['numbers'][0])"))
    near.first.click()
    notebook.await_value("view.number", first)
    expect(view.locator(".cv-chosen strong")).to_have_text(f"Image {first}")
    notebook.screenshot("embedding-chosen", view)

    # keys, zoom, drag
    plane.press("ArrowLeft")
    plane.press("ArrowRight")
    plane.press("Enter")
    notebook.await_value("view.number is not None", True)
    plane.press("Escape")
    notebook.await_value("view.number", None)
    expect(plane).to_have_attribute("data-zoom", "1.00")
    plane.press("+")
    expect(plane).to_have_attribute("data-zoom", "1.40")
    plane.press("Shift+ArrowUp")
    view.get_by_role("button", name="Zoom in").click()
    view.get_by_role("button", name="Zoom out").click()
    view.get_by_role("button", name="Show all").click()
    expect(plane).to_have_attribute("data-zoom", "1.00")
    assert_moved_as_drawn(notebook, view, plane)
    view.get_by_role("button", name="Show all").click()
    plane.focus()
    plane.hover()
    notebook.page.mouse.wheel(0, -200)
    expect(plane).not_to_have_attribute("data-zoom", "1.00")
    pixels = "canvas => canvas.toDataURL()"
    shown = plane.locator("canvas").first.evaluate(pixels)
    notebook.page.mouse.down()
    notebook.page.mouse.move(300, 500, steps=4)
    notebook.page.mouse.up()
    await_refresh(notebook.page)
    assert plane.locator("canvas").first.evaluate(pixels) != shown
    assert notebook.run("view.number") == ""  # a drag chooses nothing
    view.get_by_role("button", name="Show all").click()

    # search and legend
    expect(view).to_have_attribute("data-matched", "60")
    view.get_by_label("Search").fill("#7")
    expect(view).to_have_attribute("data-matched", "1")
    view.get_by_label("Search").fill("")
    view.get_by_role("button", name="corner 20").click()
    expect(view).to_have_attribute("data-matched", "20")
    expect(view.get_by_text("20 of 60 shown")).to_be_visible()
    for by in ("prediction", "right", "confidence"):
        view.get_by_label("Colour", exact=True).select_option(by)
        notebook.await_value("view.color", by)
        expect(view).to_have_attribute("data-matched", "60")
    expect(view.get_by_role("img", name="Colour bar from 0 to 1")).to_be_visible()
    view.get_by_label("Display").select_option("dots")
    notebook.await_value("view.display", "dots")

    # what the kernel computes
    view.get_by_label("Distance", exact=True).select_option("euclidean")
    view.get_by_label("Layer", exact=True).select_option("conv2")
    view.get_by_label("Pooling").select_option("none")
    expect(view.get_by_role("img", name=name.format("conv2", 384))).to_be_visible()
    view.get_by_label("Projection").select_option("tsne")
    await_state(view, "running")
    view.get_by_role("button", name="Pause").click()
    await_state(view, "paused", "done")
    view.get_by_role("button", name="Play").click()
    await_state(view, "done")
    expect(view).to_have_attribute("data-step", "750")
    expect(view.get_by_text("Near means alike")).to_be_visible()
    view.get_by_label("Pooling").select_option("max")
    view.get_by_role("button", name="Stop").click()
    await_state(view, "idle", "done")

    # no pictures, and names that are no HTML
    notebook.run(
        "sounds = np.stack([cw.sound(n) for n in cw.zoo.sounds()])\n"
        "names = [f'<b>{name}</b>' for name in cw.zoo.sounds()]\n"
        "heard = cw.Embedding(cw.load('sounds'), sounds, names)\n"
        "display(heard)"
    )
    second = notebook.view("embedding", 1)
    await_state(second, "done")
    expect(second.get_by_role("button", name="<b>rising</b> 1")).to_be_visible()
    expect(second.get_by_label("Display")).to_be_hidden()

    notebook.save()
    notebook.reload()
    expect(view.get_by_role("img", name="Embedding of conv2")).to_be_visible()
