"""Text as a person uses it: typing, class, method, layer, channel, letters by pointer and keys."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.jupyterlab import Notebook, await_frame, await_state

CELLS = (
    """
import cnnviz_widgets as cw
net = cw.load("texts")
chosen = cw.Selection()
view = cw.Text(net, "Guten Morgen", selection=chosen)
view
""",
    'maps = cw.FeatureMaps(net, cw.text("Guten Morgen"), selection=chosen)\nmaps',
)


def test_every_control_and_a_text_that_is_typed(new_notebook: Callable[..., Notebook]):
    notebook = new_notebook(*CELLS)
    notebook.run_all()
    view, maps = notebook.view("text"), notebook.view("feature-maps")
    await_frame(view)
    await_state(view, "done")
    await_frame(maps)

    # What is typed is read, in every view that shares the text; markup is text, too.
    field = view.get_by_label("Text", exact=True)
    field.fill("")
    field.press_sequentially("<b>Vandaag schijnt de zon</b>")
    expect(view).to_have_attribute("data-text", "<b>Vandaag schijnt de zon</b>")
    notebook.await_value("chosen.image.text", "<b>Vandaag schijnt de zon</b>")
    expect(field).to_have_value("<b>Vandaag schijnt de zon</b>")
    expect(view.locator(".cv-said li.cv-best")).to_contain_text("Dutch")
    expect(view.get_by_text("29 of 96 ids, the rest is padding")).to_be_visible()
    expect(maps.locator(".cv-token")).to_have_count(29)

    view.get_by_label("Class").select_option("German")
    notebook.await_value("net.classes[view.target]", "German")
    view.get_by_label("Method").select_option("saliency")
    expect(view).to_have_attribute("data-method", "saliency")
    expect(view.get_by_role("group", name=re.compile("^Saliency for German by"))).to_be_visible()

    view.get_by_label("Channel", exact=True).fill("9")
    expect(view).to_have_attribute("data-channel", "9")
    expect(view.get_by_role("list", name="What fires channel 9 of relu most")).to_be_visible()
    most = view.get_by_role("group", name="Channels of relu that say German").get_by_role("button")
    chosen = (most.first.inner_text()).split()[0]
    most.first.click()
    notebook.await_value("view.channel", int(chosen))
    expect(view).to_have_attribute("data-channel", chosen)
    expect(most.first).to_have_attribute("aria-pressed", "true")
    view.get_by_label("Channel", exact=True).fill("9")
    view.get_by_label("Layer", exact=True).fill("1")
    expect(view).to_have_attribute("data-layer", "conv")
    expect(maps).to_have_attribute("data-layer", "conv")
    expect(maps).to_have_attribute("data-channel", "9")

    # A letter is chosen by a click or the keys, and its cell is the other view's, too.
    letters = view.locator(".cv-speaks .cv-token")
    letters.nth(3).click()
    notebook.await_value("maps.position", [0, 3])
    expect(letters.nth(3)).to_have_attribute("aria-pressed", "true")
    expect(letters.nth(3)).to_have_attribute("aria-label", re.compile("^“V”: [0-9]"))
    letters.nth(3).press("ArrowRight")
    notebook.await_value("view.position", [0, 4])
    expect(letters.nth(4)).to_be_focused()
    told = letters.nth(4).get_attribute("aria-label") or ""
    code = "print(cw.methods.per_token(view.result.values)[0, 4].item())"
    value = float(told.partition(": ")[2])
    assert abs(value - float(notebook.run(code))) < 0.01 * value
    maps.locator(".cv-token").nth(6).click()
    expect(letters.nth(6)).to_have_attribute("aria-pressed", "true")
