import base64
import io

import ipywidgets
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image
from traitlets import TraitError

import cnnviz_widgets as cw
from cnnviz_widgets.network import InputError
from cnnviz_widgets.widgets import FeatureMaps, LayerList, feature_maps

from .conftest import PATIENCE, worker_threads


@pytest.fixture
def view(digits, three):
    view = FeatureMaps(digits, three)
    view.wait(PATIENCE)
    return view


@pytest.fixture
def page(view, page_of):
    return page_of(view)


def values(frame):
    """What a page makes of a frame: (channels, rows, columns)."""
    codes = np.frombuffer(frame["tiles"], np.uint8).astype(np.float64)
    low, high = (np.frombuffer(frame[key], "<f4")[:, None, None] for key in ("low", "high"))
    shape = frame["channels"], frame["rows"], frame["cols"]
    return low + codes.reshape(shape) / 255 * (high - low)


def assert_shows(frame, net, image, layer):
    found = values(frame)
    expected = np.asarray(cw.methods.activations(net, image, layer)[layer])[0]
    expected = np.moveaxis(expected.reshape(found.shape[1], found.shape[2], -1), -1, 0)
    steps = (expected.max((1, 2)) - expected.min((1, 2))) / 255
    assert frame["layer"] == layer
    assert np.all(np.abs(found - expected) <= steps[:, None, None] * 0.51 + 1e-6)
    strength = np.frombuffer(frame["strength"], "<f4")
    np.testing.assert_allclose(strength, np.abs(expected).mean((1, 2)), rtol=1e-4, atol=1e-6)
    assert frame["nonfinite"] == 0


def test_the_first_convolution_is_shown_first(view, page, digits, three):
    assert view.layer == "conv1"
    assert view.state == page.traits["state"] == "done"
    assert view.error is None
    assert_shows(page.traits["frame"], digits, three, "conv1")


def test_the_page_knows_the_layers(page, digits):
    layers = page.traits["layers"]
    assert [info["name"] for info in layers] == [layer.name for layer in digits.layers]
    assert layers[0] == {
        "name": "conv1",
        "kind": "conv",
        "channels": 32,
        "rows": 26,
        "cols": 26,
        "receptive": {"size": [3, 3], "stride": [1, 1], "start": [0, 0]},
    }
    conv2 = next(info for info in layers if info["name"] == "conv2")
    assert conv2["receptive"] == {"size": [8, 8], "stride": [2, 2], "start": [0, 0]}
    assert layers[-1] | {"name": "", "kind": ""} == {
        "name": "",
        "kind": "",
        "channels": 10,
        "rows": 1,
        "cols": 1,
        "receptive": None,
    }


def test_the_page_has_the_input(page, three):
    picture = page.traits["picture"]
    pixels = np.frombuffer(picture["pixels"], np.uint8).reshape(28, 28, 3)
    assert (picture["width"], picture["height"]) == (28, 28)
    np.testing.assert_array_equal(pixels, np.rint(np.repeat(three, 3, -1) * 255))


@pytest.mark.parametrize("layer", ["relu_2", "conv3", "flatten", "dense1", "softmax"])
def test_the_page_asks_for_a_layer(view, page, digits, three, layer):
    page.set(layer=layer)
    view.wait(PATIENCE)
    assert_shows(page.traits["frame"], digits, three, layer)


def test_python_asks_for_a_layer(view, page, digits, three):
    view.layer = "conv3"
    view.wait(PATIENCE)
    assert page.traits["layer"] == "conv3"
    assert_shows(page.traits["frame"], digits, three, "conv3")
    assert view.sheet.layer == "conv3"


def test_a_change_of_layer_does_not_run_the_network(view, monkeypatch):
    def forbidden(*_):
        raise AssertionError("the network ran again")

    monkeypatch.setattr(feature_maps, "tile_sheets", forbidden)
    view.layer = "conv2"
    view.wait(PATIENCE)
    assert view.error is None
    assert view.frame["layer"] == "conv2"


def test_a_new_image_keeps_the_layer(view, page, digits, seven):
    view.layer = "conv2"
    view.image = seven
    view.wait(PATIENCE)
    assert_shows(page.traits["frame"], digits, seven, "conv2")
    pixels = np.frombuffer(page.traits["picture"]["pixels"], np.uint8).reshape(28, 28, 3)
    np.testing.assert_array_equal(pixels[..., :1], np.rint(seven * 255))


def test_an_image_changed_in_place_is_looked_at_anew(view, digits, three, seven):
    image = three.copy()
    view.image = image
    view.wait(PATIENCE)
    image[...] = seven
    view.image = image
    view.wait(PATIENCE)
    assert_shows(view.frame, digits, seven, "conv1")


def test_a_larger_image_has_larger_layers(page_of):
    def model(kernel, x):
        return jax.lax.conv(jnp.moveaxis(x, -1, 1), kernel, (1, 1), "VALID")

    net = cw.Network(model, params=jnp.ones((2, 3, 3, 3)), input_shape=(8, 8, 3))
    view = FeatureMaps(net, np.zeros((8, 8, 3), np.float32))
    view.wait(PATIENCE)
    view.image = np.zeros((10, 12, 3), np.float32)
    view.wait(PATIENCE)
    info = next(info for info in page_of(view).traits["layers"] if info["name"] == view.layer)
    assert (info["channels"], info["rows"], info["cols"]) == (2, 8, 10)
    assert (view.frame["channels"], view.frame["rows"], view.frame["cols"]) == (2, 8, 10)


def test_other_changes_make_no_frame_and_no_echo(view, page):
    messages = len(page.updates), len(page.numbers)
    page.set(channel=5, colormap="magma", scale="layer", order="strongest", position=[3, 4])
    assert (view.channel, view.colormap, view.scale, view.order) == (
        5,
        "magma",
        "layer",
        "strongest",
    )
    assert view.position == [3, 4]
    assert (len(page.updates), len(page.numbers)) == messages


def test_the_channel_stays_inside_the_layer(view, page):
    page.set(layer="conv2", channel=60)
    page.set(layer="conv1")
    assert view.channel == page.traits["channel"] == 31


def test_of_many_requests_the_last_one_is_answered(view, page, digits, three):
    names = [layer.name for layer in digits.layers]
    for k in range(300):
        page.set(layer=names[k % len(names)])
    page.set(layer="conv3")
    view.wait(PATIENCE)
    assert_shows(page.traits["frame"], digits, three, "conv3")


def test_a_slow_page_has_two_frames_at_most_before_it(view, page, digits):
    view._runner.outbox.stall = 1e6
    page.paint()
    for layer in ("relu", "conv2"):
        page.set(layer=layer)
        view.wait(PATIENCE)
    before = list(page.numbers)
    for layer in ("conv3", "dense1", "dense2"):
        page.set(layer=layer)
    other = FeatureMaps(digits, view.image)
    other.wait(PATIENCE)  # so the worker had the time
    assert page.numbers == before
    assert view.state == "running"
    page.paint()
    view.wait(PATIENCE)
    assert page.traits["frame"]["layer"] == "dense2"
    assert len(page.numbers) == len(before) + 1


BAD_IMAGES = {
    "rank": (np.zeros((28, 28)), r"expected an input of shape \(28, 28, 1\)"),
    "channels": (np.zeros((28, 28, 3)), "3 channels"),
    "size": (np.zeros((20, 20, 1)), "20 x 20"),
    "NaN": (np.full((28, 28, 1), np.nan), "NaN or infinite"),
    "infinite": (np.full((28, 28, 1), np.inf), "NaN or infinite"),
    "integers": (np.full((28, 28, 1), 300), "integers from 0 to 255"),
    "floats": (np.full((28, 28, 1), 7.0), r"floats in \[0, 1\]"),
    "empty": (np.zeros((0, 28, 28, 1)), "empty batch"),
    "batch": (np.zeros((2, 28, 28, 1)), "one image, got a batch of 2"),
    "huge": (np.zeros((20_000, 28, 1), np.uint8), r"net\.fit\(image, longest=512\) shrinks it"),
    "none": (None, "expected"),
    "words": ("cat.jpg", "expected"),
}


@pytest.mark.parametrize("name", BAD_IMAGES)
def test_a_bad_image_is_refused_at_first(digits, name):
    image, words = BAD_IMAGES[name]
    with pytest.raises(InputError, match=words):
        FeatureMaps(digits, image)
    assert not worker_threads()


@pytest.mark.parametrize("name", BAD_IMAGES)
def test_a_bad_image_is_refused_later_and_the_view_goes_on(view, digits, three, seven, name):
    image, words = BAD_IMAGES[name]
    with pytest.raises(InputError, match=words):
        view.image = image
    assert view.image is three
    view.layer = "conv2"
    view.wait(PATIENCE)
    assert_shows(view.frame, digits, three, "conv2")
    view.image = seven
    view.wait(PATIENCE)
    assert_shows(view.frame, digits, seven, "conv2")


BAD_TRAITS = {
    "layer": ("conv9", "expected the name of a layer, got 'conv9': did you mean 'conv"),
    "channel": (32, "expected a channel of conv1 from 0 to 31, got 32"),
    "colormap": ("jet", "jet"),
    "scale": ("log", "log"),
    "order": ("random", "random"),
    "position": ([1, -2], "-2"),
}


@pytest.mark.parametrize("name", BAD_TRAITS)
def test_a_bad_value_from_python_is_refused(view, name):
    value, words = BAD_TRAITS[name]
    before = getattr(view, name)
    with pytest.raises(TraitError, match=words):
        setattr(view, name, value)
    assert getattr(view, name) == before
    assert view.state == "done"


@pytest.mark.parametrize("name", ["layer", "channel", "colormap", "scale", "order"])
def test_a_bad_argument_leaves_nothing_behind(digits, three, name):
    value, words = BAD_TRAITS[name]
    with pytest.raises(TraitError, match=words):
        FeatureMaps(digits, three, **{name: value})
    models = ipywidgets.Widget.get_manager_state()["state"].values()
    assert "AnyModel" not in [model["model_name"] for model in models]
    assert not worker_threads()


@pytest.mark.parametrize("name", BAD_TRAITS)
def test_a_bad_value_from_the_page_is_answered_in_words(view, page, name):
    value, words = BAD_TRAITS[name]
    before = getattr(view, name)
    page.set(**{name: value})
    assert getattr(view, name) == before
    assert words in page.traits["message"]
    assert page.traits["state"] == "error"
    assert page.traits[name] == before  # the page shows what still holds
    assert words in str(view.error)
    page.set(channel=3)
    assert (page.traits["message"], page.traits["state"], view.error) == ("", "done", None)
    page.set(layer="conv3")
    view.wait(PATIENCE)
    assert page.traits["frame"]["layer"] == "conv3"


def test_what_is_the_kernel_s_cannot_be_set_by_the_page(view, page):
    frame, layers = view.frame, view.layers
    page.set(state="running", message="<b>", frame={}, layers=[], picture=None, channel=4)
    assert (view.state, view.message, view.frame, view.layers) == ("done", "", frame, layers)
    assert view.channel == 4


def test_a_network_that_gives_nan_says_so(page_of):
    def broken(params, x):
        return jnp.log(x.mean((1, 2)) * params["scale"])

    net = cw.Network(broken, params={"scale": -jnp.ones(())}, input_shape=(8, 8, 3))
    view = FeatureMaps(net, np.full((8, 8, 3), 0.5, np.float32), layer=net.layers[-1].name)
    view.wait(PATIENCE)
    assert view.error is None
    assert page_of(view).traits["frame"]["nonfinite"] == 3
    assert np.all(np.isnan(values(view.frame)))  # no channel has a range
    assert view._repr_mimebundle_()[0]["image/png"]


def test_a_network_that_fails_when_it_runs_says_so_in_words(page_of):
    broken = [True]

    def check(x):
        if broken[0]:
            raise RuntimeError("out of luck")
        return x

    def model(params, x):
        y = jax.pure_callback(check, jax.ShapeDtypeStruct(x.shape, x.dtype), x)
        return (y * params).mean((1, 2))

    net = cw.Network(model, params=jnp.ones(()), input_shape=(8, 8, 3))
    view = FeatureMaps(net, np.full((8, 8, 3), 0.5, np.float32))
    view.wait(PATIENCE)
    page = page_of(view)
    assert page.traits["state"] == "error"
    assert "out of luck" in page.traits["message"]
    assert "out of luck" in str(view.error)
    assert "image/png" not in view._repr_mimebundle_()[0]
    broken[0] = False
    view.image = np.zeros((8, 8, 3), np.float32)
    view.wait(PATIENCE)
    assert (page.traits["state"], page.traits["message"], view.error) == ("done", "", None)


def test_the_output_of_a_cell_has_a_still_picture(view):
    data, _ = view._repr_mimebundle_()
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert picture.format == "PNG"
    assert picture.width > 280
    assert picture.height >= 280
    assert data["application/vnd.jupyter.widget-view+json"]["model_id"] == view.model_id
    assert data["text/plain"] == "<FeatureMaps, done>"


def test_the_still_picture_is_waited_for(digits, seven):
    assert "image/png" in FeatureMaps(digits, seven)._repr_mimebundle_()[0]


def test_waiting_has_an_end(view, page):
    view._runner.outbox.stall = 1e6
    page.paint()
    for layer in ("conv2", "conv3"):
        view.layer = layer
        view.wait(PATIENCE)
    view.layer = "dense1"  # which the page has no room for
    with pytest.raises(TimeoutError, match=r"FeatureMaps is still at work after 0\.01 s"):
        view.wait(0.01)


def test_a_closed_view_is_off_the_page_and_leaves_no_thread(view, page):
    (thread,) = worker_threads()
    view.close()
    thread.join(PATIENCE)
    assert not worker_threads()
    assert not page.open
    view.close()


def test_a_page_that_closes_its_comm_ends_the_view(view, page):
    page.close()
    assert view.comm is None


def test_the_thread_stays_for_the_other_views(view, digits):
    other = LayerList(digits)
    second = FeatureMaps(digits, view.image)
    view.close()
    second.layer = "conv2"
    second.wait(PATIENCE)
    assert second.frame["layer"] == "conv2"
    other.close()
