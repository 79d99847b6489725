"""GradientAscent's choices as a person makes them: settings, grids, examples, advice, files."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.jupyterlab import SECOND, Notebook, await_frame, await_state

VIEW = """
import cnnviz_widgets as cw
net = cw.load("digits")
ascent = cw.GradientAscent(net, {target!r}, steps={steps}, transforms=(), {more})
ascent
"""
PATIENCE = 60 * SECOND


@pytest.fixture
def open_view(new_notebook: Callable[..., Notebook]) -> Callable[..., tuple[Notebook, Locator]]:
    def open_view(target: object, steps: int = 12, more: str = "") -> tuple[Notebook, Locator]:
        notebook = new_notebook(VIEW.format(target=target, steps=steps, more=more))
        notebook.run_all()
        view = notebook.view("gradient-ascent")
        await_state(view, "idle")
        return notebook, view

    return open_view


def test_each_setting_begins_a_new_run(open_view: Callable[..., tuple[Notebook, Locator]]):
    notebook, view = open_view("conv2:3", steps=100_000)
    more = view.get_by_role("button", name="More")
    expect(view.get_by_label("Seed")).to_be_hidden()
    more.click()
    expect(more).to_have_attribute("aria-expanded", "true")
    view.get_by_role("button", name="Play").click()
    await_frame(view, 3)

    run = 1

    def begins_anew() -> None:
        nonlocal run
        run += 1
        notebook.await_value("ascent._record.replay(0)['run']", run)

    view.get_by_label("Preset").select_option("pixel")
    begins_anew()
    view.get_by_label("Parameterisation").select_option("Fourier waves")
    begins_anew()
    for label, value in {"Size": "32", "Seed": "7", "Learning rate": "0.02"}.items():
        view.get_by_label(label, exact=True).fill(value)
        view.get_by_label(label, exact=True).press("Enter")
        begins_anew()
    view.get_by_label("End").select_option("negative")
    begins_anew()
    title = view.locator(".cv-picture .cv-title")
    expect(title).to_have_text("-conv2:3", timeout=PATIENCE)
    view.get_by_label("End").select_option("both")
    begins_anew()
    expect(title).to_have_text("conv2:3, both ends", timeout=PATIENCE)
    expect(view.locator(".cv-tile:visible")).to_have_count(2)
    view.get_by_label("End").select_option("negative")
    begins_anew()
    view.get_by_label("Compare").select_option("with lucid")
    begins_anew()
    names = view.locator(".cv-tile-name")
    expect(names).to_have_text(["-conv2:3, pixel", "-conv2:3, lucid"], timeout=PATIENCE)
    expect(view.get_by_label("Grid")).to_be_hidden()
    view.get_by_label("Compare").select_option("off")
    begins_anew()
    view.get_by_label("Objective").select_option("class probability")
    expect(title).to_have_text("probability of 0", timeout=PATIENCE)
    expect(view.get_by_label("End")).to_be_hidden()
    chosen = (
        "ascent.preset, ascent.parameterisation, ascent.size, ascent.seed, ascent.learning_rate"
    )
    assert notebook.run(chosen) == "('pixel', 'fourier', 32, 7, 0.02)"
    view.get_by_label("Size", exact=True).fill("")
    view.get_by_label("Size", exact=True).press("Enter")
    notebook.await_value("ascent.size", None)
    more.click()
    expect(view.get_by_label("Seed")).to_be_hidden()


def test_a_tile_of_a_grid_is_selected(open_view: Callable[..., tuple[Notebook, Locator]]):
    notebook, view = open_view("conv2:3", steps=100_000)
    view.get_by_label("Grid").select_option("4 channels")
    view.get_by_role("button", name="Play").click()
    tile = view.get_by_role("button", name="Picture of conv2:1")
    expect(view.get_by_role("button", name="Picture of conv2:3")).to_have_attribute(
        "aria-pressed", "true", timeout=PATIENCE
    )
    expect(view.locator(".cv-tile:visible")).to_have_count(4)
    tile.click()
    expect(tile).to_have_attribute("aria-pressed", "true")
    notebook.await_value("ascent.channel, ascent._record.replay(0)['run']", (1, 1))
    frame = await_frame(view)
    await_frame(view, frame + 3)
    view.get_by_role("button", name="Stop").click()
    await_state(view, "idle")


def test_an_expression_has_a_name_and_can_be_left(
    open_view: Callable[..., tuple[Notebook, Locator]],
):
    _, view = open_view("conv2:3 - 0.2*conv2:4", steps=3)
    expect(view.get_by_label("Objective")).to_have_value("own")
    expect(view.get_by_label("Layer")).to_be_hidden()
    view.get_by_role("button", name="Play").click()
    await_state(view, "done")
    expect(view.locator(".cv-picture .cv-title")).to_have_text("conv2:3 - 0.2 * conv2:4")
    view.get_by_label("Objective").select_option("channel")
    expect(view.get_by_label("Layer")).to_have_value("conv2")


def test_real_examples_come_after_the_climb(open_view: Callable[..., tuple[Notebook, Locator]]):
    _, view = open_view("conv2:3", steps=3)
    expect(view.locator(".cv-examples")).to_be_hidden()
    view.get_by_role("button", name="Play").click()
    await_state(view, "done")
    expect(view.get_by_text("of 100 pictures")).to_be_visible(timeout=PATIENCE)
    for row in ("Fires most", "Fires least"):
        expect(view.get_by_role("group", name=row).get_by_role("img")).to_have_count(6)


def test_advice_is_given_and_can_be_taken(open_view: Callable[..., tuple[Notebook, Locator]]):
    notebook, view = open_view("conv3:5", steps=24, more="preset='pixel', learning_rate=1e4")
    view.get_by_role("button", name="Play").click()
    expect(view.get_by_text("does not rise")).to_be_visible(timeout=PATIENCE)
    view.get_by_role("button", name="Try learning rate 0.05").click()
    notebook.await_value("ascent.learning_rate, ascent.state", (None, "done"))
    expect(view.get_by_text("does not rise")).to_be_hidden()


@pytest.mark.parametrize("kind", ["png", "gif", "webp"])
def test_a_file_is_saved(
    open_view: Callable[..., tuple[Notebook, Locator]], tmp_path: Path, kind: str
):
    _, view = open_view("conv2:3", steps=6)
    view.get_by_role("button", name="Play").click()
    await_state(view, "done")
    view.get_by_label("Format").select_option(kind)
    with view.page.expect_download() as download:
        view.get_by_role("button", name="Save").click()
    download.value.save_as(tmp_path / "file")
    assert download.value.suggested_filename.endswith(f".{kind}")
    begins = {"png": b"\x89PNG", "gif": b"GIF8", "webp": b"RIFF"}[kind]
    assert (tmp_path / "file").read_bytes().startswith(begins)
