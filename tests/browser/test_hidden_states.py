"""HiddenStates as a person uses it: every control, the strips, the keys, and a sequence played."""

import json
import re
from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.browser.jupyterlab import Notebook, await_frame, await_state

VIEW = """
import json
import cnnviz_widgets as cw
net = cw.load("digits_gru")
image = net.fit(cw.image("digit-3"))
view = cw.HiddenStates(net, image, channel=7)
view
"""


def test_every_control_moves_the_view_and_python_follows(new_notebook: Callable[..., Notebook]):
    notebook = new_notebook(VIEW)
    notebook.run_all()
    view = notebook.view("hidden-states")
    await_frame(view)
    await_state(view, "done")
    expect(view).to_have_attribute("data-step", "27")
    expect(bar(view, "3")).to_have_class("cv-best")

    view.get_by_role("slider", name="Step").fill("14")
    expect(view).to_have_attribute("data-step", "14")
    notebook.await_value("view.step", 14)
    expect(view.get_by_role("img", name="step 14 reads row 14")).to_be_visible()
    expect(view.get_by_role("list", name="Prediction after step 14")).to_be_visible()
    view.get_by_role("slider", name="Unit").fill("9")
    notebook.await_value("view.channel", 9)
    values = ask(notebook, "[float(a[0, 14, 9]) for a in (r.states['state'], r.gates['reset'])]")
    course = view.get_by_role("img", name="Course of unit 9 over 28 steps")
    said = course.get_attribute("aria-label") or ""
    shown = [float(n.replace("−", "-")) for n in re.findall(r"(?:state|reset) (−?[\d.]+)", said)]
    assert all(abs(a - b) <= 6e-3 * abs(b) for a, b in zip(shown, values, strict=True))

    view.get_by_label("Show").select_option("update")
    expect(view).to_have_attribute("data-show", "update")
    notebook.await_value("view.show", "update")
    strip = view.get_by_role("img", name=re.compile("^update gate of 48 units"))
    view.get_by_label("Order").select_option("strongest")
    notebook.await_value("view.order", "strongest")
    first = ask(notebook, "int(abs(r.gates['update'][0]).sum(0).argmax())")
    box = strip.bounding_box()
    assert box is not None
    strip.click(position={"x": 3.5 * box["width"] / 28, "y": 2})  # the strongest unit, step 3
    notebook.await_value("view.step", 3)
    notebook.await_value("view.channel", first)

    strips = view.get_by_role("group", name="Course over time")
    strips.press("ArrowRight")
    expect(view).to_have_attribute("data-step", "4")
    strips.press("End")
    expect(view).to_have_attribute("data-step", "27")
    strips.press("ArrowDown")
    second = ask(notebook, "int((-abs(r.gates['update'][0]).sum(0)).argsort(kind='stable')[1])")
    notebook.await_value("view.channel", second)
    strips.press("Home")
    expect(view).to_have_attribute("data-step", "0")

    notebook.run("view.image = net.fit(cw.image('digit-7'))")
    strips.press("End")
    expect(bar(view, "7")).to_have_class("cv-best")


def test_a_sequence_is_played_and_paused(new_notebook: Callable[..., Notebook]):
    notebook = new_notebook(VIEW)
    notebook.run_all()
    view = notebook.view("hidden-states")
    await_state(view, "done")
    view.get_by_role("button", name="Play").click()  # from the end: it begins anew
    expect(view).to_have_attribute("data-playing", "true")
    expect(view).to_have_attribute("data-step", re.compile(r"^([1-9]|1\d)$"))
    view.get_by_role("button", name="Pause").click()
    expect(view).to_have_attribute("data-playing", "false")
    notebook.await_value("view.step", int(view.get_attribute("data-step") or "0"))
    view.get_by_role("button", name="Play").click()
    expect(view).to_have_attribute("data-step", "27", timeout=30_000)
    expect(view).to_have_attribute("data-playing", "false")


def bar(view: Locator, label: str) -> Locator:
    return view.locator(".cv-said li").nth(int(label))


def ask(notebook: Notebook, expression: str):
    return json.loads(notebook.run(f"r = view.result; print(json.dumps({expression}))"))
