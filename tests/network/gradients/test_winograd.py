"""Winograd's algorithm: exact on whole numbers, and used where it says that it is."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jax import lax

from cnnviz_widgets.network import FAST, FROZEN, Network
from cnnviz_widgets.network.gradients import winograd
from tests.models.functions import conv
from tests.models.taps import assert_same

_NHWC = ("NHWC", "HWIO", "NHWC")


def _whole_numbers(shape, seed=0):
    return jnp.asarray(np.random.default_rng(seed).integers(-4, 5, shape), jnp.float32)


@settings(max_examples=12, derandomize=True)
@given(
    batch=st.integers(1, 2),
    size=st.tuples(st.integers(3, 9), st.integers(3, 9)),
    channels=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    padding=st.tuples(*[st.tuples(st.integers(0, 2), st.integers(0, 2))] * 2),
)
def test_it_is_the_convolution_exactly(batch, size, channels, padding):
    x, kernel = _whole_numbers((batch, *size, channels[0])), _whole_numbers((3, 3, *channels), 1)
    wanted = lax.conv_general_dilated(x, kernel, (1, 1), padding, dimension_numbers=_NHWC)
    got = winograd.convolve(x, winograd.transformed(kernel), padding, None)
    np.testing.assert_array_equal(got, wanted)


def test_what_is_lost_is_rounding():
    random = np.random.default_rng(0)
    x, kernel = random.normal(size=(1, 20, 21, 64)), random.normal(size=(3, 3, 64, 80))
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    wanted = sum(  # in double precision
        padded[:, row : row + 20, column : column + 21] @ kernel[row, column]
        for row in range(3)
        for column in range(3)
    )
    transformed = winograd.transformed(jnp.asarray(kernel, jnp.float32))
    got = winograd.convolve(jnp.asarray(x, jnp.float32), transformed, ((1, 1), (1, 1)), None)
    assert np.abs(got - wanted).max() <= 5e-6 * np.abs(wanted).max()


def _deep(kernels, x):
    x = jax.nn.relu(conv(x, kernels[0]))
    return conv(x, kernels[1])


@pytest.fixture(scope="module")
def deep() -> Network:
    """Two convolutions of many channels, the second one's gradient being a third."""
    kernels = [_whole_numbers((3, 3, 64, 72)), _whole_numbers((3, 3, 72, 64), 1)]
    return Network(_deep, params=kernels, input_shape=(13, 14, 64))


def _values(replay, x):
    return replay.outputs(x)[0]


def _gradient(replay, x, cotangent):
    return jax.vjp(lambda x: replay.outputs(x)[0], x)[1](cotangent)[0]


@pytest.mark.parametrize("rules", [FROZEN, FAST])
def test_a_networks_gradient_is_jaxs(deep, rules):
    x, cotangent = _whole_numbers((2, 13, 14, 64), 2), _whole_numbers((2, 13, 14, 64), 3)
    kernels = [jnp.asarray(array) for array in deep.at(x.shape).frozen.values()]
    wanted, vjp = jax.vjp(lambda x: _deep(kernels, x), x)
    program = deep.at(x.shape)
    np.testing.assert_array_equal(program.run(_values, x, rules=rules), wanted)
    got = program.run(_gradient, x, cotangent, rules=rules)
    assert_same(got, vjp(cotangent)[0])
    shapes = {array.shape for array in jax.tree_util.tree_leaves(program.prepared(rules))}
    back, ahead = {(4, 4, 72, 64), (4, 4, 64, 72)}, {(4, 4, 64, 72), (4, 4, 72, 64)}
    assert shapes == (back if rules is FROZEN else back | ahead)


_PLAIN = {
    "window_strides": (1, 1), "padding": ((1, 1), (1, 1)), "lhs_dilation": (1, 1),
    "rhs_dilation": (1, 1), "feature_group_count": 1, "batch_group_count": 1,
    "dimension_numbers": lax.conv_dimension_numbers((1, 9, 9, 9), (3, 3, 9, 9), _NHWC),
}  # fmt: skip


def _suits(x=(1, 28, 28, 512), kernel=(3, 3, 512, 256), dtype=jnp.float32, **changed):
    shapes = (jax.ShapeDtypeStruct(shape, dtype) for shape in (x, kernel))
    return winograd.suits(*shapes, {**_PLAIN, **changed})


def test_where_it_suits():
    on_cpu = jax.default_backend() == "cpu"  # elsewhere XLA chooses by itself
    assert _suits() == _suits(padding=((0, 2), (2, 0))) == on_cpu


@pytest.mark.parametrize(
    "other",
    [
        {"kernel": (5, 5, 512, 256)},
        {"x": (1, 28, 28, 16), "kernel": (3, 3, 16, 256)},
        {"x": (1, 8, 8, 512)},
        {"x": (1, 512, 512, 512)},
        {"dtype": jnp.bfloat16},
        {"window_strides": (2, 2)},
        {"lhs_dilation": (2, 2)},
        {"rhs_dilation": (1, 2)},
        {"feature_group_count": 2},
        {"padding": ((-1, 1), (0, 0))},
        {"dimension_numbers": lax.conv_dimension_numbers((1, 9, 9, 9), (9, 9, 3, 3), None)},
    ],
)
def test_where_it_does_not(other):
    assert not _suits(**other)
