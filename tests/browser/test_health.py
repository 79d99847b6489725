"""Health as a person uses it: findings in words, and a press on one goes there everywhere."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.jupyterlab import Notebook, await_frame, await_state

VIEW = """
import numpy as np
import cnnviz_widgets as cw
from tests.models.learning import Small, SHAPE, examples
net = cw.Network(Small(), input_shape=SHAPE)
bias = net.weights["conv1/bias"].at[2].set(-100.0)
images, labels = examples(60)
chosen = cw.Selection()
view = cw.Health(net.with_weights({"conv1/bias": bias}), images, labels, selection=chosen)
view
"""


def test_findings_lead_to_their_layer(new_notebook: Callable[..., Notebook]):
    notebook = new_notebook(VIEW)
    notebook.run_all()
    view = notebook.view("health")
    await_frame(view)
    await_state(view, "done")
    dead = view.locator("[data-kind='dead units']").first
    expect(dead).to_contain_text("of relu give")
    dead.get_by_role("button", name="channel 2").click()
    notebook.await_value("chosen.layer", "relu")
    notebook.await_value("chosen.channel", 2)
    view.get_by_role("table").get_by_role("button", name="dense").click()
    notebook.await_value("chosen.layer", "dense")
    expect(view.get_by_role("table").get_by_role("button", name="dense")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(view.get_by_role("img", name="Confidence against accuracy: says")).to_be_visible()
    count = notebook.run("print(len(view.report.findings))").strip()
    expect(view).to_have_attribute("data-findings", count)
    notebook.run("view2 = cw.Health(net, images[:5]); display(view2)")
    second = notebook.view("health", 1)
    await_frame(second)
    expect(second).to_contain_text("Nothing found with 5 images")
