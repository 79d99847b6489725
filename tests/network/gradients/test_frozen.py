"""The frozen gradients equal `jax.vjp`."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax import lax

from cnnviz_widgets.network import FROZEN, Network
from tests.models.functions import conv, weights
from tests.models.taps import assert_same, pictures

_FEW = settings(max_examples=15, deadline=None, derandomize=True)


def _pull_back(replay, x, cotangent):
    (output,), vjp = jax.vjp(replay.outputs, x)
    return vjp([cotangent.astype(output.dtype)])[0]


def _gradients(function, params, x, rules=FROZEN, seed=1):
    """The gradient for a random cotangent: by the rules, and by JAX."""
    net = Network(function, params=params, input_shape=x.shape[1:])
    y, vjp = jax.vjp(lambda x: function(params, x), x)
    cotangent = jnp.asarray(np.random.default_rng(seed).integers(-4, 5, y.shape), y.dtype)
    got = net.at(x.shape).run(_pull_back, x, cotangent, rules=rules)
    return got, vjp(cotangent)[0]


def _integers(shape, high=3, seed=0):
    """Small whole numbers, which make ties and whose sums are exact."""
    return jnp.asarray(np.random.default_rng(seed).integers(0, high, shape), jnp.float32)


@st.composite
def _convolutions(draw):
    """Shapes of the input and the kernel, and the options of a convolution that fits."""
    rank = draw(st.integers(1, 3))
    groups = draw(st.sampled_from([1, 1, 2, 3]))
    per_axis = [
        (
            draw(st.integers(4, 7)),  # size
            draw(st.integers(1, 3)),  # window
            draw(st.integers(1, 3)),  # stride
            (draw(st.integers(-1, 3)), draw(st.integers(-1, 3))),  # padding
            draw(st.integers(1, 2)),  # dilation of the kernel
            draw(st.integers(1, 2)),  # dilation of the input
        )
        for _ in range(rank)
    ]
    sizes, window, strides, padding, dilation, base = zip(*per_axis, strict=True)
    inputs, outputs = draw(st.integers(1, 2)), draw(st.integers(1, 2)) * groups
    letters = "DHW"[-rank:]
    first = draw(st.booleans())
    x = (2, inputs * groups, *sizes) if first else (2, *sizes, inputs * groups)
    spec = f"NC{letters}" if first else f"N{letters}C"
    kernel = (outputs, inputs, *window) if first else (*window, inputs, outputs)
    options = {
        "window_strides": strides,
        "padding": padding,
        "rhs_dilation": dilation,
        "lhs_dilation": base,
        "dimension_numbers": (spec, f"OI{letters}" if first else f"{letters}IO", spec),
        "feature_group_count": groups,
    }
    return x, kernel, options


@_FEW
@given(_convolutions())
def test_frozen_convolution_equals_jax(case):
    x_shape, kernel_shape, options = case
    x, kernel = _integers(x_shape, 5), _integers(kernel_shape, 5, seed=2) - 2
    got, wanted = _gradients(lambda k, x: lax.conv_general_dilated(x, k, **options), kernel, x)
    np.testing.assert_array_equal(got, wanted)  # whole numbers, so exactly


def test_frozen_transposed_convolution_equals_jax():
    x, (kernel,) = _integers((2, 5, 6, 3)), weights((3, 2, 3, 4))
    transposed = lambda k, x: lax.conv_transpose(x, k, (2, 3), "SAME")  # noqa: E731
    assert_same(*_gradients(transposed, kernel, x))


@pytest.mark.parametrize("multiplier", [1, 2])
def test_frozen_depthwise_convolution_equals_jax(multiplier):
    x, (kernel,) = _integers((2, 6, 7, 3)), weights((3, 3, 1, 3 * multiplier))
    assert_same(*_gradients(lambda k, x: conv(x, k, feature_group_count=3), kernel, x))


@pytest.mark.parametrize("preferred", [None, jnp.float32])
def test_frozen_convolution_in_half_precision(preferred):
    """Also bfloat16 weights whose products are summed in float32."""
    x = _integers((1, 6, 6, 3))
    kernel = (_integers((3, 3, 3, 4), 5, seed=2) - 2).astype(jnp.bfloat16)

    def function(k, x):
        return conv(x.astype(k.dtype), k, preferred_element_type=preferred)

    net = Network(function, params=kernel, input_shape=x.shape[1:])
    y, vjp = jax.vjp(lambda x: conv(x, kernel.astype(x.dtype)), x)  # in full precision
    cotangent = _integers(y.shape, 9, seed=1) - 4
    got = net.at(x.shape).run(_pull_back, x, cotangent, rules=FROZEN)
    assert got.dtype == x.dtype
    assert_same(got, vjp(cotangent)[0], tolerance=1e-2)


def test_frozen_weights_are_flipped_once_and_given_as_arguments():
    net = Network(lambda k, x: conv(x, k), params=weights((3, 3, 3, 4))[0], input_shape=(8, 8, 3))
    program = net.at((1, 8, 8, 3))
    flipped = program.prepared(FROZEN)
    assert len(flipped) == 1
    assert program.prepared(FROZEN) is flipped
    (kernel,) = jax.tree_util.tree_leaves(flipped)
    assert kernel.shape == (3, 3, 4, 3)


@st.composite
def _pools(draw):
    """Windows that lie side by side (perhaps with a rest), overlap, leave gaps or are padded."""
    rank = draw(st.integers(1, 3))
    sizes = [draw(st.integers(4, 8)) for _ in range(rank)]
    window = [draw(st.integers(1, 3)) for _ in range(rank)]
    strides = window if draw(st.booleans()) else [draw(st.integers(1, 3)) for _ in range(rank)]
    padding = draw(st.sampled_from(["VALID", "VALID", "SAME"]))
    return (2, *sizes, 2), (1, *window, 1), (1, *strides, 1), padding


def _max_pool(window, strides, padding):
    def function(_, x):
        return lax.reduce_window(x, -jnp.inf, lax.max, window, strides, padding)

    return function


@_FEW
@given(_pools())
def test_max_pool_gives_the_gradient_to_the_first_of_equals(case):
    shape, *geometry = case
    got, wanted = _gradients(_max_pool(*geometry), None, _integers(shape, 2))
    np.testing.assert_array_equal(got, wanted)


def test_max_pool_between_convolutions_with_relu():
    first, second = weights((3, 3, 3, 4), (3, 3, 4, 2))

    def function(params, x):
        x = jax.nn.relu(conv(x, params[0]))
        x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
        return conv(x, params[1])

    assert_same(*_gradients(function, [first, second], jnp.asarray(pictures((9, 8, 3)))))
