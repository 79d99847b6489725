"""What is told of each kind of layer, against a direct computation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

import cnnviz_widgets as cw
from cnnviz_widgets.methods.operation import (
    Activation,
    Combination,
    Concatenation,
    Convolution,
    Copy,
    Dense,
    Opaque,
    Pool,
    Scaling,
    Softmax,
    explain_value,
)
from cnnviz_widgets.methods.operation.explained import PADDING
from tests.models.functions import conv, weights
from tests.models.taps import pictures

SHAPE = (8, 10, 3)
X = pictures(SHAPE, 1)
KERNEL, HEAD = weights((3, 3, 3, 4), (4, 5))
BIAS = jnp.asarray([[[[0.5, -0.25, 1.0, 2.0]]]])


def explained(model, layer, channel=1, position=(2, 3), x=X):
    net = cw.Network(lambda _, x: model(x), input_shape=x.shape[1:])
    return explain_value(net, x, layer=layer, channel=channel, position=position)


def test_a_convolution_its_bias_and_what_follows():
    found = explained(lambda x: jax.nn.relu(conv(x, KERNEL) + BIAS), "conv", 1, (0, 3))
    (step,) = found.steps
    assert isinstance(step, Convolution)
    window = np.asarray(X[0, 0:2, 2:5])
    np.testing.assert_allclose(step.window.values[:, 1:], np.moveaxis(window, -1, 0))
    assert (step.window.states[0] == PADDING).all()
    assert not step.window.values[:, 0].any()
    assert step.window.places[0].tolist() == [-1, 0, 1]
    np.testing.assert_array_equal(step.kernel, np.moveaxis(np.asarray(KERNEL)[..., 1], -1, 0))
    assert [(each.operation, each.operand) for each in step.tail] == [("add", -0.25)]
    assert step.total == pytest.approx(step.sums.sum())
    assert step.source is not None
    assert step.source.name == "input"
    (activation,) = found.then
    assert isinstance(activation, Activation)
    assert activation.input == pytest.approx(found.value)
    assert activation.result == pytest.approx(max(0, found.value))


def test_the_numbers_of_a_batch_norm():
    norm = nnx.BatchNorm(3, use_running_average=True, rngs=nnx.Rngs(0))
    norm.mean = nnx.BatchStat(jnp.asarray([0.5, 0.25, 0.125]))
    norm.var = nnx.BatchStat(jnp.asarray([4.0, 9.0, 16.0]))
    norm.bias = nnx.Param(jnp.asarray([1.0, 2.0, 3.0]))
    net = cw.Network(norm, input_shape=SHAPE)
    found = explain_value(net, X, layer=net.layers[0].name, channel=1, position=(2, 3))
    (step,) = found.steps
    assert isinstance(step, Scaling)
    assert step.input == pytest.approx(X[0, 2, 3, 1])
    assert [each.operation for each in step.tail] == ["subtract", "multiply", "add"]
    assert [each.operand for each in step.tail] == pytest.approx([0.25, 1 / 3, 2], rel=1e-4)


def test_a_layer_norm_tells_the_mean_of_this_image():
    net = cw.Network(nnx.LayerNorm(3, rngs=nnx.Rngs(0)), input_shape=SHAPE)
    found = explain_value(net, X, layer=net.layers[0].name, channel=1, position=(2, 3))
    (step,) = found.steps
    assert isinstance(step, Scaling)
    assert step.tail[0].operation == "subtract"
    assert step.tail[0].operand == pytest.approx(X[0, 2, 3].mean())


def test_the_winner_of_a_max_pool():
    found = explained(lambda x: nnx.max_pool(x, (3, 3), (2, 2), "SAME"), "max_pool", 2, (1, 4))
    (step,) = found.steps
    assert isinstance(step, Pool)
    assert step.kind == "max"
    assert step.winner is not None
    at = tuple(int(each[k]) for each, k in zip(step.window.places, step.winner, strict=True))
    assert X[0, *at, 2] == pytest.approx(found.value)
    assert step.source is not None
    assert step.source.index == (0, *at, 2)
    assert (step.window.states[:, -1] == PADDING).all()
    assert np.isneginf(step.window.values[0, :, -1]).all()


def test_the_mean_of_a_window_and_of_a_map():
    found = explained(lambda x: nnx.avg_pool(x, (2, 5), (2, 5)), "avg_pool", 0, (1, 1))
    (step,) = found.steps
    assert isinstance(step, Pool)
    assert step.kind == "sum"
    assert step.winner is None
    np.testing.assert_allclose(step.window.values[0], X[0, 2:4, 5:10, 0])
    assert [each.operation for each in step.tail] == ["divide"]
    assert step.tail[0].operand == 10
    found = explained(lambda x: x.mean((1, 2)), "mean", 2, (0, 0))
    (step,) = found.steps
    assert isinstance(step, Pool)
    np.testing.assert_allclose(step.window.values[0], X[0, ..., 2])
    assert found.result == pytest.approx(X[0, ..., 2].mean())


def test_a_dense_layer_tells_its_largest_contributions():
    bias = jnp.arange(5.0)[None]
    found = explained(lambda x: x.mean((1, 2)) @ HEAD[:3] + bias, "dense", 4, (0, 0))
    (step,) = found.steps
    assert isinstance(step, Dense)
    np.testing.assert_allclose(step.inputs, X[0].mean((0, 1)), rtol=1e-5)
    np.testing.assert_array_equal(step.weights, np.asarray(HEAD)[:3, 4])
    chosen, rest = step.strongest(2)
    assert np.abs(step.products[chosen]).min() >= np.abs(np.delete(step.products, chosen)).max()
    assert step.products[chosen].sum() + rest == pytest.approx(step.total)
    assert step.tail[0].operand == 4


@pytest.mark.parametrize(
    "function", [jax.nn.relu, jax.nn.gelu, jax.nn.silu, jnp.tanh, jax.nn.elu, jax.nn.sigmoid]
)
def test_the_curve_of_an_activation(function):
    found = explained(lambda x: function(conv(x, KERNEL)), function.__name__, 3)
    (step,) = found.steps
    assert isinstance(step, Activation)
    np.testing.assert_allclose(step.ys, function(jnp.asarray(step.xs)), atol=2e-6)
    assert 0 in step.xs
    assert (np.diff(step.xs) > 0).all()
    assert step.xs[0] <= step.input <= step.xs[-1]
    assert step.result == pytest.approx(float(function(step.input)), abs=1e-6)


def test_a_curve_of_its_own_for_each_channel():
    slopes = jnp.asarray([[[[0.1, 0.9, 0.5]]]])
    net = cw.Network(
        lambda _, x: jnp.where(x >= 0, x, jnp.broadcast_to(slopes, x.shape) * x),
        input_shape=SHAPE,
    )
    for channel, slope in enumerate([0.1, 0.9, 0.5]):
        found = explain_value(net, X, layer=net.layers[0].name, channel=channel)
        step = found.steps[-1]
        assert isinstance(step, Activation), step
        assert step.ys[0] == pytest.approx(slope * step.xs[0], rel=1e-5)


def test_a_softmax_has_all_its_inputs():
    found = explained(lambda x: jax.nn.softmax(x.mean((1, 2)) @ HEAD[:3]), "softmax", 2, (0, 0))
    (step,) = found.steps
    assert isinstance(step, Softmax)
    assert step.inputs.shape == (5,)
    assert step.number == 2
    assert found.result == pytest.approx(np.exp(step.inputs)[2] / np.exp(step.inputs).sum())


def test_a_residual_addition_tells_both_sides():
    def model(x):
        y = jax.nn.relu(conv(x, KERNEL))
        return y + conv(x, KERNEL * 2) + BIAS

    found = explained(model, "add")
    (step,) = found.steps
    assert isinstance(step, Combination)
    assert [each and each.name for each in step.sources] == ["relu", "conv_2"]
    assert sum(step.terms) == pytest.approx(step.total)


def test_a_concatenation_tells_which_input_it_was():
    model = lambda x: jnp.concatenate([x, jax.nn.relu(conv(x, KERNEL))], -1)  # noqa: E731
    (step,) = explained(model, "concat", 5).steps
    assert isinstance(step, Concatenation)
    assert (step.number, step.place) == (1, 2)
    assert [each.name for each in step.sources] == ["input", "relu"]


def test_what_only_moves_tells_where_it_was():
    (step,) = explained(lambda x: x.reshape(len(x), -1), "flatten", 3 * 17 + 2, (0, 0)).steps
    assert isinstance(step, Copy)
    assert step.source is not None
    assert step.source.index == (0, 1, 7, 2)
    pads = ((0, 0), (2, 1), (0, 0), (0, 0))
    (step,) = explained(lambda x: jnp.pad(x, pads), "pad", 0, (3, 4)).steps
    assert isinstance(step, Copy)
    assert step.source is not None
    assert step.source.index == (0, 1, 4, 0)
    (step,) = explained(lambda x: jnp.pad(x, pads), "pad", 0, (1, 4)).steps
    assert isinstance(step, Copy)
    assert step.source is None
    assert step.result == 0


def test_what_is_not_taken_apart_is_said():
    def model(x):
        return jax.lax.scan(lambda c, _: (jnp.tanh(c), None), x, None, length=2)[0]

    (step,) = explained(model, "scan").steps
    assert isinstance(step, Opaque)
    assert step.words == "scan of input (8 × 10 × 3)"
