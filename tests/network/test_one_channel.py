"""One channel of a layer, and its gradient, without the others."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

import cnnviz_widgets as cw
from cnnviz_widgets.network import FROZEN, GUIDED, Network
from cnnviz_widgets.network.one_channel import convolution_behind
from tests.models.functions import conv, weights
from tests.models.taps import assert_same, pictures

_KERNEL, _AGAIN = weights((3, 3, 2, 4), (3, 3, 4, 4))
_SCALE = jnp.asarray([2.0, -1.0, 0.5, 3.0])


def _plain(x):
    return conv(x, _KERNEL)


def _bias_norm_relu(x):
    return jax.nn.relu((_plain(x) + _SCALE[None, None, None]) * _SCALE[None, None, None])


def _strided_and_dilated(x):
    return lax.conv_general_dilated(
        x, _KERNEL, (2, 1), [(1, 0), (2, 2)], rhs_dilation=(1, 2),
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )  # fmt: skip


def _channels_first(x):
    kernel = jnp.moveaxis(_KERNEL, (3, 2), (0, 1))
    return lax.conv_general_dilated(jnp.moveaxis(x, 3, 1), kernel, (1, 1), "SAME")


def _residual(x):
    first = _plain(x)
    return first + conv(jax.nn.relu(first), _AGAIN)


def _grouped(x):
    return lax.conv_general_dilated(
        x, weights((3, 3, 1, 4))[0], (1, 1), "SAME",
        dimension_numbers=("NHWC", "HWIO", "NHWC"), feature_group_count=2,
    )  # fmt: skip


def _softmax(x):
    return jax.nn.softmax(_plain(x))


def _kernel_from_the_input(x):
    return conv(x, _KERNEL * x.mean())


_ONE = [_plain, _bias_norm_relu, _strided_and_dilated, _channels_first]
_WHOLE = [_residual, _grouped, _softmax, _kernel_from_the_input]


def _net(function) -> Network:
    return Network(lambda _, x: function(x), params=[], input_shape=(8, 7, 2))


def _one(replay, x, channel, *, name):
    return replay.channel(x, name, channel)


def _gradient(replay, x, channel, *, name, one):
    axis = replay.layer(name).channel_axis

    def score(x):
        value = replay.channel(x, name, channel) if one else replay(x, [name])[name]
        return jnp.square(lax.dynamic_index_in_dim(value, channel, axis)).sum()

    return jax.grad(score)(x)


@pytest.mark.parametrize("function", _ONE + _WHOLE)
def test_channel_and_its_gradient_are_those_of_the_whole_layer(function):
    net, x = _net(function), jnp.asarray(pictures((8, 7, 2), 2))
    layer = net.layers[-1]
    program, axis = net.at(x.shape), layer.channel_axis
    for channel in range(4):
        got = program.run(_one, x, channel, rules=FROZEN, name=layer.name)
        same = [np.take(np.asarray(value), channel, axis) for value in (got, function(x))]
        assert_same(*same)
        one, whole = (
            program.run(_gradient, x, channel, rules=FROZEN, name=layer.name, one=one)
            for one in (True, False)
        )
        assert_same(one, whole)


@pytest.mark.parametrize("function", _ONE)
def test_no_other_channel_is_computed(function):
    net = _net(function)
    convolution = convolution_behind(net.at((1, 8, 7, 2)).program, net.layers[-1].value)
    assert convolution is not None
    assert convolution.name == "conv_general_dilated"


def test_what_is_not_computed_is_zero():
    net, x = _net(_plain), jnp.asarray(pictures((8, 7, 2), 1))
    got = net.at(x.shape).run(_one, x, 2, name=net.layers[-1].name)
    assert not np.asarray(got)[..., [0, 1, 3]].any()
    assert np.asarray(got)[..., 2].all()


@pytest.mark.parametrize("function", _WHOLE)
def test_where_channels_meet_all_are_computed(function):
    net = _net(function)
    assert convolution_behind(net.at((1, 8, 7, 2)).program, net.layers[-1].value) is None


def test_other_gradient_rules_hold_behind_one_channel():
    net, x = cw.load("photos"), cw.image("cat")[None, :64, :64]
    layer = next(layer for layer in net.layers if layer.name == "relu_2")
    one, whole = (
        net.at(x.shape).run(_gradient, x, 3, rules=GUIDED, name=layer.name, one=one)
        for one in (True, False)
    )
    assert_same(one, whole)
    plain = net.at(x.shape).run(_gradient, x, 3, rules=FROZEN, name=layer.name, one=True)
    assert np.abs(plain - one).max() > 1e-4
