import base64
import io

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image
from traitlets import TraitError

import cnnviz_widgets as cw
from cnnviz_widgets.methods import TopExamples
from cnnviz_widgets.network import InputError, UnknownOperationError
from cnnviz_widgets.widgets import Deconvolution, FeatureMaps
from cnnviz_widgets.widgets.deconvolution import around_grey, bundled_pictures
from cnnviz_widgets.zoo.photos_data import evaluation_pieces

from .conftest import PATIENCE, worker_threads


@pytest.fixture
def view(digits, three):
    view = Deconvolution(digits, three, layer="relu_2", channel=5)
    view.wait(PATIENCE)
    return view


@pytest.fixture
def page(view, page_of):
    return page_of(view)


def pairs(frame):
    """What a page makes of a frame: for each unit its patch and its reconstruction."""
    found, start = [], 0
    for unit in frame["units"]:
        top, left, bottom, right = unit["box"]
        shape = bottom - top, right - left, 3
        end = start + int(np.prod(shape))
        found.append(
            [
                np.frombuffer(frame[name][start:end], np.uint8).reshape(shape)
                for name in ("patches", "reconstructions")
            ]
        )
        start = end
    assert start == len(frame["patches"]) == len(frame["reconstructions"])
    return found


def assert_shows(frame, net, image, **options):
    expected = cw.methods.deconvolution(net, image, **options)
    assert (frame["show"], frame["layer"], frame["channel"]) == (
        "image",
        expected.layer,
        expected.channel,
    )
    assert [(unit["row"], unit["column"]) for unit in frame["units"]] == [
        (unit.row, unit.column) for unit in expected.units[0]
    ]
    for (patch, shown), unit, values in zip(
        pairs(frame), expected.units[0], expected.separate[0], strict=True
    ):
        np.testing.assert_array_equal(patch[..., :1], np.rint(unit.patch * 255))
        np.testing.assert_array_equal(shown, around_grey(values[unit.box.slices]))
    assert frame["whole"] == around_grey(expected.values[0]).tobytes()
    assert frame["notes"] == list(expected.notes)


def test_the_strongest_unit_is_shown_first(view, page, digits, three):
    assert view.state == page.traits["state"] == "done"
    assert_shows(page.traits["frame"], digits, three, layer="relu_2", channel=5)
    assert page.traits["picture"]["width"] == 28
    assert page.traits["frame"]["pinned"] is False


def test_the_middle_relu_is_looked_at_unless_another_is_asked_for(digits, three):
    assert Deconvolution(digits, three).layer == "relu_2"
    net = cw.Network(lambda p, x: (x * p).mean((1, 2)), params=jnp.ones(()), input_shape=(8, 8, 3))
    view = Deconvolution(net, np.zeros((8, 8, 3), np.float32))
    assert view.layer == net.layers[0].name


@pytest.mark.parametrize(
    "change",
    [
        {"layer": "relu_3"},
        {"layer": "conv1", "channel": 2},
        {"layer": "dense1", "channel": 9},
        {"channel": 40},
        {"strongest": 9},
    ],
)
def test_the_page_asks_for_something_else(view, page, digits, three, change):
    page.set(**change)
    view.wait(PATIENCE)
    options = {"layer": "relu_2", "channel": 5, **change}
    assert_shows(page.traits["frame"], digits, three, **options)
    assert view.result.channel == options["channel"]


def test_a_position_keeps_that_unit_where_the_layer_has_it(view, page, digits, three):
    page.set(strongest=4, position=[3, 7])
    view.wait(PATIENCE)
    assert page.traits["frame"]["pinned"] is True
    assert_shows(page.traits["frame"], digits, three, layer="relu_2", channel=5, position=(3, 7))
    page.set(layer="relu_3")  # of three rows and columns
    view.wait(PATIENCE)
    assert page.traits["frame"]["pinned"] is False
    assert_shows(page.traits["frame"], digits, three, layer="relu_3", channel=5, strongest=4)


def test_a_new_image_is_answered(view, page, digits, seven):
    view.image = seven
    view.wait(PATIENCE)
    assert_shows(page.traits["frame"], digits, seven, layer="relu_2", channel=5)
    pixels = np.frombuffer(page.traits["picture"]["pixels"], np.uint8).reshape(28, 28, 3)
    np.testing.assert_array_equal(pixels[..., :1], np.rint(seven * 255))


def test_what_changes_nothing_makes_no_frame(view, page):
    numbers = len(page.numbers)
    view.position = [99, 0]  # the layer has no such place
    view.layer = "relu_2"
    assert len(page.numbers) == numbers
    assert view.state == "done"


def test_the_top_nine_of_given_pictures_come_one_after_the_other(digits, three, seven, page_of):
    random = np.random.default_rng(0)
    pictures = [
        np.clip(image + random.normal(0, 0.2, image.shape), 0, 1).astype(np.float32)
        for image in [three, seven] * 20
    ]
    view = Deconvolution(digits, three, layer="relu_2", channel=5, pictures=pictures)
    page = page_of(view)
    page.paints = True
    page.set(show="top")
    view.wait(PATIENCE)
    streamed = [message for message in page.messages if message["type"] == "frame"]
    assert [message["searched"] for message in streamed][:2] == [16, 32]
    frame = page.traits["frame"]
    expected = cw.methods.top_examples(digits, pictures, layer="relu_2", channel=5)
    assert (frame["searched"], frame["progress"], frame["show"]) == (40, 1.0, "top")
    assert frame["pictures"] == [each.picture for each in expected.examples]
    assert isinstance(view.result, TopExamples)
    for (patch, shown), each in zip(pairs(frame), expected.examples, strict=True):
        np.testing.assert_array_equal(patch[..., :1], np.rint(each.unit.patch * 255))
        np.testing.assert_array_equal(shown, around_grey(each.reconstruction[each.unit.box.slices]))
    before = len(page.numbers)
    page.set(strongest=3, position=[0, 0])  # which a search does not look at
    assert len(page.numbers) == before
    page.set(show="image")
    view.wait(PATIENCE)
    assert page.traits["frame"]["show"] == "image"


def test_a_new_channel_in_mid_search_begins_a_new_one(photos, page_of):
    image = photos.fit(cw.image("cat"), longest=128)
    pictures = evaluation_pieces()[0][::5]
    view = Deconvolution(photos, image, layer="relu_3", channel=5, pictures=pictures)
    view.show = "top"
    view.channel = 6
    view.wait(PATIENCE)
    frame = page_of(view).traits["frame"]
    assert (frame["channel"], frame["searched"], frame["progress"]) == (6, 117, 1.0)


def test_bundled_pictures_suit_the_network(digits, photos):
    for net in (photos, digits):
        found = bundled_pictures(net)
        assert len(found) >= 90
        assert {picture.shape for picture in found} == {net.input_shape}

    def fixed(head, x):
        return x.reshape(x.shape[0], -1) @ head

    net = cw.Network(fixed, params=jnp.ones((16 * 20 * 3, 2)), input_shape=(16, 20, 3))
    found = bundled_pictures(net)
    assert {picture.shape for picture in found} == {(16, 20, 3)}
    assert 90 <= len(found) <= 300


def test_a_network_that_no_bundled_picture_suits_says_what_to_do(page_of):
    net = cw.Network(lambda p, x: jax.nn.relu(x * p), params=jnp.ones(()), input_shape=(8, 8, 4))
    view = Deconvolution(net, np.full((8, 8, 4), 0.5, np.float32))
    view.show = "top"
    view.wait(PATIENCE)
    assert page_of(view).traits["state"] == "error"
    assert "Pass Deconvolution(..., pictures=...)" in page_of(view).traits["message"]


def test_views_follow_each_other(digits, three, page_of):
    chosen = cw.Selection()
    maps = FeatureMaps(digits, three, layer="relu_2", selection=chosen)
    view = Deconvolution(digits, three, selection=chosen)
    assert view.layer == "relu_2"
    page_of(maps).set(channel=7, position=[4, 4])
    view.wait(PATIENCE)
    assert (view.channel, view.position) == (7, [4, 4])
    assert_shows(view.frame, digits, three, layer="relu_2", channel=7, position=(4, 4))


def test_an_activation_that_is_not_relu_is_refused_in_words(page_of):
    net = cw.Network(
        lambda p, x: jnp.tanh(jax.nn.relu(x) * p), params=jnp.ones(()), input_shape=(8, 8, 3)
    )
    view = Deconvolution(net, np.full((8, 8, 3), 0.5, np.float32), layer="tanh")
    view.wait(PATIENCE)
    page = page_of(view)
    assert (page.traits["state"], page.traits["frame"]) == ("error", None)
    assert "no rule for the operation 'tanh'" in page.traits["message"]
    assert isinstance(view.error, UnknownOperationError)
    assert "image/png" not in view._repr_mimebundle_()[0]
    page.set(layer="relu")
    view.wait(PATIENCE)
    assert (page.traits["state"], page.traits["message"]) == ("done", "")


def test_a_silent_channel_is_said_to_be(page_of):
    net = cw.Network(
        lambda p, x: jax.nn.relu(x - p), params=jnp.ones(()) * 9, input_shape=(8, 8, 3)
    )
    view = Deconvolution(net, np.full((8, 8, 3), 0.5, np.float32))
    view.wait(PATIENCE)
    frame = page_of(view).traits["frame"]
    assert "nothing to bring back" in frame["notes"][0]
    assert set(frame["whole"]) == {128}
    view.show = "top"
    view.wait(PATIENCE)
    assert view.frame["units"] == []
    assert "no patch fired channel 0" in view.frame["notes"][0]
    assert "image/png" not in view._repr_mimebundle_()[0]


def test_nan_reaches_the_page_as_numbers(page_of):
    net = cw.Network(
        lambda p, x: jax.nn.relu(x * p), params=jnp.full((), jnp.nan), input_shape=(8, 8, 3)
    )
    view = Deconvolution(net, np.full((8, 8, 3), 0.5, np.float32))
    view.wait(PATIENCE)
    frame = page_of(view).traits["frame"]
    assert frame["units"][0]["activation"] == 0
    assert "NaN" in frame["notes"][0]


@pytest.mark.parametrize("show", ["image", "top"])
def test_the_output_of_a_cell_has_a_still_picture(view, show):
    view.strongest = 3
    view.show = show
    view.wait(PATIENCE)
    data, _ = view._repr_mimebundle_()
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert picture.format == "PNG"
    assert picture.width > 500
    assert data["text/plain"] == "<Deconvolution, done>"


BAD = {
    "layer": ("relu_9", "expected the name of a layer, got 'relu_9': did you mean 'relu"),
    "channel": (64, "expected a channel of relu_2 from 0 to 63, got 64"),
    "strongest": (10, "10"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_argument_leaves_nothing_behind(digits, three, name):
    value, words = BAD[name]
    with pytest.raises(TraitError, match=words):
        Deconvolution(digits, three, **{"layer": "relu_2", name: value})
    assert not worker_threads()


@pytest.mark.parametrize("name", BAD)
def test_a_bad_value_from_the_page_is_answered_in_words(view, page, name):
    value, words = BAD[name]
    before = getattr(view, name)
    page.set(**{name: value})
    assert getattr(view, name) == page.traits[name] == before
    assert words in page.traits["message"]


def test_a_bad_image_and_bad_pictures_are_refused(digits, three):
    with pytest.raises(InputError, match="3 channels"):
        Deconvolution(digits, np.zeros((28, 28, 3)))
    with pytest.raises(InputError, match=r"Pass list\(pictures\)"):
        Deconvolution(digits, three, pictures=iter([three]))
    with pytest.raises(TypeError, match="did you mean 'strongest'"):
        Deconvolution(digits, three, strongst=2)
