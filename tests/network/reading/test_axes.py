"""Which axis means what, and receptive fields against what the gradient really reaches."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax import lax

from cnnviz_widgets.network import Network

_SIZE = 40  # of the input: larger than any field below, so that none is cut off on both sides


def _conv(x, window, stride, dilation, padding, base=1):
    kernel = jnp.ones((window, window, x.shape[-1], 1)) / window**2
    return lax.conv_general_dilated(
        x,
        kernel,
        (stride, 1),
        [padding, (0, window - 1)],
        rhs_dilation=(dilation, 1),
        lhs_dilation=(base, 1),
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )


def _mean_pool(x, window, stride, padding):
    sums = lax.reduce_window(x, 0.0, lax.add, (1, window, 1, 1), (1, stride, 1, 1),
                             [(0, 0), padding, (0, 0), (0, 0)])  # fmt: skip
    return sums / window


def _pad(x, low, high):
    return jnp.pad(x, ((0, 0), (low, high), (0, 0), (0, 0)))


def _crop(x, start, stride):
    return lax.slice_in_dim(x, start, None, stride, axis=1)


_PADDING = st.tuples(st.integers(0, 2), st.integers(0, 2))
_STEPS = st.one_of(
    st.tuples(st.just(_conv), st.integers(1, 3), st.integers(1, 2), st.integers(1, 2), _PADDING),
    st.tuples(st.just(_mean_pool), st.integers(2, 3), st.integers(1, 2), _PADDING),
    st.tuples(st.just(_pad), st.integers(0, 2), st.integers(0, 2)),
    st.tuples(st.just(_crop), st.integers(0, 2), st.integers(1, 2)),
)


def _reached(net, row, columns_of):
    """Which input rows the middle column of output row `row` depends on."""
    program = net.at((1, *net.input_shape))

    def gradient(replay, x, row):
        name = net.layers[-1].name
        return jax.grad(lambda x: replay(x, [name])[name][0, row, columns_of].sum())(x)

    found = program.run(gradient, jnp.full((1, *net.input_shape), 0.5), jnp.asarray(row))
    rows = np.flatnonzero(np.abs(found[0]).sum((1, 2)))
    return int(rows.min()), int(rows.max()) + 1


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.lists(_STEPS, min_size=1, max_size=4))
def test_receptive_field_is_what_the_gradient_reaches(steps):
    def model(_, x):
        for function, *arguments in steps:
            x = function(x, *arguments)
        return x * 2

    net = Network(model, input_shape=(_SIZE, 3, 1))
    layer = net.layers[-1]
    field = layer.receptive_field
    assert field is not None
    for row in {layer.shape[0] // 2, layer.shape[0] // 3}:
        start = field.start[0] + row * field.stride[0]
        low, high = max(start, 0), min(start + field.size[0], _SIZE)
        if low < high:
            assert _reached(net, row, 1) == (low, high)


def test_branches_are_joined():
    """Like an inception block and a residual connection."""

    def model(_, x):
        wide = _conv(x, 3, 1, 2, (2, 2))
        return jnp.concatenate([x, wide], -1) + _conv(x, 2, 1, 1, (0, 1))

    net = Network(model, input_shape=(_SIZE, 6, 1))
    field = net.layers[-1].receptive_field
    assert field is not None
    assert (field.start[0], field.size[0], field.stride[0]) == (-2, 5, 1)
    assert _reached(net, 20, 2) == (18, 23)


def test_transposed_convolution_has_a_fraction_as_stride():
    net = Network(lambda _, x: _conv(x, 3, 1, 1, (1, 1), base=2), input_shape=(_SIZE, 4, 1))
    field = net.layers[-1].receptive_field
    assert field is not None
    assert field.stride[0] == 0.5
    for row in (20, 21):
        low, high = _reached(net, row, 1)
        start = field.start[0] + row * field.stride[0]
        assert start <= low < high <= start + field.size[0]


@pytest.mark.parametrize(
    ("function", "spatial", "channel"),
    [
        (lambda x: x * 2, (0, 1), 2),
        (lambda x: jnp.moveaxis(x, -1, 1), (1, 2), 0),
        (lambda x: jnp.swapaxes(x, 1, 2), (1, 0), 2),
        (lambda x: x.mean((1, 2)), (), 0),
        (lambda x: x.reshape(len(x), -1), (), 0),
        (lambda x: x.reshape(len(x), -1, x.shape[-1]), (), 1),
        (lambda x: jnp.moveaxis(x, 0, -1), (0, 1), 2),
        (lambda x: lax.slice_in_dim(x[..., None].squeeze(-1), 0, None, 2, axis=1), (0, 1), 2),
        (lambda x: jax.vmap(lambda one: jnp.tanh(one))(x), (0, 1), 2),
    ],
    ids=["same", "NCHW", "turned", "mean", "flat", "tokens", "batch last", "cut", "vmap"],
)
def test_roles_of_axes(function, spatial, channel):
    net = Network(lambda _, x: function(jnp.tanh(x)), input_shape=(6, 8, 3))
    layer = net.layers[-1]
    assert layer.spatial == spatial
    assert layer.channel == channel
    assert layer.channels == layer.shape[channel]


def test_global_operations_have_no_field():
    net = Network(lambda w, x: x.mean((1, 2)) @ w, params=jnp.ones((3, 2)), input_shape=(6, 8, 3))
    assert [layer.receptive_field for layer in net.layers] == [None, None]
