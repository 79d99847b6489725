"""The bench: one thing is chosen in one view, and all the others follow."""

import io
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

import cnnviz_widgets as cw
from tests.browser.jupyterlab import SECOND, Notebook, await_frame, await_state

BENCH = """
import numpy as np
import cnnviz_widgets as cw
net = cw.load("photos")
bench = cw.Explorer(net, cw.image("cat"))
bench
"""
PATIENCE = 60 * SECOND


@pytest.fixture
def bench(new_notebook: Callable[..., Notebook]) -> Iterator[Notebook]:
    notebook = new_notebook(BENCH)
    notebook.run_all()
    await_frame(notebook.view("feature-maps"))
    yield notebook
    assert notebook.run("bench.error is None") == "True"


def chooser(notebook: Notebook) -> Locator:
    return notebook.view("image-chooser")


def png(name: str) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.uint8(cw.image(name) * 255)).save(file, "PNG")
    return file.getvalue()


def upload(notebook: Notebook, name: str, content: bytes) -> None:
    file = {"name": name, "mimeType": "image/png", "buffer": content}
    chooser(notebook).get_by_label("Picture file").set_input_files(files=[file])


def test_layers_are_chosen_in_any_view(bench: Notebook):
    maps, ascent = bench.view("feature-maps"), bench.view("gradient-ascent")
    layers = bench.view("layer-list")
    layers.get_by_role("option", name="conv3 ", exact=False).click()
    expect(maps).to_have_attribute("data-layer", "conv3")
    expect(ascent.get_by_label("Layer")).to_have_value("conv3")

    layers.get_by_role("listbox", name="Layers").press("ArrowDown")
    below = layers.locator("[role=option][aria-selected=true]")
    expect(below).to_contain_text("bn3")
    bench.await_value("bench.selection.layer == bench.feature_maps.layer", True)
    expect(maps).not_to_have_attribute("data-layer", "conv3")

    ascent.get_by_label("Layer").select_option("conv4")
    expect(maps).to_have_attribute("data-layer", "conv4")
    expect(layers.locator("[role=option][aria-selected=true]")).to_contain_text("conv4")

    maps.get_by_label("Channel").fill("11")
    expect(ascent.get_by_label("Channel")).to_have_value("11")
    bench.await_value("bench.selection.channel", 11)


def test_a_tab_opens_a_view_of_what_is_looked_at(bench: Notebook):
    layers = bench.view("layer-list")
    layers.get_by_role("option", name="conv3 ", exact=False).click()
    tabs = bench.page.locator(".jp-OutputArea-output")
    expect(bench.view("attribution")).to_be_visible()
    for tab, view in (("Operation", "operation"), ("Architecture", "architecture")):
        tabs.get_by_role("tab", name=tab, exact=True).click()
        await_frame(bench.view(view), timeout=60)
        expect(bench.view("attribution")).to_be_hidden()
    graph = bench.view("architecture")
    expect(graph).to_contain_text("conv3: conv")  # its card
    tabs.get_by_role("tab", name="Health", exact=True).click()  # takes more than one image
    expect(tabs.get_by_text("Explorer(net, images, labels)")).to_be_visible()
    bench.screenshot("explorer-tabs", bench.page.locator(".widget-tab"))
    layers.get_by_role("option", name="conv4 ", exact=False).click()
    tabs.get_by_role("tab", name="Operation", exact=True).click()
    bench.await_value("bench.tabs.view(cw.Operation).layer", "conv4")
    expect(bench.view("operation")).to_contain_text("conv4")


def test_pictures_are_chosen_and_uploaded(bench: Notebook):
    maps = bench.view("feature-maps")
    shown = await_frame(maps)
    expect(chooser(bench).get_by_label("Image", exact=True)).to_have_value("cat")
    chooser(bench).get_by_label("Image", exact=True).select_option("coffee")
    shown = await_frame(maps, shown + 1)
    bench.await_value("bench.image.shape == net.fit(cw.image('coffee'), longest=256).shape", True)
    expect(bench.page.locator(".bqplot")).to_contain_text("coffee")

    chooser(bench).get_by_role("button", name="rocket").click()
    shown = await_frame(maps, shown + 1)
    bench.await_value("bench.image_chooser.name", "rocket")

    upload(bench, "mine <b>bold</b>.png", png("astronaut"))
    await_frame(maps, shown + 1)
    bench.await_value("bench.image_chooser.name", "upload: mine <b>bold</b>.png")
    strip = chooser(bench).get_by_role("group", name="Pictures")
    expect(strip.locator("[aria-pressed=true]")).to_have_attribute(
        "title", "upload: mine <b>bold</b>.png"
    )
    expect(strip.locator("b")).to_have_count(0)  # a name is text, never HTML
    judged = "net.classes[int(np.argmax(cw.methods.probabilities(net, bench.image)))]"
    bench.await_value(judged, "astronaut")


def test_a_file_that_is_no_picture_is_refused_in_words(bench: Notebook):
    maps = bench.view("feature-maps")
    shown = await_frame(maps)
    upload(bench, "broken.png", b"no picture at all")
    notice = chooser(bench).get_by_role("alert")
    expect(notice).to_contain_text("broken.png")
    bench.screenshot("explorer-broken-upload", chooser(bench))
    assert await_frame(maps) == shown
    chooser(bench).get_by_label("Image", exact=True).select_option("coffee")
    expect(notice).to_be_hidden()
    await_frame(maps, shown + 1)


def test_the_likeliest_class_is_climbed_and_its_bar_is_marked(bench: Notebook):
    ascent = bench.view("gradient-ascent")
    ascent.get_by_label("Objective").select_option("class")
    ascent.get_by_label("Class").select_option(label="coffee")
    bench.await_value("net.classes[bench.selection.target]", "coffee")
    ascent.get_by_role("button", name="Play").click()
    await_frame(ascent, 10, timeout=60)
    expect(ascent).to_contain_text("coffee")
    ascent.get_by_role("button", name="Stop").click()
    await_state(ascent, "idle", "done")
    marks = bench.page.locator(".bqplot rect.bar")
    expect(marks.first).to_be_visible(timeout=PATIENCE)
