import base64
import io
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from PIL import Image
from traitlets import TraitError

import cnnviz_widgets as cw
from cnnviz_widgets.network import InputError, layer_graph
from cnnviz_widgets.widgets import Architecture, FeatureMaps
from cnnviz_widgets.widgets.architecture import opening
from tests.models import nnx_models

from .conftest import PATIENCE


@pytest.fixture
def view(digits, three):
    view = Architecture(digits, three)
    view.wait(PATIENCE)
    return view


@pytest.fixture
def page(view, page_of):
    return page_of(view)


@pytest.fixture(scope="module")
def residual():
    made = nnx_models.made(nnx_models.Residual)
    return cw.Network(made, input_shape=made.shape)


def test_the_page_gets_the_graph(page, digits):
    graph = page.traits["graph"]
    assert (graph["input"], graph["shape"]) == ("input", [28, 28, 1])
    assert [layer["name"] for layer in graph["layers"]] == [layer.name for layer in digits.layers]
    assert graph["layers"][0] == {
        "name": "conv1",
        "kind": "conv",
        "operation": "conv",
        "shape": [26, 26, 32],
        "parameters": 320,
        "flops": digits["conv1"].flops,
        "group": None,
    }
    names = ["input", *(layer.name for layer in digits.layers)]
    pairs = [edge[:2] for edge in graph["edges"]]
    assert pairs == [list(pair) for pair in itertools.pairwise(names)]
    assert graph["edges"][1][2] == [[26, 26, 32]]
    assert graph["groups"] == []


def test_the_frame_has_a_thumbnail_of_every_layer(view, page, digits, three):
    frame = page.traits["frame"]
    wanted = cw.methods.activations(digits, three)
    rows, cols = (np.frombuffer(frame[key], "<i4") for key in ("rows", "cols"))
    codes = np.split(np.frombuffer(frame["tiles"], np.uint8), np.cumsum(rows * cols)[:-1])
    numbers = {
        key: np.frombuffer(frame[key], "<f4") for key in ("low", "high", "mean", "spread", "zeros")
    }
    assert frame["layers"] == [layer.name for layer in digits.layers]
    for at, name in enumerate(frame["layers"]):
        values = np.asarray(wanted[name], np.float64)[0]
        assert numbers["mean"][at] == pytest.approx(values.mean(), abs=1e-4)
        assert numbers["spread"][at] == pytest.approx(values.std(), abs=1e-4)
        assert numbers["zeros"][at] == pytest.approx((values == 0).mean(), abs=1e-6)
        picture = values[None] if values.ndim == 1 else strongest(values)
        picture = shrunk(picture, (rows[at], cols[at]))
        low, high = numbers["low"][at], numbers["high"][at]
        found = low + codes[at].reshape(rows[at], cols[at]) / 255 * (high - low)
        np.testing.assert_allclose(found, picture, atol=(high - low) / 255 + 1e-4)
    assert (frame["input_width"], frame["input_height"]) == (28, 28)
    assert len(frame["input"]) == 28 * 28 * 3


def strongest(values):
    """The channel with the largest mean of absolute values."""
    return values[..., np.abs(values).mean((0, 1)).argmax()]


def shrunk(picture, shape):
    """Means of cells of one size."""
    high, wide = (size // cells for size, cells in zip(picture.shape, shape, strict=True))
    whole = picture[: shape[0] * high, : shape[1] * wide]
    return whole.reshape(shape[0], high, shape[1], wide).mean((1, 3))


def test_without_an_image_there_is_the_graph_alone(digits, page_of):
    view = Architecture(digits)
    page = page_of(view)
    assert (view.state, page.traits["frame"]) == ("idle", None)
    assert page.traits["graph"]["layers"]
    view.wait(0)


def test_an_image_may_come_later(digits, three, seven, page_of):
    view = Architecture(digits)
    view.image = three
    view.wait(PATIENCE)
    first = page_of(view).traits["frame"]
    view.image = seven
    view.wait(PATIENCE)
    second = page_of(view).traits["frame"]
    assert second["number"] > first["number"]
    assert second["tiles"] != first["tiles"]


def test_a_layer_is_chosen_from_both_ends(view, page):
    page.set(layer="conv2")
    assert view.layer == "conv2"
    view.layer = "dense1"
    assert page.traits["layer"] == "dense1"


def test_an_unknown_layer_is_refused(digits, page_of):
    with pytest.raises(TraitError, match="did you mean 'conv"):
        Architecture(digits, layer="conv9")
    view = Architecture(digits)
    page_of(view).set(layer="conv9")
    assert "got 'conv9'" in page_of(view).traits["message"]
    assert page_of(view).traits["layer"] == ""


def test_the_selection_moves_all_views(digits, three, seven):
    chosen = cw.Selection()
    maps = FeatureMaps(digits, three, layer="conv1", selection=chosen)
    view = Architecture(digits, selection=chosen)
    view.wait(PATIENCE)
    assert (view.layer, view.image is three) == ("conv1", True)
    view.layer = "conv3"
    assert maps.layer == chosen.layer == "conv3"
    chosen.layer = "conv2"
    assert view.layer == "conv2"
    chosen.image = seven
    assert view.image is seven
    maps.wait(PATIENCE)
    view.wait(PATIENCE)


def test_modules_are_blocks_that_unfold(residual, page_of):
    view = Architecture(residual)
    page = page_of(view)
    assert [group["name"] for group in page.traits["graph"]["groups"]] == [
        "blocks",
        "blocks/0",
        "blocks/1",
    ]
    assert view.unfolded == ["blocks"]
    page.set(unfolded=["blocks", "blocks/1"])
    assert view.unfolded == ["blocks", "blocks/1"]
    page.set(unfolded=["blocks/7"])
    assert "expected the name of a block, got 'blocks/7'" in page.traits["message"]
    assert page.traits["unfolded"] == ["blocks", "blocks/1"]
    view.layer = "blocks/0"  # a block can be chosen elsewhere, in a list of layers


class Wrapped(nnx.Module):
    """All in one module."""

    def __init__(self, rngs):
        self.all = nnx_models.Residual(rngs)

    def __call__(self, x):
        return self.all(x)


def test_a_block_around_everything_is_open():
    net = cw.Network(nnx_models.made(Wrapped), input_shape=nnx_models.Residual.shape)
    assert opening(layer_graph(net))[0] == "all"


def test_colours_are_chosen_from_both_ends(view, page):
    page.set(color="zeros")
    assert view.color == "zeros"
    page.set(color="taste")
    assert "taste" in page.traits["message"]
    assert page.traits["color"] == "zeros"


def test_a_larger_image_has_larger_layers(page_of):
    def model(kernel, x):
        return jax.lax.conv(jnp.moveaxis(x, -1, 1), kernel, (1, 1), "VALID")

    net = cw.Network(model, params=jnp.ones((2, 3, 3, 3)), input_shape=(8, 8, 3))
    view = Architecture(net, np.zeros((10, 12, 3), np.float32))
    view.wait(PATIENCE)
    graph = page_of(view).traits["graph"]
    assert graph["shape"] == [10, 12, 3]
    assert graph["layers"][-1]["shape"] == [2, 8, 10]


def test_a_wrong_image_is_refused_in_words(view, digits, three):
    with pytest.raises(InputError, match="got a batch of 2"):
        view.image = np.stack([three, three])
    with pytest.raises(InputError):
        Architecture(digits, np.zeros((5, 5, 3), np.float32))
    assert view.error is None


def test_values_that_are_not_finite_are_no_thumbnails():
    net = cw.Network(lambda _, x: jnp.log(x), input_shape=(6, 6, 1))
    found = cw.methods.thumbnails(net, np.zeros((6, 6, 1), np.float32))
    assert found.mean[0] == found.low[0] == found.high[0] == 0


def test_one_image_at_a_time(digits, three):
    with pytest.raises(InputError, match="got a batch of 2"):
        cw.methods.thumbnails(digits, np.stack([three, three]))


@pytest.mark.parametrize("unfolded", [["blocks"], [], ["blocks", "blocks/0"]])
def test_the_still_picture_shows_the_graph(residual, unfolded):
    view = Architecture(residual)
    view.unfolded = unfolded
    data, _ = view._repr_mimebundle_()
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert picture.width > 190
    assert picture.height > 5 * 50


def test_names_of_any_script_can_be_drawn():
    class Named(nnx.Module):
        def __init__(self, rngs):
            setattr(self, "слой_層_🙂", nnx.Linear(3, 3, rngs=rngs))

        def __call__(self, x):
            return getattr(self, "слой_層_🙂")(x)

    net = cw.Network(Named(nnx.Rngs(0)), input_shape=(3,))
    assert Architecture(net)._repr_mimebundle_()[0]["image/png"]
