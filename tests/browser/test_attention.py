"""Attention as a person uses it: pointing, every control, the keys, and words for tokens."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.jupyterlab import Notebook, await_frame, await_state

CELLS = (
    """
import numpy as np
import cnnviz_widgets as cw
net = cw.load("photos_vit")
image = net.fit(cw.image("cat"))[32:96, 32:96]
view = cw.Attention(net, image)
view
""",
    """
from tests.models import transformers
text = cw.Network(transformers.text, params=transformers.text_params(), input_shape=(5,))
reader = cw.Attention(text, np.arange(5), tokens=["<b>", "quick", "brown", "fox", "jumps"])
reader
""",
)


def test_pointing_keys_and_every_control(new_notebook: Callable[..., Notebook]):
    notebook = new_notebook(*CELLS)
    notebook.run_all()
    view, reader = notebook.view("attention", 0), notebook.view("attention", 1)
    for each in (view, reader):
        await_frame(each)
        await_state(each, "done")
    expect(view.get_by_text("8 x 8 patches, one for each 8 x 8 pixels")).to_be_visible()
    expect(view).to_have_attribute("data-query", "0")

    # The pointer looks from a patch, a click stays there, and the picture says what it looks at.
    picture = view.get_by_role("img", name=re.compile("^Picture, 64 by 64"))
    point(notebook, picture, (2, 5))
    expect(view).to_have_attribute("data-query", "22")
    notebook.await_value("view.query", 0)
    notebook.page.mouse.down()
    notebook.page.mouse.up()
    notebook.await_value("view.query", 22)
    notebook.await_value("view.position", [2, 5])
    shown = view.get_by_role("img", name=re.compile("^Attention of row 2, column 5"))
    line = view.locator(".cv-map .cv-line")
    point(notebook, shown, (0, 0))
    expect(line).to_contain_text("row 0, column 0: ")
    told = float(line.inner_text().partition(": ")[2].replace("−", "-"))
    value = notebook.run("print(view.result.weights['blocks/3/attention'][0, 0, 22, 1].item())")
    assert told == pytest.approx(float(value), rel=0.01)

    view.get_by_role("group", name="Query patch").press("ArrowDown")
    notebook.await_value("view.query", 30)
    view.get_by_role("group", name="Query patch").press("Escape")
    notebook.await_value("view.query", 0)
    view.get_by_role("group", name="All heads").press("ArrowUp")
    expect(view).to_have_attribute("data-layer", "blocks/2/attention")
    view.get_by_label("Layer", exact=True).fill("0")
    expect(view).to_have_attribute("data-layer", "blocks/0/attention")
    view.get_by_label("Head", exact=True).fill("2")
    expect(view).to_have_attribute("data-head", "2")
    notebook.await_value("[view.layer, view.head]", ["blocks/0/attention", 2])

    view.get_by_label("Query", exact=True).select_option("37")  # the patch in the middle
    expect(view).to_have_attribute("data-query", "37")
    for show, words in (("mean", "Mean of heads"), ("rollout", "Rollout"), ("flow", "Flow")):
        view.get_by_label("Show", exact=True).select_option(show)
        expect(view).to_have_attribute("data-show", show)
        await_state(view, "done")
        expect(view.locator(".cv-map .cv-title")).to_have_text(words)
    view.get_by_label("Show", exact=True).select_option("head")
    view.get_by_label("Display", exact=True).select_option("matrix")
    expect(view.get_by_role("img", name="Attention of 65 queries to 65 keys")).to_be_visible()
    view.get_by_label("Scale", exact=True).select_option("all")
    notebook.await_value("view.scale", "all")
    expect(view.get_by_role("img", name=re.compile("^Mean distance of each head"))).to_be_visible()

    # Words come as text, and choose the query.
    words = reader.locator(".cv-token")
    expect(words).to_have_count(5)
    expect(words.first).to_contain_text("<b>")
    words.nth(3).click()
    expect(words.nth(3)).to_have_attribute("aria-pressed", "true")
    expect(reader).to_have_attribute("data-query", "3")
    row = notebook.run(
        "import json\nprint(json.dumps(reader.result.weights[reader.layer][0, 0, 3].tolist()))"
    )
    for at, weight in enumerate(json.loads(row)):
        label = words.nth(at).locator("small").inner_text()
        assert float(label) == pytest.approx(weight, rel=0.01)
    notebook.save()
    notebook.reload()
    await_frame(reader)
    expect(words).to_have_count(5)


def point(notebook: Notebook, canvas: Locator, cell: tuple[int, int], of: int = 8) -> None:
    """Moves the pointer to the middle of a patch."""
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    y, x = ((at + 0.5) / of for at in cell)
    notebook.page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
