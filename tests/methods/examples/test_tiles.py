"""Feature maps in eight bits, against the values that they stand for."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cnnviz_widgets.methods import activations, tile_sheets
from cnnviz_widgets.network import InputError, Layer, Network, UnknownLayerError
from tests.models import functions, nnx_models
from tests.models.nnx_models import MODELS, made
from tests.models.taps import pictures


def _of(function, shape=(6, 8, 3), **options) -> Network:
    return Network(lambda _, x: function(x), input_shape=shape, **options)


def _planes(values, layer: Layer) -> np.ndarray:
    """(1, places…, C) as (C, rows, columns); moments and tokens are no places, and go downwards."""
    values = np.asarray(values, np.float32)[0]
    channels = values[None] if layer.channel is None else np.moveaxis(values, -1, 0)
    columns = channels.shape[-1] if layer.spatial else 1
    return channels.reshape(len(channels), -1, columns)


@pytest.mark.parametrize("name", [*MODELS, "equinox", "digits"])
def test_a_code_is_within_half_a_step_of_the_value(name, digits):
    if name in MODELS:
        net = Network(made(MODELS[name]), input_shape=MODELS[name].shape)
    elif name == "equinox":
        case = functions.equinox()[1]
        net = Network(case.function, params=case.params, input_shape=case.shape)
    else:
        net = digits
    x = pictures(net.input_shape, 1)
    sheets, wanted = tile_sheets(net, x[0]), activations(net, x)
    assert set(sheets) == set(wanted) == {layer.name for layer in net.layers}
    for layer, sheet in sheets.items():
        planes = _planes(wanted[layer], net[layer])
        assert sheet.tiles.shape == planes.shape, layer
        assert sheet.tiles.dtype == np.uint8
        places = planes.reshape(len(planes), -1)
        span = np.abs(places).max() * 1e-4 + 1e-6
        np.testing.assert_allclose(sheet.low, places.min(1), atol=span)
        np.testing.assert_allclose(sheet.high, places.max(1), atol=span)
        np.testing.assert_allclose(sheet.strength, np.abs(places).mean(1), atol=2 * span)
        step = (sheet.high - sheet.low)[:, None, None] / 255
        assert (np.abs(sheet.values() - planes) <= 0.501 * step + 2 * span).all(), layer
        codes = step[:, 0, 0] > span  # the whole range is used
        assert (sheet.tiles.reshape(len(planes), -1).max(1)[codes] == 255).all()
        assert sheet.nonfinite == 0


@pytest.mark.parametrize(
    ("shape", "tiles"),
    [((6, 8, 3), (3, 6, 8)), ((9, 4), (4, 1, 9)), ((2, 3, 4, 5), (5, 6, 4)), ((7,), (7, 1, 1))],
)
def test_shapes_of_tiles(shape, tiles):
    assert tile_sheets(_of(jnp.tanh, shape), pictures(shape, 1)[0])["tanh"].tiles.shape == tiles


def test_channels_first_come_out_as_channels():
    net = _of(lambda x: jnp.tanh(jnp.moveaxis(x, -1, 1)))
    x = pictures((6, 8, 3), 1)[0]
    sheet = tile_sheets(net, x)["tanh"]
    np.testing.assert_allclose(sheet.values(), np.tanh(np.moveaxis(x, -1, 0)), atol=0.01)


def test_values_that_are_no_numbers_are_counted_and_left_out_of_the_range():
    spoilt = np.zeros((1, 6, 8, 3), np.float32)
    spoilt[0, 0, :3, 0] = np.nan, np.inf, -np.inf
    spoilt[0, :, :5, 1] = -np.inf

    def spoil(x):
        return jnp.tanh(x) + spoilt

    net = _of(spoil)
    x = pictures((6, 8, 3), 1)[0]
    name = net.layers[-1].name
    sheet, wanted = tile_sheets(net, x)[name], np.asarray(activations(net, x)[name])[0]
    finite = np.isfinite(wanted)
    assert sheet.nonfinite == (~finite).sum() == 33
    assert (sheet.tiles[np.moveaxis(~finite, -1, 0)] == 0).all()
    for channel in range(3):
        known = wanted[..., channel][finite[..., channel]]
        assert sheet.low[channel] == pytest.approx(known.min())
        assert sheet.high[channel] == pytest.approx(known.max())


def test_a_channel_with_no_finite_value_has_no_range():
    net = _of(lambda x: jnp.log(x.at[..., 1].set(-1.0) + 1e-3))
    name = net.layers[-1].name
    sheet = tile_sheets(net, pictures((6, 8, 3), 1)[0])[name]
    assert sheet.nonfinite == 48
    assert np.isnan([sheet.low[1], sheet.high[1]]).all()
    assert np.isfinite(sheet.low[[0, 2]]).all()
    assert (sheet.tiles[1] == 0).all()


@pytest.mark.parametrize("value", [0.0, 2.5, -1e30])
def test_a_constant_channel_has_its_value_as_both_ends(value):
    net = _of(lambda x: jnp.tanh(x) * 0 + value)
    name = net.layers[-1].name
    sheet = tile_sheets(net, pictures((6, 8, 3), 1)[0])[name]
    assert (sheet.low == np.float32(value)).all()
    assert (sheet.high == np.float32(value)).all()
    assert (sheet.values() == np.float32(value)).all()


def test_ranges_that_float32_can_hardly_hold():
    net = _of(lambda x: jnp.where(x > 0.5, 3e38, -3e38) * jnp.tanh(x + 5))
    name = net.layers[-1].name
    sheet = tile_sheets(net, pictures((6, 8, 3), 1)[0])[name]
    assert sheet.nonfinite == 0
    assert set(np.unique(sheet.tiles)) <= {0, 1, 254, 255}


def test_one_image_at_a_time(digits):
    with pytest.raises(InputError, match=r"one image, got a batch of 2.*x\[:1\]"):
        tile_sheets(digits, pictures((28, 28, 1), 2))


def test_unknown_layer_is_refused_in_words(digits):
    sheets = tile_sheets(digits, pictures((28, 28, 1), 1))
    with pytest.raises(UnknownLayerError, match=r"'conv11'.*did you mean 'conv1'"):
        sheets["conv11"]


def test_sheets_are_a_mapping_and_fetched_once(digits):
    sheets = tile_sheets(digits, pictures((28, 28, 1), 1))
    assert sheets["conv1"] is sheets["conv1"]
    assert list(sheets) == [layer.name for layer in digits.layers]
    assert "conv1" in sheets
    assert "nope" not in sheets


def test_a_layer_without_batch_is_left_out():
    def model(_, x):
        return jnp.tanh(x) * jax.nn.sigmoid(x.sum())

    net = Network(model, input_shape=(6, 8, 3))
    x = pictures((6, 8, 3), 1)
    found = activations(net, x)
    assert set(found) == set(tile_sheets(net, x))
    assert all(len(values) == 1 for values in found.values())


def test_truth_values_have_tiles():
    net = _of(lambda x: jnp.where(x > 0.5, x, jnp.tanh(x)))
    x = pictures((6, 8, 3), 1)[0]
    for name, sheet in tile_sheets(net, x).items():
        assert sheet.tiles.shape == (3, 6, 8), name


def test_attention_maps_have_tiles():
    model = made(nnx_models.Attention)
    net = Network(model, input_shape=model.shape)
    for sheet in tile_sheets(net, pictures(model.shape, 1)).values():
        assert sheet.tiles.ndim == 3
