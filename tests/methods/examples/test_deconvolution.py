"""The deconvolution network, beside one written out by hand and closed forms."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from cnnviz_widgets.methods import activations, deconvnet, deconvolution
from cnnviz_widgets.network import (
    InputError,
    Network,
    UnknownLayerError,
    UnknownOperationError,
    UnknownTargetError,
)
from tests.compiling import compilations
from tests.models.functions import conv, weights
from tests.models.taps import assert_same, pictures

SHAPE = (12, 10, 3)


def _pool(x):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def _model(params, x):
    first, second, head = params
    x = _pool(jax.nn.relu(conv(x - 0.5, first)))
    return jax.nn.relu(conv(x, second)).mean((1, 2)) @ head


@pytest.fixture(scope="module")
def kernels() -> list[np.ndarray]:
    return [np.asarray(each) for each in weights((3, 3, 3, 6), (3, 3, 6, 8), (8, 5))]


@pytest.fixture(scope="module")
def net(kernels) -> Network:
    return Network(_model, params=[jnp.asarray(each) for each in kernels], input_shape=SHAPE)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return pictures(SHAPE, 3)


def _convolved(x, kernel):
    """A convolution that keeps the size, place by place."""
    padded = np.pad(x, ((1, 1), (1, 1), (0, 0)))
    found = np.empty((*x.shape[:2], kernel.shape[3]))
    for row, column in np.ndindex(*x.shape[:2]):
        found[row, column] = np.einsum(
            "ijk,ijkl", padded[row : row + 3, column : column + 3], kernel
        )
    return found


def _transposed(g, kernel):
    """Every value of `g` lays down the kernel, times itself, where it looked."""
    found = np.zeros((g.shape[0] + 2, g.shape[1] + 2, kernel.shape[2]))
    for row, column in np.ndindex(*g.shape[:2]):
        found[row : row + 3, column : column + 3] += kernel @ g[row, column]
    return found[1:-1, 1:-1]


def _switches(x):
    """Where the first maximum of each window of two by two lies, by place and channel."""
    found = {}
    for row, column, k in np.ndindex(x.shape[0] // 2, x.shape[1] // 2, x.shape[2]):
        window = x[2 * row : 2 * row + 2, 2 * column : 2 * column + 2, k]
        down, right = divmod(int(window.argmax()), 2)
        found[row, column, k] = 2 * row + down, 2 * column + right, k
    return found


def _by_hand(image, kernels, channel, places):
    """Zeiler and Fergus's network for `_model`, from kept places of its last ReLU to pixels."""
    first, second, _ = kernels
    below = np.maximum(_convolved(image - 0.5, first), 0)
    switches = _switches(below)
    pooled = np.empty((below.shape[0] // 2, below.shape[1] // 2, below.shape[2]))
    for place, came_from in switches.items():
        pooled[place] = below[came_from]
    values = np.maximum(_convolved(pooled, second), 0)
    kept = np.zeros_like(values)
    for row, column in places:
        kept[row, column, channel] = values[row, column, channel]
    down = _transposed(np.maximum(kept, 0), second)
    unpooled = np.zeros_like(below)
    for place, came_from in switches.items():
        unpooled[came_from] = down[place]
    return _transposed(np.maximum(unpooled, 0), first)


@pytest.mark.parametrize("channel", [0, 5])
def test_gives_what_the_paper_s_network_gives(net, kernels, images, channel):
    found = deconvolution(net, images, layer="relu_2", channel=channel, strongest=3)
    assert found.values.dtype == found.separate.dtype == np.float32
    for k, image in enumerate(images):
        places = [(unit.row, unit.column) for unit in found.units[k]]
        assert_same(found.values[k], _by_hand(image, kernels, channel, places))
        for j, place in enumerate(places):
            assert_same(found.separate[k, j], _by_hand(image, kernels, channel, [place]))
    assert found.values.min() < 0 < found.values.max()


@pytest.mark.parametrize("at", [(0, 0), (2, 3), (5, 4)])
def test_a_chosen_unit_is_the_one_that_is_kept(net, kernels, images, at):
    values = np.asarray(activations(net, images, "relu_2")["relu_2"])
    channel = int(values[0, at[0], at[1]].argmax())
    found = deconvolution(net, images, layer="relu_2", channel=channel, position=at)
    for k, image in enumerate(images):
        (unit,) = found.units[k]
        assert (unit.row, unit.column) == at
        assert unit.activation == pytest.approx(values[k, at[0], at[1], channel], abs=1e-6)
        assert_same(found.values[k], _by_hand(image, kernels, channel, [at]))
    np.testing.assert_array_equal(found.separate[:, 0], found.values)


def test_the_strongest_units_are_kept_the_first_of_equals_first(net, images):
    values = np.asarray(activations(net, images, "relu_2")["relu_2"])[..., 2]
    found = deconvolution(net, images, layer="relu_2", channel=2, strongest=30)
    for kept, one in zip(found.units, values, strict=True):
        expected = sorted(np.ndindex(*one.shape), key=lambda place: (-one[place], place))
        assert [(unit.row, unit.column) for unit in kept] == expected
    assert (values == 0).sum() > 1  # so that there were equals


def test_of_a_linear_network_it_is_the_activation_times_the_kernel():
    kernel = np.random.default_rng(3).normal(size=(3, 3, 3, 4)).astype(np.float32)
    net = Network(
        lambda p, x: conv(x, p).mean((1, 2)), params=jnp.asarray(kernel), input_shape=SHAPE
    )
    image = pictures(SHAPE, 1)[0]
    for (row, column), channel in itertools.product([(0, 0), (6, 4), (11, 9)], [0, 3]):
        found = deconvolution(net, image, layer="conv", channel=channel, position=(row, column))
        expected = np.zeros((14, 12, 3), np.float32)
        (unit,) = found.units[0]
        expected[row : row + 3, column : column + 3] = unit.activation * kernel[..., channel]
        assert_same(found.values[0], expected[1:-1, 1:-1])
        assert unit.box == (
            max(row - 1, 0), max(column - 1, 0), min(row + 2, 12), min(column + 2, 10)
        )  # fmt: skip
        np.testing.assert_array_equal(unit.patch, image[unit.box.slices])
        assert not np.delete(found.values[0], range(unit.box.top, unit.box.bottom), 0).any()


def test_nothing_lies_outside_of_the_box(net, images):
    found = deconvolution(net, images, layer="relu_2", channel=4, strongest=4)
    for separate, kept in zip(found.separate, found.units, strict=True):
        for values, unit in zip(separate, kept, strict=True):
            rest = values.copy()
            rest[unit.box.slices] = 0
            assert unit.patch.shape == values[unit.box.slices].shape
            assert not rest.any()


def test_overlapping_pools_are_undone_at_the_first_maximum():
    def model(_, x):
        return lax.reduce_window(x, -jnp.inf, lax.max, (1, 3, 3, 1), (1, 2, 2, 1), "VALID")

    net = Network(model, params=(), input_shape=(7, 7, 1))
    image = np.zeros((7, 7, 1), np.float32)
    image[4, 2] = image[4, 3] = 0.5  # the first of them is seen by two windows
    found = deconvolution(net, image, layer="max_pool", channel=0, strongest=2)
    expected = np.zeros_like(image)
    expected[4, 2] = 1.0
    np.testing.assert_array_equal(found.values[0], expected)


def test_batch_norm_and_preprocessing_are_linear():
    def model(params, x):
        return jax.nn.relu(x * params + 1.0).mean((1, 2))

    scale = jnp.asarray([[[[2.0, -3.0, 0.5]]]])
    net = Network(model, params=scale, input_shape=(4, 4, 3), preprocess=lambda x: (x - 0.5) / 0.25)
    image = pictures((4, 4, 3), 1)[0]
    found = deconvolution(net, image, layer="relu", channel=0, position=(1, 2))
    expected = np.zeros_like(image)
    expected[1, 2, 0] = (2 * (image[1, 2, 0] - 0.5) / 0.25 + 1) * 2 / 0.25
    assert_same(found.values[0], expected)


def test_an_image_gets_the_same_alone_and_in_a_batch(net, images):
    together = deconvolution(net, images, layer="relu_2", channel=1, strongest=2)
    for k, image in enumerate(images):
        alone = deconvolution(net, image, layer="relu_2", channel=1, strongest=2)
        assert_same(alone.values[0], together.values[k])
        assert_same(alone.separate[0], together.separate[k])
        assert [unit.box for unit in alone.units[0]] == [unit.box for unit in together.units[k]]


def test_another_channel_position_or_count_compiles_nothing(net, images):
    deconvolution(net, images, layer="relu_2", channel=0)
    with compilations() as compiled:
        deconvolution(net, images, layer="relu_2", channel=3)
        deconvolution(net, images, layer="relu_2", channel=3, position=(1, 1))
        deconvolution(net, images, layer="relu_2", channel=3, strongest=5)
    assert compiled == []


def test_a_layer_without_places_is_one_unit(net, images):
    found = deconvolution(net, images, layer="mean", channel=6, strongest=9)
    value = np.asarray(activations(net, images, "mean")["mean"])
    assert found.separate.shape == (3, 1, *SHAPE)
    for image, one, (unit,) in zip(images, value[:, 6], found.units, strict=True):
        assert (unit.row, unit.column, unit.box) == (0, 0, (0, 0, 12, 10))
        assert unit.activation == pytest.approx(one, abs=1e-6)
        np.testing.assert_array_equal(unit.patch, image)
    there = deconvolution(net, images, layer="mean", channel=6, position=(0, 0))
    np.testing.assert_array_equal(there.values, found.values)


def test_bundled_networks_give_something_to_see(digits, photos):
    for net, layer in ((digits, "relu_3"), (photos, "relu_4")):
        found = deconvolution(net, pictures(net.input_shape, 1), layer=layer, channel=1)
        assert np.isfinite(found.values).all()
        assert found.values.any() != bool(found.notes)


def test_of_a_logit_it_is_the_deconvnet_gradient_times_the_logit(photos):
    image = pictures(photos.input_shape, 1)
    scores = np.asarray(activations(photos, image, photos.logits.name)[photos.logits.name])[0]
    best = int(scores.argmax())
    found = deconvolution(photos, image, layer=photos.logits.name, channel=best)
    assert scores[best] > 0  # what is rectified is the same up to a positive factor
    assert_same(found.values, deconvnet(photos, image, target=best).values * scores[best])


def test_a_channel_that_is_silent_is_said_to_be(images):
    def model(params, x):
        return jax.nn.relu(conv(x, params) - 100.0).mean((1, 2))

    net = Network(model, params=weights((3, 3, 3, 4))[0], input_shape=SHAPE)
    found = deconvolution(net, images, layer="relu", channel=1, strongest=2)
    assert not found.values.any()
    assert found.notes == (
        "No kept unit of relu is active in image 0, 1, 2: there is nothing to bring back.",
    )


def test_what_is_rectified_away_is_said_to_be():
    net = Network(lambda p, x: p - jax.nn.relu(x), params=jnp.ones(()), input_shape=(4, 4, 1))
    image = np.full((4, 4, 1), 0.5, np.float32)
    found = deconvolution(net, image, layer=net.layers[-1].name, channel=0)
    assert found.units[0][0].activation == 0.5
    assert not found.values.any()
    assert found.notes == (
        "Nothing positive reaches the pixels of the image: all of it was rectified.",
    )


def test_nan_is_said_to_be_there(images):
    net = Network(
        lambda p, x: jax.nn.relu(conv(x, p)), params=jnp.full((1, 1, 3, 1), jnp.nan),
        input_shape=SHAPE,
    )  # fmt: skip
    found = deconvolution(net, images[0], layer="relu", channel=0, strongest=2)
    assert "NaN" in found.notes[-1]


BAD = {
    "layer": ({"layer": "relu_9"}, UnknownLayerError, "did you mean 'relu_2'"),
    "channel": ({"channel": 8}, UnknownTargetError, "channel of relu_2 from 0 to 7, got 8"),
    "row": ({"position": (6, 0)}, UnknownTargetError, "a row of relu_2 from 0 to 5, got 6"),
    "column": ({"position": (0, -1)}, UnknownTargetError, "column of relu_2 from 0 to 4, got -1"),
    "place": ({"position": (1,)}, InputError, r"\(row, column\)"),
    "outside of one": (
        {"layer": "mean", "position": (0, 1)}, UnknownTargetError, "a column of mean from 0 to 0",
    ),
    "none": ({"strongest": 0}, InputError, "at least 1"),
    "both": ({"position": (0, 0), "strongest": 2}, InputError, "got both"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_there_is_not_is_refused(net, images, name):
    options, kind, words = BAD[name]
    with pytest.raises(kind, match=words):
        deconvolution(net, images, **{"layer": "relu_2", "channel": 0, **options})


def test_bad_images_are_refused(net, images):
    with pytest.raises(InputError, match="NaN"):
        deconvolution(net, np.full_like(images, np.nan), layer="relu", channel=0)
    flat = Network(lambda p, x: x @ p, params=jnp.ones((4, 2)), input_shape=(4,))
    with pytest.raises(InputError, match="a network for pictures"):
        deconvolution(flat, np.ones(4), layer=flat.layers[0].name, channel=0)


def test_another_activation_is_refused_by_name_below_it_only():
    def model(params, x):
        first, second = params
        return jnp.tanh(conv(jax.nn.relu(conv(x, first)), second)).mean((1, 2))

    net = Network(model, params=weights((3, 3, 3, 4), (3, 3, 4, 2)), input_shape=SHAPE)
    image = pictures(SHAPE, 1)[0]
    assert deconvolution(net, image, layer="conv_2", channel=0).values.any()
    with pytest.raises(UnknownOperationError, match="'tanh' in layer 'tanh'"):
        deconvolution(net, image, layer="tanh", channel=0)
