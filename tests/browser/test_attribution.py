"""Attribution as a person uses it: methods, class, layer, iteration, attack, and words of trust."""

import json
from collections.abc import Callable

import numpy as np
from playwright.sync_api import Locator, expect

from tests.browser.jupyterlab import Notebook, await_frame, await_state

VIEW = """
import json
import numpy as np
import cnnviz_widgets as cw
net = cw.load("digits")
image = net.fit(cw.image("digit-3"))
view = cw.Attribution(net, image, ["saliency", "integrated_gradients"])
view
"""
# The colour in the middle of each pixel of a picture that is shown enlarged.
COLOURS = """(canvas, [rows, cols]) => {
    const { width, height } = canvas;
    const data = canvas.getContext("2d").getImageData(0, 0, width, height).data;
    return Array.from({ length: rows }, (_, row) => Array.from({ length: cols }, (_, col) => {
        const y = Math.floor((row + 0.5) / rows * height);
        const x = Math.floor((col + 0.5) / cols * width);
        return [...data.slice(4 * (y * width + x), 4 * (y * width + x) + 3)];
    }));
}"""
WANTED = """
from cnnviz_widgets.widgets.shared.picture import palette
found = np.abs(cw.methods.saliency(net, image, target={target}).values[0]).max(-1)
limit = np.percentile(found, 99.5)
low = min(found.min(), limit)
codes = np.rint(255 * ((found - low) / (limit - low)).clip(0, 1)).astype(int)
print(json.dumps(palette("magma")[codes].tolist()))
"""


def open_view(new_notebook: Callable[..., Notebook], code: str = VIEW) -> tuple[Notebook, Locator]:
    notebook = new_notebook(code)
    notebook.run_all()
    view = notebook.view("attribution")
    await_frame(view)
    await_state(view, "done", timeout=90)
    return notebook, view


def expect_saliency(notebook: Notebook, view: Locator, target: int) -> None:
    wanted = np.array(json.loads(notebook.run(WANTED.format(target=target))))
    canvas = view.locator("[data-method=saliency] canvas").first
    shown = np.array(canvas.evaluate(COLOURS, [28, 28]))
    assert np.abs(shown - wanted).max() <= 12  # a code more or less at the edge of rounding


def test_maps_controls_and_words(new_notebook: Callable[..., Notebook]):
    notebook, view = open_view(new_notebook)
    expect(view.get_by_text("The network sees: 3")).to_be_visible()
    maps = view.locator(".cv-map:visible")
    expect(maps).to_have_count(2)
    expect(view.get_by_role("img", name="Saliency map for 3")).to_be_visible()
    view.get_by_label("Opacity").fill("100")
    expect_saliency(notebook, view, 3)

    trusted = view.locator("[data-method=integrated_gradients] .cv-trust li")
    expect(trusted).to_have_count(3)
    expect(trusted.nth(0)).to_contain_text("Completeness: sums to")
    expect(trusted.nth(1)).to_contain_text("Deletion")
    expect(trusted.nth(2)).to_contain_text("random weights")

    view.get_by_label("Class").select_option(label="5")
    notebook.await_value("view.target", 5)
    expect(view.get_by_role("img", name="Saliency map for 5")).to_be_visible()
    await_state(view, "done", timeout=90)
    expect_saliency(notebook, view, 5)

    view.get_by_label("Method", exact=True).select_option(label="Guided backpropagation")
    expect(view.locator(".cv-map .cv-notice[data-tone=warning]:visible")).to_be_visible()
    notebook.await_value("view.methods", ["guided_backpropagation", "integrated_gradients"])

    view.get_by_role("button", name="Compare with another method").click()
    expect(maps).to_have_count(3)
    view.get_by_label("Method 3", exact=True).select_option(label="Grad-CAM")
    await_state(view, "done", timeout=90)
    expect(view.get_by_text("was chosen: the last layer")).to_be_visible()
    view.get_by_label("Layer").select_option(label="relu")
    await_state(view, "done", timeout=90)
    notebook.await_value("view.maps['grad_cam'].layer", "relu")
    view.get_by_role("button", name="Remove method 2").click()
    expect(maps).to_have_count(2)
    notebook.await_value("view.methods", ["guided_backpropagation", "grad_cam"])


def test_iterations_can_be_gone_back_to(new_notebook: Callable[..., Notebook]):
    notebook, view = open_view(new_notebook, VIEW.replace('"saliency", "', '"rise", "'))
    slider = view.get_by_label("Iteration")
    newest = int(slider.get_attribute("max") or 0)
    assert newest > 100
    slider.fill("3")
    expect(view).to_have_attribute("data-step", "3")
    expect(view.locator("[data-method=integrated_gradients] .cv-status")).to_have_text("12 %")
    notebook.await_value("view.iteration", 3)
    slider.fill(str(newest))
    expect(view).to_have_attribute("data-step", str(newest))
    notebook.await_value("view.iteration", -1)


def test_an_attack_changes_what_is_seen(new_notebook: Callable[..., Notebook]):
    notebook, view = open_view(new_notebook)
    view.get_by_label("Attack").fill("32")
    expect(view.get_by_text("after the attack")).to_be_visible(timeout=60_000)
    await_state(view, "done", timeout=90)
    before, after = json.loads(
        notebook.run("print(json.dumps([view.frame['before'][0], view.frame['seen'][0]]))")
    )
    assert before[0] == 3
    assert after[0] != 3 or after[1] < before[1]


def test_a_method_that_cannot_run_says_why_and_the_others_go_on(
    new_notebook: Callable[..., Notebook],
):
    code = """
import jax, jax.numpy as jnp, numpy as np
import cnnviz_widgets as cw
def model(p, x):
    return jnp.tanh(x @ p).mean((1, 2))
net = cw.Network(model, params=jnp.eye(3), input_shape=(16, 16, 3), classes=["<b>a</b>", "b", "c"])
image = np.random.default_rng(0).random((16, 16, 3))
view = cw.Attribution(net, image, ["guided_backpropagation", "saliency", "cam"], target=0)
view
"""
    _, view = open_view(new_notebook, code)
    expect(view.get_by_text("no rule for the operation 'tanh'")).to_be_visible()
    expect(view.get_by_text("expected global average pooling")).to_be_visible()
    expect(view.get_by_role("img", name="Saliency map for <b>a</b>")).to_be_visible()
    assert view.locator("b").count() == 0


def test_the_guide_adds_a_method(new_notebook: Callable[..., Notebook]):
    notebook, view = open_view(new_notebook)
    view.get_by_text("Which picture answers my question?").click()
    view.locator(".cv-guide").get_by_role("button", name="DeepLIFT").click()
    notebook.await_value("view.methods", ["saliency", "integrated_gradients", "deep_lift"])
    await_state(view, "done", timeout=90)
    expect(view.get_by_role("img", name="DeepLIFT map for 3")).to_be_visible()
