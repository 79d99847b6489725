"""What a network computes of a size that its last layers refuse."""

import flax.linen as linen
import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from flax import nnx

from cnnviz_widgets.network import Edit, InputError, Network
from tests.compiling import compilations
from tests.models.functions import conv, weights
from tests.models.taps import pictures

pytestmark = pytest.mark.usefixtures("lenient_ranks")

SIDES = (16, 16, 3)
LARGER = (24, 20, 3)


class _Block(nnx.Module):
    def __init__(self, rngs: nnx.Rngs) -> None:
        self.conv1 = nnx.Conv(3, 4, (3, 3), rngs=rngs)
        self.conv2 = nnx.Conv(4, 5, (3, 3), strides=2, rngs=rngs)

    def __call__(self, x):
        return nnx.relu(self.conv2(nnx.relu(self.conv1(x))))


class _Net(nnx.Module):
    """A block, and dense layers that take 8 rows and columns of it."""

    def __init__(self, rngs: nnx.Rngs) -> None:
        self.block = _Block(rngs)
        self.dense = nnx.Linear(320, 6, rngs=rngs)
        self.out = nnx.Linear(6, 3, rngs=rngs)

    def __call__(self, x):
        x = self.block(x)
        return self.out(nnx.relu(self.dense(x.reshape(len(x), -1))))


class _LinenNet(linen.Module):
    @linen.compact
    def __call__(self, x):
        x = linen.relu(linen.Conv(5, (3, 3), name="conv")(x))
        x = linen.max_pool(x, (2, 2), (2, 2))
        return linen.Dense(3, name="dense")(x.reshape((len(x), -1)))


def _nnx() -> tuple[Network, str, Network]:
    module = _Net(nnx.Rngs(0))
    return (
        Network(module, input_shape=SIDES),
        "block",
        Network(module.block, input_shape=SIDES),
    )


def _linen() -> tuple[Network, str, Network]:
    module = _LinenNet()
    variables = module.init(jax.random.key(0), jnp.zeros((1, *SIDES)))

    def alone(params, x):
        return linen.relu(linen.Conv(5, (3, 3)).apply({"params": params}, x))

    return (
        Network(module, variables=variables, input_shape=SIDES),
        "relu",
        Network(alone, params=variables["params"]["conv"], input_shape=SIDES),
    )


def _keras() -> tuple[Network, str, Network]:
    keras.utils.set_random_seed(0)
    x = keras.Input(SIDES)
    y = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="conv")(x)
    y = keras.layers.MaxPooling2D(2, name="pool")(y)
    z = keras.layers.Dense(3, name="dense")(keras.layers.Flatten()(y))
    return Network(keras.Model(x, z)), "pool", Network(keras.Model(x, y))


def _function() -> tuple[Network, str, Network]:
    def beginning(params, x):
        return jax.nn.relu(conv(x, params[0]))

    def model(params, x):
        return beginning(params, x).reshape(len(x), -1) @ params[1]

    params = weights((3, 3, 3, 4), (1024, 3))
    return (
        Network(model, params=params, input_shape=SIDES),
        "relu",
        Network(beginning, params=params, input_shape=SIDES),
    )


FRAMEWORKS = {"nnx": _nnx, "linen": _linen, "keras": _keras, "function": _function}


def _value(replay, x, *, name):
    return replay(x, [name])[name]


def _gradient(replay, x, *, name):
    return jax.grad(lambda x: jnp.square(replay(x, [name])[name]).sum())(x)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_layers_before_the_refusal_are_those_of_the_same_layers_alone(framework):
    net, name, alone = FRAMEWORKS[framework]()
    x = pictures(LARGER, 2)
    assert not net.takes(LARGER)
    assert net.takes(LARGER, [name])
    found = net.at(x.shape, [name])
    wanted = alone(x)
    np.testing.assert_allclose(found.run(_value, x, name=name), wanted, rtol=1e-5, atol=1e-6)
    got = found.run(_gradient, x, name=name)
    last = alone.logits.name
    expected = alone.at(x.shape).run(_gradient, x, name=last)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)
    layer = found.layer(name)
    assert layer.shape == wanted.shape[1:]
    assert layer.kind == net[name].kind


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_layers_from_the_refusal_on_are_refused_as_ever(framework):
    net, name, _ = FRAMEWORKS[framework]()
    logits = net.logits.name
    assert not net.takes(LARGER, [name, logits])
    with pytest.raises(InputError, match="runs at its own input_shape") as caught:
        net.at((1, *LARGER), [name, logits])
    with pytest.raises(InputError) as whole:
        net.at((1, *LARGER))
    assert str(caught.value) == str(whole.value)


def test_a_size_that_the_model_takes_has_all_layers():
    net, name, _ = _nnx()
    assert net.at((1, *SIDES), [name]) is net.at((1, *SIDES))


def test_a_layer_that_is_cut_off_in_its_midst_is_not_there():
    """Of the block its last step is missing: its value would be that of another one."""

    class Cut(nnx.Module):
        def __init__(self, rngs):
            self.conv = nnx.Conv(3, 4, (3, 3), rngs=rngs)
            self.table = nnx.Param(jnp.ones((1, 16, 16, 4)))

        def __call__(self, x):
            return self.conv(x) * self.table

    class Whole(nnx.Module):
        def __init__(self, rngs):
            self.block = Cut(rngs)

        def __call__(self, x):
            return nnx.relu(self.block(x))

    net = Network(Whole(nnx.Rngs(0)), input_shape=SIDES)
    assert net.takes(LARGER, ["block/conv"])
    assert not net.takes(LARGER, ["block"])
    assert "block" not in net.at((1, *LARGER), ["block/conv"])


def test_a_layer_that_is_made_in_another_way_at_that_size_is_not_there():
    def model(params, x):
        if x.shape[1] > 20:
            x = 2 * x
        return jax.nn.relu(conv(x, params[0])).reshape(len(x), -1) @ params[1]

    net = Network(model, params=weights((3, 3, 3, 4), (1024, 3)), input_shape=SIDES)
    assert net.takes((18, 18, 3), ["conv"])
    assert not net.takes(LARGER, ["conv"])


def test_a_model_that_refuses_the_size_at_once_refuses_all_layers():
    def model(params, x):
        if x.shape[1:] != SIDES:
            raise ValueError("16 pixels")
        return conv(x, params[0]).mean((1, 2))

    net = Network(model, params=weights((3, 3, 3, 4)), input_shape=SIDES)
    assert not net.takes(LARGER, ["conv"])
    with pytest.raises(InputError, match="16 pixels"):
        net.at((1, *LARGER), ["conv"])


def test_edits_hold_before_the_refusal_and_those_behind_it_are_left_out():
    net, name, _ = _nnx()
    x = pictures(LARGER, 1)
    edited = net.with_edits([Edit("block/conv1", "mute", channels=2), Edit("dense", "mute")])
    first = np.array(net.at(x.shape, [name]).run(_value, x, name="block/conv1"))
    muted = edited.at(x.shape, [name]).run(_value, x, name="block/conv1")
    first[..., 2] = 0
    np.testing.assert_array_equal(muted, first)


def test_other_weights_share_what_is_compiled():
    net, name, _ = _nnx()
    x = pictures(LARGER, 1)
    own = np.asarray(net.at(x.shape, [name]).run(_value, x, name=name))
    *_, kernel = net.weights_of("block/conv2")
    other = net.with_weights({kernel: net.weights[kernel] * 2})
    with compilations() as compiled:
        moved = np.asarray(other.at(x.shape, [name]).run(_value, x, name=name))
    assert not compiled
    assert np.abs(moved - own).max() > 0
