"""Architecture as a person uses it: folding, choosing, search, keys, zoom, colours, files."""

import io
from collections.abc import Callable

from PIL import Image
from playwright.sync_api import Locator, expect

from tests.browser.jupyterlab import Notebook, await_frame, await_state

VIEW = """
import jax.numpy as jnp
from flax import nnx
import cnnviz_widgets as cw

class Block(nnx.Module):
    def __init__(self, rngs):
        self.conv1 = nnx.Conv(8, 8, (3, 3), rngs=rngs)
        self.conv2 = nnx.Conv(8, 8, (3, 3), rngs=rngs)
    def __call__(self, x):
        return nnx.relu(x + self.conv2(nnx.relu(self.conv1(x))))

class Residual(nnx.Module):
    def __init__(self, rngs):
        self.stem = nnx.Conv(3, 8, (3, 3), rngs=rngs)
        self.one = Block(rngs)
        self.two = Block(rngs)
        setattr(self, "<b>head</b>", nnx.Linear(8, 4, rngs=rngs))
    def __call__(self, x):
        x = self.two(self.one(self.stem(x)))
        return getattr(self, "<b>head</b>")(x.mean((1, 2)))

net = cw.Network(Residual(nnx.Rngs(0)), input_shape=(32, 32, 3))
chosen = cw.Selection()
view = cw.Architecture(net, net.fit(cw.image("cat")), selection=chosen)
view.unfolded = []
view
"""

# How much of the drawing's width one CSS pixel is.
ZOOM = "stage => Number(stage.dataset.zoom)"


def open_view(new_notebook: Callable[..., Notebook]) -> tuple[Notebook, Locator]:
    notebook = new_notebook(VIEW)
    notebook.run_all()
    view = notebook.view("architecture")
    await_frame(view)
    await_state(view, "done")
    return notebook, view


def card(view: Locator, name: str) -> Locator:
    return view.locator(f".cv-card[data-name='{name}']")


def stage(view: Locator) -> Locator:
    return view.get_by_role("group", name="Layers", exact=False)


def names(view: Locator) -> list[str]:
    cards = view.locator(".cv-card").all()
    return [each.get_attribute("data-name") or "" for each in cards]


def test_blocks_fold_and_unfold(new_notebook: Callable[..., Notebook]):
    notebook, view = open_view(new_notebook)
    head = "<b>head</b>"
    assert names(view) == ["input", "stem", "one", "two", "mean", head]
    expect(card(view, head).locator("text").first).to_have_text(head)  # text, and never HTML
    expect(view.get_by_role("img", name="Graph of 13 layers", exact=False)).to_be_visible()

    card(view, "one").locator(".cv-fold").click()
    expect(card(view, "one/add")).to_be_visible()
    assert names(view) == [
        "input", "stem", "one/conv1", "one/relu", "one/conv2", "one/add", "one/relu_2", "two",
        "mean", head,
    ]  # fmt: skip
    notebook.await_value("view.unfolded", ["one"])
    flows = view.locator(".cv-flow[data-source='stem']")
    assert {each.get_attribute("data-target") for each in flows.all()} == {
        "one", "one/conv1", "one/add",
    }  # fmt: skip

    view.locator(".cv-block[data-name='one'] .cv-fold").click()
    expect(card(view, "one/add")).to_have_count(0)
    card(view, "two").dblclick()
    expect(card(view, "two/add")).to_be_visible()
    view.get_by_role("button", name="Unfold all").click()
    expect(view).to_have_attribute("data-shown", "14")
    view.get_by_role("button", name="Fold all", exact=True).click()
    expect(view).to_have_attribute("data-shown", "6")
    notebook.await_value("view.unfolded", [])  # or the page's would come after the cell's
    notebook.run("view.unfolded = ['two']")
    expect(card(view, "two/conv1")).to_be_visible()


def test_a_click_chooses_the_layer_everywhere(new_notebook: Callable[..., Notebook]):
    notebook, view = open_view(new_notebook)
    card(view, "stem").click(position={"x": 20, "y": 90})
    expect(card(view, "stem")).to_have_class("cv-card cv-chosen")
    notebook.await_value("chosen.layer", "stem")
    card(view, "one").click(position={"x": 20, "y": 90})
    notebook.await_value("chosen.layer", "one/relu_2")
    expect(card(view, "one")).to_have_class("cv-card cv-chosen")
    notebook.run("chosen.layer = 'mean'")
    expect(card(view, "mean")).to_have_class("cv-card cv-chosen")
    expect(view).to_have_attribute("data-layer", "mean")


def test_keys_go_along_the_lines_fold_and_zoom(new_notebook: Callable[..., Notebook]):
    notebook, view = open_view(new_notebook)
    here = stage(view)
    here.press("ArrowRight")
    expect(view).to_have_attribute("data-layer", "stem")
    here.press("ArrowRight")
    expect(view).to_have_attribute("data-layer", "one/relu_2")
    here.press("Enter")
    expect(card(view, "one/relu_2")).to_have_class("cv-card cv-chosen")
    here.press("ArrowLeft")
    expect(view).to_have_attribute("data-layer", "one/add")
    here.press("Enter")
    expect(card(view, "one/add")).to_have_count(0)
    expect(card(view, "one")).to_have_class("cv-card cv-chosen")
    here.press("ArrowRight")
    expect(view).to_have_attribute("data-layer", "two/relu_2")
    notebook.await_value("view.layer", "two/relu_2")

    before = here.evaluate(ZOOM)
    here.press("+")
    assert here.evaluate(ZOOM) > before
    here.press("-")
    here.press("-")
    assert here.evaluate(ZOOM) < before
    here.press("0")
    box, whole = card(view, "input").bounding_box(), here.bounding_box()
    assert box
    assert whole
    assert box["x"] >= whole["x"]


def test_the_wheel_buttons_and_drags_move_the_view(new_notebook: Callable[..., Notebook]):
    notebook, view = open_view(new_notebook)
    here = stage(view)
    before = here.evaluate(ZOOM)
    box = here.bounding_box()
    assert box
    notebook.page.mouse.move(box["x"] + 200, box["y"] + 40)
    notebook.page.mouse.wheel(0, -200)  # without the focus, the notebook scrolls
    assert here.evaluate(ZOOM) == before
    here.focus()
    notebook.page.mouse.wheel(0, -200)
    grown = "([stage, before]) => Number(stage.dataset.zoom) > before"
    notebook.page.wait_for_function(grown, arg=[here.element_handle(), before])
    view.get_by_role("button", name="Fit").click()
    fitted = here.evaluate(ZOOM)
    view.get_by_role("button", name="Zoom in").click()
    assert here.evaluate(ZOOM) > fitted
    view.get_by_role("button", name="Zoom out").click()

    place = card(view, "stem").bounding_box()
    box = here.bounding_box()
    assert place
    assert box
    mouse = notebook.page.mouse
    mouse.move(place["x"] + 20, place["y"] + 60)
    mouse.down()
    mouse.move(place["x"] + 80, place["y"] + 70, steps=4)
    mouse.up()
    moved = card(view, "stem").bounding_box()
    assert moved
    assert abs(moved["x"] - place["x"] - 60) < 2
    expect(view).to_have_attribute("data-layer", "")  # a drag is no click


def test_search_finds_and_opens(new_notebook: Callable[..., Notebook]):
    notebook, view = open_view(new_notebook)
    search = view.get_by_label("Search")
    search.fill("add")
    expect(view.get_by_text("2 found")).to_be_visible()
    expect(card(view, "stem")).to_have_attribute("opacity", "0.28")
    expect(card(view, "one")).to_have_attribute("opacity", "1")
    search.press("Enter")
    expect(card(view, "one/add")).to_have_class("cv-card cv-chosen")
    expect(view.get_by_text("1 of 2")).to_be_visible()
    search.press("Enter")
    expect(card(view, "two/add")).to_have_class("cv-card cv-chosen")
    notebook.await_value("view.layer", "two/add")
    search.fill("")
    expect(card(view, "stem")).to_have_attribute("opacity", "1")


def test_colours_thumbnails_and_shapes(new_notebook: Callable[..., Notebook]):
    notebook, view = open_view(new_notebook)
    assert view.locator(".cv-card image").count() == 6
    legend = view.locator(".cv-legend")
    expect(legend).to_contain_text("block")
    colour = view.get_by_label("Colour")
    before = card(view, "stem").locator("path").first.get_attribute("fill")
    for value, words in (
        ("parameters", "parameters"),
        ("flops", "FLOPs"),
        ("mean", "mean activation"),
        ("spread", "spread of activations"),
        ("zeros", "100 %"),
    ):
        colour.select_option(value)
        expect(legend).to_contain_text(words)
    assert card(view, "stem").locator("path").first.get_attribute("fill") != before
    notebook.await_value("view.color", "zeros")
    view.locator(".cv-flow[data-source='stem']").hover(force=True)
    expect(view.locator(".cv-line")).to_have_text("stem → one: 300×451×8")


def test_the_drawing_is_saved(new_notebook: Callable[..., Notebook]):
    notebook, view = open_view(new_notebook)
    with notebook.page.expect_download() as download:
        view.get_by_role("button", name="Save as SVG").click()
    text = download.value.path().read_text()
    assert text.startswith("<svg")
    assert "&lt;b&gt;head&lt;/b&gt;" in text
    assert "<b>" not in text
    assert text.count("<image") == 6
    with notebook.page.expect_download() as download:
        view.get_by_role("button", name="Save as PNG").click()
    picture = Image.open(io.BytesIO(download.value.path().read_bytes())).convert("RGB")
    colours = picture.getcolors(2**24) or []
    assert picture.width > 1200
    assert len(colours) > 50


def test_a_narrow_view_runs_down(new_notebook: Callable[..., Notebook]):
    notebook, view = open_view(new_notebook)
    expect(view).to_have_attribute("data-direction", "right")
    notebook.set_width(420)
    expect(view).to_have_attribute("data-direction", "down")
    stage(view).press("ArrowDown")
    expect(view).to_have_attribute("data-layer", "stem")
