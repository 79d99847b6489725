"""Intervention as a person uses it: every control, a region drawn, the stack, and the ranking."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.jupyterlab import Notebook, await_frame, await_state

VIEW = """
import cnnviz_widgets as cw
net = cw.load("digits")
image = net.fit(cw.image("digit-3"))
view = cw.Intervention(net, image, layer="conv1", channel=5, reference=image[None])
view
"""


def test_every_control_changes_the_network_and_what_follows(
    new_notebook: Callable[..., Notebook],
):
    notebook = new_notebook(VIEW)
    notebook.run_all()
    view = notebook.view("intervention")
    await_frame(view)
    await_state(view, "done")
    expect(view.get_by_text("nothing changes").first).to_be_visible()
    view.get_by_label("Layer", exact=True).fill("3")
    expect(view).to_have_attribute("data-layer", "conv2")
    view.get_by_label("Channel", exact=True).fill("9")
    expect(view).to_have_attribute("data-channel", "9")

    box = view.get_by_role("img", name="The map that is changed").bounding_box()
    assert box is not None
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"])
          for x, y in ((2.5 / 11, 3.5 / 11), (6.5 / 11, 8.5 / 11))]  # fmt: skip
    notebook.page.mouse.move(*at[0])
    notebook.page.mouse.down()
    notebook.page.mouse.move(*at[1], steps=4)
    notebook.page.mouse.up()
    notebook.await_value("view.region", [3, 2, 9, 7])
    expect(view.get_by_text("rows 3 to 8, columns 2 to 6")).to_be_visible()

    view.get_by_role("button", name="Boost", exact=True).click()
    expect(view).to_have_attribute("data-edits", "1")
    expect(view).not_to_have_attribute("data-changed", "0")
    factor = view.get_by_label("Factor of edit 1")
    factor.fill("-3")
    notebook.await_value("[edit.title for edit in view.edits]",
                         ["boost conv2:9 [3:9, 2:7] × -3"])  # fmt: skip
    view.get_by_label("Value of edit 1").fill("7.5")
    view.get_by_label("Value of edit 1").press("Enter")
    notebook.await_value("view.edits[0].value", 7.5)
    notebook.run("wanted = cw.methods.intervene(net, image, view.edits)")
    change = notebook.run(
        "print(round(float((wanted.after.logits - wanted.before.logits)[0, 3]), 2))"
    )
    expect(view.locator(".cv-class-logit").first).not_to_have_text("logit ±0")
    logits = view.locator(".cv-class-logit").first.inner_text()
    assert abs(float(logits.split()[1].replace("−", "-")) - float(change)) < 0.02

    area = view.get_by_role("group", name="Region: arrow keys")
    area.press("ArrowUp")
    notebook.await_value("view.region", [2, 2, 8, 7])
    area.press("Shift+ArrowRight")
    notebook.await_value("view.region", [2, 2, 8, 8])
    area.press("Escape")
    notebook.await_value("view.region", None)

    view.get_by_label("Edit", exact=True).select_option("all")
    view.get_by_role("button", name="Mute", exact=True).click()
    expect(view.get_by_label("Name of edit 2")).to_have_attribute("placeholder", "mute conv2")
    view.get_by_label("Name of edit 2").fill("blind")
    view.get_by_label("Name of edit 2").press("Enter")
    notebook.await_value("view.edits[1].name", "blind")
    view.get_by_label("Edit 2 on").uncheck()
    notebook.await_value("view.edits[1].on", False)
    view.get_by_label("Edit", exact=True).select_option("one")
    for name in ("Negate", "Replace", "Mean"):
        view.get_by_role("button", name=name, exact=True).click()
    view.get_by_label("From", exact=True).select_option("digit-8")
    view.get_by_role("button", name="Transplant").click()
    expect(view).to_have_attribute("data-edits", "6", timeout=60_000)
    view.get_by_role("button", name="Remove edit 6").click()
    view.get_by_role("button", name="Undo").click()
    view.get_by_role("button", name="Redo").click()
    expect(view).to_have_attribute("data-edits", "5")

    view.get_by_label("Class", exact=True).select_option("8")
    notebook.await_value("view.target", 8)
    view.locator(".cv-class-row").first.click()
    view.get_by_label("Watch", exact=True).select_option("dense1")
    expect(view.get_by_text("dense1, the channels that change most")).to_be_visible(timeout=60_000)
    view.get_by_label("Watch", exact=True).select_option("conv3")
    view.get_by_label("Method", exact=True).select_option("saliency")
    expect(view.get_by_text(re.compile("Saliency for"))).to_be_visible(timeout=60_000)

    view.get_by_role("button", name="Clear").click()
    expect(view).to_have_attribute("data-edits", "0")
    view.get_by_role("button", name="Rank channels").click()
    ranked = view.get_by_role("button", name=re.compile("^channel "))
    expect(ranked).to_have_count(12, timeout=60_000)
    await_state(view, "done")
    expect(view.get_by_role("button", name="Stop")).to_be_hidden()
    order = notebook.run("print(view.effects.order()[1])").strip()
    expect(ranked.nth(1)).to_contain_text(f"channel {order}")
    ranked.nth(1).click()
    notebook.await_value("view.channel", int(order))
    expect(ranked.nth(1)).to_have_attribute("aria-pressed", "true")
    tile = view.get_by_role("button", name=re.compile("of conv3 next")).first
    channel = int(tile.inner_text())
    tile.click()
    notebook.await_value("(view.layer, view.channel)", ("conv3", channel))


def test_a_page_loaded_anew_shows_the_same_and_errors_are_said(
    new_notebook: Callable[..., Notebook],
):
    notebook = new_notebook(VIEW)
    notebook.run_all()
    view = notebook.view("intervention")
    await_frame(view)
    notebook.run("view.mute()")
    expect(view).to_have_attribute("data-edits", "1")
    expect(view).not_to_have_attribute("data-changed", "0")
    changed = view.get_attribute("data-changed")
    notebook.save()
    notebook.reload()
    await_frame(view)
    assert changed is not None
    expect(view).to_have_attribute("data-changed", changed)
    expect(view).to_have_attribute("data-edits", "1")
    notebook.run('view.add(cw.methods.Edit("conv1", "mute", region=(0, 0, 90, 2)))')
    await_state(view, "error")
    expect(view.get_by_role("alert")).to_contain_text("rows and 26 columns of conv1")
    view.get_by_role("button", name="Undo").click()
    await_state(view, "done")
