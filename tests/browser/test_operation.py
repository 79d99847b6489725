"""Operation as a person uses it: pointing, every control, the keys, and a walk of the window."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.jupyterlab import Notebook, await_frame, await_state

VIEW = """
import json
import cnnviz_widgets as cw
net = cw.load("digits")
image = net.fit(cw.image("digit-3"))
view = cw.Operation(net, image, layer="conv2", channel=5, position=(3, 4))
view
"""
FOUND = """
found = cw.methods.explain_value(net, image, layer="{layer}", channel={channel}, position={at})
step = found.steps[0]
best = int(abs(step.sums).argmax())
print(json.dumps([step.window.values[best].ravel().tolist(), step.kernel[best].ravel().tolist(),
                  step.products[best].ravel().tolist(), step.sums.sum(), found.value]))
"""

LOOKS = """window.sentToKernel.filter(
    text => text.includes('"type":"look"') && text.includes('"row"')).length"""


def open_view(new_notebook: Callable[..., Notebook], code: str = VIEW) -> tuple[Notebook, Locator]:
    notebook = new_notebook(code)
    notebook.run_all()
    view = notebook.view("operation")
    await_frame(view)
    await_state(view, "done")
    return notebook, view


def test_the_arithmetic_on_the_page_is_that_of_the_network(new_notebook: Callable[..., Notebook]):
    notebook, view = open_view(new_notebook)
    expect(view).to_have_attribute("data-position", "3,4")
    expect_convolution(notebook, view, "conv2", 5, (3, 4))
    expect(card(view, "ReLU")).to_contain_text("before")
    notebook.run("view.channel = 9; view.position = [10, 10]")
    expect(view).to_have_attribute("data-position", "10,10")
    expect_convolution(notebook, view, "conv2", 9, (10, 10))


def test_every_control_changes_what_is_shown_and_python_follows(
    new_notebook: Callable[..., Notebook],
):
    notebook, view = open_view(new_notebook)
    channel_slider = view.get_by_label("Channel", exact=True)
    channel_slider.fill("9")
    expect(view).to_have_attribute("data-channel", "9")
    view.get_by_label("Layer").fill("2")
    expect(view).to_have_attribute("data-layer", "max_pool")
    expect(card(view, "Max pool")).to_contain_text("Only the largest of 4 values is kept")
    expect(view.locator(".cv-winner")).to_have_count(1)
    value = notebook.run("print(f'{view.result.value:.2f}')").strip()
    expect(view.locator(".cv-winner")).to_have_text(value)
    view.locator(".cv-maps").press("PageDown")
    expect(view).to_have_attribute("data-layer", "conv2")

    bars = card(view, "Convolution").get_by_role("button", name="channel")
    bars.nth(2).click()
    expect(bars.nth(2)).to_have_attribute("aria-pressed", "true")
    number = re.sub(r"\D", "", bars.nth(2).locator(".cv-bar-name").inner_text())
    notebook.await_value("view.source", int(number))
    expect(view.get_by_text(f"Sum of the products in input channel {number}")).to_be_visible()

    maps = view.locator(".cv-maps")
    maps.press("Home")
    expect(view).to_have_attribute("data-position", "3,0")
    maps.press("ArrowDown")
    maps.press("ArrowRight")
    expect(view).to_have_attribute("data-position", "4,1")
    notebook.await_value("view.position", [4, 1])
    maps.press("Escape")
    notebook.await_value("view.position", None)
    notebook.run("view.position = [0, 0]")
    view.get_by_role("button", name="Strongest place instead").click()
    notebook.await_value("view.position", None)


def test_the_view_follows_the_pointer_and_a_click_stays(new_notebook: Callable[..., Notebook]):
    notebook, view = open_view(new_notebook)
    places = [(7, 2), (0, 10), (9, 9)]
    wanted = [ask(notebook, "conv2", 5, at) for at in places]  # a new cell scrolls the view away
    canvas = view.get_by_role("img", name="Feature map 5 of conv2")
    point(notebook, canvas, places[0], (11, 11))
    expect(view).to_have_attribute("data-position", "7,2")
    expect_numbers(view, wanted[0])
    expect(view).to_have_attribute("data-pointing", "page")
    asked = notebook.page.evaluate(LOOKS)
    for at, numbers in zip(places, wanted, strict=True):
        point(notebook, canvas, at, (11, 11))
        expect(view).to_have_attribute("data-position", f"{at[0]},{at[1]}")
        expect_numbers(view, numbers)
    assert notebook.page.evaluate(LOOKS) == asked  # the page had all that it needs
    notebook.await_value("view.position", [3, 4])
    notebook.page.mouse.move(0, 0)
    expect(view).to_have_attribute("data-position", "3,4")

    seen = view.get_by_role("img", name=re.compile(r"Channel \d+ of max_pool, 13 by 13"))
    point(notebook, seen, (12, 0), (13, 13))  # the window that lies there
    expect(view).to_have_attribute("data-position", "10,0")
    notebook.page.mouse.down()
    notebook.page.mouse.up()
    notebook.await_value("view.position", [10, 0])
    notebook.await_value("view.result.position", (10, 0))
    notebook.page.mouse.move(0, 0)
    expect(view).to_have_attribute("data-position", "10,0")


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_the_window_walks_step_by_step_and_by_itself(
    new_notebook: Callable[..., Notebook], motion: str
):
    notebook, view = open_view(new_notebook)
    notebook.page.emulate_media(reduced_motion=motion)  # type: ignore[arg-type]
    view.get_by_role("button", name="Step").click()
    expect(view).to_have_attribute("data-position", "3,5")
    await_state(view, "paused")
    notebook.await_value("view.position", [3, 5])
    expect(view.locator(".cv-veil:visible")).to_have_count(2)

    view.get_by_role("button", name="Play").click()
    expect(view).to_have_attribute("data-position", re.compile(r"^(?!3,[0-6]$)"))
    product = view.get_by_role("img", name="Products, ").locator("span").first
    name = product.evaluate("element => getComputedStyle(element).animationName")
    assert name.startswith("cv-operation-") == (motion == "no-preference")
    expect(view.get_by_role("button", name="Play")).to_be_disabled()
    view.get_by_role("button", name="Pause").click()
    await_state(view, "paused")
    at = json.loads(notebook.run("print(json.dumps(view.position))"))
    expect(view).to_have_attribute("data-position", f"{at[0]},{at[1]}")
    view.locator(".cv-maps").press(" ")
    await_state(view, "running")
    expect(view).not_to_have_attribute("data-position", f"{at[0]},{at[1]}")
    view.locator(".cv-maps").press(" ")
    await_state(view, "paused")
    view.locator(".cv-maps").press("Home")
    await_state(view, "done")
    expect(view.locator(".cv-veil:visible")).to_have_count(0)


def test_classes_are_told_and_the_temperature_is_the_pages_own(
    new_notebook: Callable[..., Notebook],
):
    notebook, view = open_view(new_notebook)
    notebook.run('view.layer = "dense2"; view.channel = 3')
    dense = card(view, "Dense")
    expect(dense).to_contain_text("The 12 largest products, inputs from relu_4")
    rivals = dense.locator(".cv-rivals").get_by_role("button")
    expect(rivals).to_have_count(6)
    rivals.nth(1).click()
    expect(rivals.nth(1)).to_have_attribute("aria-pressed", "true")
    notebook.run('view.layer = "softmax"; view.channel = 3')
    softmax = card(view, "Softmax")
    expect(softmax.get_by_role("button").first).to_contain_text("100 %")
    number = view.get_attribute("data-frame")
    softmax.get_by_label("Temperature").fill("12")  # 8
    expect(softmax.get_by_role("button").first).not_to_contain_text("100 %")
    shares = (
        "import numpy as np\n"
        "logits = np.asarray(cw.methods.activations(net, image, ['dense2'])['dense2'][0])\n"
        "powers = np.exp((logits - logits.max()) / 8)\n"
        "print(f'{100 * powers.max() / powers.sum():.1f} %')"
    )
    expect(softmax.get_by_role("button").first).to_contain_text(notebook.run(shares).strip())
    assert view.get_attribute("data-frame") == number
    expect(view.get_by_role("button", name="Play")).to_be_disabled()


def test_what_goes_wrong_is_said(new_notebook: Callable[..., Notebook]):
    notebook, view = open_view(new_notebook)
    notebook.run(
        "def fail(*_, **__): raise RuntimeError('no more memory')\n"
        "view._explainer[1].channel_map = fail\nview.position = [1, 1]"
    )
    await_state(view, "error")
    expect(view.get_by_role("alert")).to_contain_text("no more memory")
    notebook.run("del view._explainer[1].channel_map\nview.position = [1, 2]")
    await_state(view, "done")
    expect(view).to_have_attribute("data-position", "1,2")


def test_a_page_loaded_anew_shows_the_same(new_notebook: Callable[..., Notebook]):
    notebook, view = open_view(new_notebook)
    view.locator(".cv-maps").press("ArrowUp")
    expect(view).to_have_attribute("data-position", "2,4")
    await_state(view, "done")
    notebook.save()
    notebook.reload()
    await_frame(view)
    expect(view).to_have_attribute("data-position", "2,4")
    expect_convolution(notebook, view, "conv2", 5, (2, 4))


def card(view: Locator, title: str) -> Locator:
    return view.locator("section").filter(has=view.page.get_by_text(title, exact=True))


def point(notebook: Notebook, canvas: Locator, cell: tuple[int, int], of: tuple[int, int]) -> None:
    """Moves the pointer to the middle of a cell."""
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    y, x = ((at + 0.5) / size for at, size in zip(cell, of, strict=True))
    notebook.page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])


def shown(text: str) -> float:
    return float(text.strip("()").replace("−", "-"))


def expect_convolution(
    notebook: Notebook, view: Locator, layer: str, channel: int, at: tuple[int, int]
) -> None:
    """Compares the numbers on the page with what the method gives in the kernel."""
    expect_numbers(view, ask(notebook, layer, channel, at))


def ask(notebook: Notebook, layer: str, channel: int, at: tuple[int, int]) -> list[Any]:
    return json.loads(notebook.run(FOUND.format(layer=layer, channel=channel, at=at)))


def expect_numbers(view: Locator, wanted: list[Any]) -> None:
    *grids, total, value = wanted
    for name, grid in zip(("Window", "Kernel", "Products"), grids, strict=True):
        label = view.get_by_role("img", name=f"{name}, ").get_attribute("aria-label")
        assert label is not None
        found = [shown(text) for text in label.partition(": ")[2].split(", ")]
        assert found == pytest.approx(grid, rel=0.06, abs=1e-9)  # 1e−4 has two digits
    figures = card(view, "Convolution").locator(".cv-figure").all_inner_texts()
    assert shown(figures[0]) == pytest.approx(total, rel=0.01, abs=1e-4)
    assert shown(figures[-1]) == pytest.approx(value, rel=0.01, abs=1e-4)
    assert sum(map(shown, figures[:-1])) == pytest.approx(value, rel=0.02, abs=0.01)
    expect(view.locator(".cv-number strong")).to_have_text(figures[-1])
