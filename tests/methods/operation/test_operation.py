"""The arithmetic that is shown adds up to what the network gave, for every kind of layer."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax import lax

import cnnviz_widgets as cw
from cnnviz_widgets.methods.examples.tiles import tile_shape
from cnnviz_widgets.methods.operation import (
    Activation,
    Convolution,
    Opaque,
    ValueExplainer,
    explain_value,
)
from cnnviz_widgets.methods.operation.explained import GAP, INSIDE, PADDING
from cnnviz_widgets.network import InputError, Network, UnknownLayerError, UnknownTargetError
from tests.compiling import compilations
from tests.models import functions, keras_models, linen_models, nnx_models
from tests.models.taps import pictures

# What is not taken apart, and said so; any other kind of layer is.
WHOLE = {"recurrent", "loop", "condition", "other"}


def assert_adds_up(net: Network, tolerance: float = 2e-5) -> set[str]:
    """Every layer, part and block at some of its places; returns the kinds of step met."""
    x = pictures(net.input_shape, 1)
    explain = ValueExplainer(net, x)
    layers = list(net.at((1, *net.input_shape)).layout.everything())
    wanted = cw.methods.activations(net, x, [layer.name for layer in layers])
    random = np.random.default_rng(0)
    met = set()
    for layer in layers:
        channels, rows, columns = tile_shape(layer)
        values = np.asarray(wanted[layer.name][0], np.float64).reshape(rows, columns, channels)
        corners = [(0, 0), (rows - 1, columns - 1)]
        inner = (int(random.integers(rows)), int(random.integers(columns)))
        for row, column in {*corners, inner}:
            channel = int(random.integers(channels))
            found = explain(layer=layer.name, channel=channel, position=(row, column))
            near = {"rel": 5 * tolerance, "abs": 5 * tolerance}
            beside = explain.channels_at(layer.name, (row, column))
            np.testing.assert_allclose(beside, values[row, column], rtol=1e-2, atol=5 * tolerance)
            assert found.value == pytest.approx(values[row, column, channel], **near), layer
            assert found.result == pytest.approx(found.value, **near), (layer, found.steps)
            met |= {type(step).__name__ for step in (*found.steps, *found.then)}
            for step in (*found.steps, *found.then):
                if isinstance(step, Activation):
                    assert_on_curve(step)
                assert not isinstance(step, Opaque) or layer.kind in WHOLE, (layer, step)
        np.testing.assert_allclose(explain.channel_map(layer.name, 0), values[..., 0], rtol=1e-2)
    return met


def assert_on_curve(step: Activation) -> None:
    """The point lies on the curve, as far as straight lines between samples follow it."""
    at = np.interp(step.input, step.xs, step.ys)
    bend = np.abs(np.diff(step.ys)).max() + 1e-4
    assert abs(at - step.result) <= bend, step


@pytest.mark.parametrize("name", nnx_models.MODELS)
def test_nnx(name):
    model = nnx_models.made(cls := nnx_models.MODELS[name])
    assert_adds_up(cw.Network(model, input_shape=cls.shape), model.tolerance)


@pytest.mark.parametrize("name", ["pictures", "shared", "encoder", "volume"])
def test_linen(name):
    module, shape = linen_models.CASES[name]
    arguments = {"pictures": (False,), "shared": (False,), "encoder": (True,)}.get(name, ())
    variables = linen_models.variables(module, shape, arguments)
    assert_adds_up(cw.Network(module, variables=variables, input_shape=shape))


@pytest.mark.parametrize("name", ["residual", "inception", "convolutions", "channels_first"])
def test_keras(name, lenient_ranks):
    case = keras_models.CASES[name]()
    assert_adds_up(cw.Network(case.model), case.tolerance)


@pytest.mark.parametrize("name", functions.CASES)
def test_functions(name):
    case = functions.CASES[name]
    assert_adds_up(cw.Network(case.function, params=case.params, input_shape=case.shape))


def test_one_example_at_a_time_with_channels_first():
    _, case = functions.equinox()
    net = cw.Network(case.function, params=case.params, input_shape=case.shape)
    assert assert_adds_up(net) >= {"Convolution", "Activation", "Pool", "Dense"}


def test_the_bundled_networks(digits, photos):
    assert assert_adds_up(digits) >= {"Convolution", "Pool", "Dense", "Softmax", "Copy"}
    assert assert_adds_up(photos) >= {"Convolution", "Scaling", "Activation", "Pool"}


@st.composite
def geometries(draw):
    """Any convolution of one or two axes, transposed ones (with zeros between) among them."""
    axes = draw(st.integers(1, 2))
    each = lambda least, most: tuple(draw(st.integers(least, most)) for _ in range(axes))  # noqa: E731
    groups = draw(st.integers(1, 3))
    return {
        "size": each(4, 7),
        "kernel": each(1, 4),
        "window_strides": each(1, 3),
        "rhs_dilation": each(1, 2),
        "lhs_dilation": each(1, 3),
        "padding": tuple((draw(st.integers(0, 4)), draw(st.integers(3, 4))) for _ in range(axes)),
        "groups": groups,
        "inputs": draw(st.integers(1, 2)),
        "outputs": groups * draw(st.integers(1, 2)),
    }


@settings(max_examples=25)
@given(geometries(), st.randoms(use_true_random=False))
def test_a_convolution_of_any_geometry(geometry, random):
    size, groups = geometry["size"], geometry["groups"]
    x = pictures((*size, groups * geometry["inputs"]), 1, seed=random.randrange(100))
    (kernel,) = functions.weights((*geometry["kernel"], geometry["inputs"], geometry["outputs"]))
    letters = "HW"[: len(size)]
    spec = (f"N{letters}C", f"{letters}IO", f"N{letters}C")

    def model(kernel, x):
        return lax.conv_general_dilated(
            x,
            kernel,
            window_strides=geometry["window_strides"],
            padding=geometry["padding"],
            lhs_dilation=geometry["lhs_dilation"],
            rhs_dilation=geometry["rhs_dilation"],
            dimension_numbers=spec,
            feature_group_count=groups,
        )

    net = cw.Network(model, params=kernel, input_shape=x.shape[1:])
    (layer,) = net.layers
    channels, rows, columns = tile_shape(layer)
    row, column = random.randrange(rows), random.randrange(columns)
    channel = random.randrange(channels)
    found = explain_value(net, x, layer=layer.name, channel=channel, position=(row, column))
    value = np.asarray(model(kernel, x), np.float64).reshape(rows, columns, channels)
    assert found.value == pytest.approx(value[row, column, channel], rel=1e-5, abs=1e-6)
    assert found.result == pytest.approx(found.value, rel=1e-5, abs=1e-5)
    (step,) = found.steps
    assert isinstance(step, Convolution)
    np.testing.assert_array_equal(step.products, step.window.values * step.kernel)
    np.testing.assert_allclose(step.sums, step.products.reshape(len(step.sums), -1).sum(1))
    assert_window(step, x[0], geometry)


def assert_window(step: Convolution, image: np.ndarray, geometry) -> None:
    """The window holds what lies at its places, and nothing in padding and gaps."""
    for spot in np.ndindex(step.window.states.shape):
        place = [each[k] for each, k in zip(step.window.places, spot, strict=True)]
        values = step.window.values[(slice(None), *spot)]
        ends = zip(place, geometry["size"], strict=True)
        inside = all(0 <= at <= size - 1 for at, size in ends)
        state = step.window.states[spot]
        if not inside:
            assert state == PADDING
            assert not values.any()
        elif any(at != int(at) for at in place):
            assert state == GAP
            assert not values.any()
        else:
            assert state == INSIDE
            pixel = image[tuple(int(at) for at in place)]
            np.testing.assert_array_equal(values, pixel[step.channels])


def test_another_position_or_channel_compiles_nothing(digits):
    explain = ValueExplainer(digits, digits.fit(cw.image("digit-3")))
    explain(layer="conv2", channel=0, position=(3, 4))
    with compilations() as compiled:
        explain(layer="conv2", channel=0, position=(4, 4))
        explain(layer="conv2", channel=1, position=(3, 5))
    assert not compiled


def test_another_image_compiles_nothing(digits):
    ValueExplainer(digits, digits.fit(cw.image("digit-3")))
    with compilations() as compiled:
        ValueExplainer(digits, digits.fit(cw.image("digit-7")))
    assert not [name for name in compiled if "call" in name]


def test_the_strongest_place_is_taken_unless_another_is_asked_for(digits):
    image = digits.fit(cw.image("digit-3"))
    found = explain_value(digits, image, layer="conv2", channel=3)
    values = np.asarray(cw.methods.activations(digits, image, "conv2")["conv2"])[0, ..., 3]
    assert found.position == np.unravel_index(values.argmax(), values.shape)
    assert found.value == pytest.approx(values.max())


def test_what_there_is_not_is_refused(digits):
    image = digits.fit(cw.image("digit-3"))
    with pytest.raises(InputError, match="expected one image, got a batch of 2"):
        ValueExplainer(digits, np.stack([image, image]))
    explain = ValueExplainer(digits, image)
    with pytest.raises(UnknownLayerError, match="did you mean"):
        explain(layer="conv9", channel=0)
    with pytest.raises(UnknownTargetError, match="a channel of conv1 from 0 to 31, got 32"):
        explain(layer="conv1", channel=32)
    with pytest.raises(UnknownTargetError, match="a row of conv1 from 0 to 25, got 28"):
        explain(layer="conv1", channel=0, position=(28, 0))
    with pytest.raises(UnknownTargetError, match="a column of conv1"):
        explain(layer="conv1", channel=0, position=(0, -1))


def test_broken_numbers_are_shown_as_they_are():
    net = cw.Network(
        lambda p, x: jax.nn.relu(x * p).max((1, 2)), params=jnp.full((), jnp.nan),
        input_shape=(4, 4, 2),
    )  # fmt: skip
    x = pictures((4, 4, 2), 1)
    for layer in net.layers:
        found = explain_value(net, x, layer=layer.name, channel=1)
        assert np.isnan(found.value)
        assert np.isnan(found.result)
