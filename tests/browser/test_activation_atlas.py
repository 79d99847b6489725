"""ActivationAtlas as a person uses it: cells that fill in, pan, zoom, pointer and keyboard."""

from collections.abc import Callable

import numpy as np
from playwright.sync_api import Locator, expect

from tests.browser.jupyterlab import Notebook, await_frame, await_refresh, await_state

VIEW = """
import cnnviz_widgets as cw
net = cw.load("photos")
pictures = [
    cw.image(name)[top : top + 64, left : left + 64]
    for name in ("cat", "moon", "flower", "temple")
    for top, left in ((0, 0), (100, 120), (200, 60), (60, 200))
]
chosen = cw.Selection()
view = cw.ActivationAtlas(net, "relu_3", pictures, grid=4, steps=24, places=4, selection=chosen)
view
"""


def open_view(new_notebook: Callable[..., Notebook], code: str = VIEW) -> tuple[Notebook, Locator]:
    notebook = new_notebook(code)
    notebook.run_all()
    return notebook, notebook.view("activation-atlas")


def test_cells_fill_in_and_tell_what_they_vote_for(new_notebook: Callable[..., Notebook]):
    notebook, view = open_view(new_notebook, VIEW.replace("steps=24", "steps=300"))
    progress = view.get_by_role("progressbar")
    expect(progress).to_be_visible()
    expect(view.get_by_text("painted")).to_be_visible(timeout=60_000)
    view.get_by_role("button", name="Pause").click()
    await_state(view, "paused")
    notebook.screenshot("activation-atlas-painting", view)
    view.get_by_role("button", name="Play").click()
    await_state(view, "done", timeout=90)
    count = int(notebook.run("len(view.cells)"))
    expect(view).to_have_attribute("data-painted", str(count))
    words = f"64 activations in {count} cells"
    expect(view.get_by_role("img", name=f"Activation atlas of relu_3: {words}")).to_be_visible()

    cell = notebook.run("c = view.cells[0]; print(c.row, c.column, c.count, c.votes[0][0])")
    row, column, held, best = cell.split()
    point_at(notebook, view, int(row), int(column))
    expect(view.get_by_text(f"row {row}, column {column}")).to_be_visible()
    expect(view.locator(".cv-count")).to_contain_text(f"{held} activations")
    expect(view.locator(".cv-votes li").first).to_contain_text(best)
    notebook.page.mouse.down()
    notebook.page.mouse.up()
    notebook.await_value("view.cell", [int(row), int(column)])
    expect(view.get_by_text(f"row {row}, column {column}, chosen")).to_be_visible()
    source = "chosen.image is pictures[view.cells[0].source[0]]"
    notebook.await_value(source, True)
    assert notebook.run("chosen.position == list(view.cells[0].source[1:])") == "True"


def test_keys_go_from_cell_to_cell_zoom_and_choose(new_notebook: Callable[..., Notebook]):
    notebook, view = open_view(new_notebook)
    await_state(view, "done", timeout=90)
    plane = view.get_by_role("group", name="Cells: arrow keys")
    plane.press("ArrowRight")  # the fullest one, to begin with
    row, column = notebook.run("print(view.cells[0].row, view.cells[0].column)").split()
    expect(view.get_by_text(f"row {row}, column {column}")).to_be_visible()
    plane.press("Enter")
    notebook.await_value("view.cell", [int(row), int(column)])
    before = view.locator(".cv-line").last.inner_text()
    for key in ("ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"):
        plane.press(key)
    assert view.locator(".cv-line").last.inner_text() != "" != before
    plane.press("Escape")
    notebook.await_value("view.cell", None)

    expect(plane).to_have_attribute("data-zoom", "1.00")
    plane.press("+")
    expect(plane).to_have_attribute("data-zoom", "1.40")
    plane.press("Shift+ArrowRight")
    plane.press("0")
    expect(plane).to_have_attribute("data-zoom", "1.00")
    view.get_by_role("button", name="Zoom in").click()
    expect(plane).to_have_attribute("data-zoom", "1.40")
    plane.focus()
    plane.hover()
    notebook.page.mouse.wheel(0, -200)
    expect(plane).not_to_have_attribute("data-zoom", "1.40")
    pixels = "canvas => canvas.toDataURL()"
    shown = plane.locator("canvas").evaluate(pixels)
    notebook.page.mouse.down()
    notebook.page.mouse.move(300, 500, steps=4)
    notebook.page.mouse.up()
    await_refresh(notebook.page)
    assert plane.locator("canvas").evaluate(pixels) != shown
    assert notebook.run("view.cell") == ""  # a drag chooses nothing
    view.get_by_role("button", name="Show all").click()
    expect(plane).to_have_attribute("data-zoom", "1.00")


def test_coarser_cells_and_another_layer(new_notebook: Callable[..., Notebook]):
    notebook, view = open_view(new_notebook)
    await_state(view, "done", timeout=90)
    view.get_by_label("Cells", exact=True).fill("2")
    notebook.await_value("view.grid, len(view.cells) <= 4", (2, True))
    view.get_by_label("Layer").select_option("relu")
    notebook.await_value("view.layer", "relu")
    name = "Activation atlas of relu: 64 activations in"
    expect(view.get_by_role("img", name=name)).to_be_visible(timeout=60_000)
    await_state(view, "done", timeout=90)
    notebook.save()
    notebook.reload()
    await_frame(view)
    expect(view.get_by_role("img", name=name)).to_be_visible()


def test_what_cannot_be_laid_out_is_said(new_notebook: Callable[..., Notebook]):
    notebook, view = open_view(
        new_notebook,
        """
import jax
import jax.numpy as jnp
import numpy as np
import cnnviz_widgets as cw
model = lambda low, x: jax.nn.relu(x - low)
net = cw.Network(model, params=jnp.full((), 9.0), input_shape=(8, 8, 3))
cw.ActivationAtlas(net, "relu", np.zeros((4, 8, 8, 3), np.float32))
""",
    )
    await_state(view, "error", timeout=90)
    expect(view.get_by_role("alert")).to_contain_text("at least three values that differ")
    expect(view.get_by_text("Nothing to show")).to_be_visible()
    notebook.screenshot("activation-atlas-error", view)


def point_at(notebook: Notebook, view: Locator, row: int, column: int, grid: int = 4) -> None:
    box = view.locator(".cv-map canvas").bounding_box()
    assert box is not None
    x, y = (np.array([column, row]) + 0.5) / grid * box["width"]
    notebook.page.mouse.move(box["x"] + x, box["y"] + y)
