"""What goes wrong is said in words, in the view; and the view stays of use."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.jupyterlab import Notebook, await_frame, await_state

NAN = """
import jax.numpy as jnp
import numpy as np
import cnnviz_widgets as cw

def broken(weights, x):
    return (jnp.log(x - 0.6) @ weights).mean((1, 2))  # NaN unless the picture is bright

weights = np.random.default_rng(0).normal(size=(3, 8)).astype(np.float32)
net = cw.Network(broken, params=weights, input_shape=(32, 32, 3))
image = net.fit(cw.image("cat"))
maps = cw.FeatureMaps(net, image, layer=net.layers[1].name)
maps
"""
CLIMB = """
ascent = cw.GradientAscent(net, f"{net.layers[-1].name}:1", steps=200, learning_rate=1000.0)
ascent
"""


def test_a_network_that_yields_nan_says_so(new_notebook: Callable[..., Notebook]):
    notebook = new_notebook(NAN, CLIMB)
    notebook.run_all()
    maps, ascent = notebook.view("feature-maps"), notebook.view("gradient-ascent")
    await_frame(maps)
    await_state(maps, "done")
    expect(maps).to_contain_text("NaN")
    notebook.screenshot("error-nan-maps", maps)

    ascent.get_by_role("button", name="Play").click()
    await_state(ascent, "error")
    expect(ascent.get_by_role("alert")).to_contain_text("NaN")
    notebook.screenshot("error-nan-ascent", ascent)
    notebook.await_value("isinstance(ascent.error, FloatingPointError)", True)

    # What follows works.
    notebook.run("maps.image = np.ones((32, 32, 3), np.float32)")
    expect(maps).not_to_contain_text("NaN")


def test_a_bad_image_is_refused_and_the_old_one_stays(new_notebook: Callable[..., Notebook]):
    notebook = new_notebook(NAN)
    notebook.run_all()
    maps = notebook.view("feature-maps")
    number = await_frame(maps)
    said = notebook.run(
        "try:\n    maps.image = np.zeros((32, 32))\nexcept Exception as error:\n    print(error)"
    )
    assert "expected" in said
    assert "(32, 32)" in said
    assert await_frame(maps) == number
    notebook.await_value("np.array_equal(maps.image, image)", True)
