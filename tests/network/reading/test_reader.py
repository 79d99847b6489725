"""What layers say of themselves: names, numbers, kinds, parameters, arithmetic, the logits."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

import cnnviz_widgets as cw
from cnnviz_widgets.network import Network
from tests.models import nnx_models
from tests.models.functions import conv, weights
from tests.models.nnx_models import made
from tests.models.taps import assert_same, pictures, taps


def _of(function, params=None, shape=(8, 10, 3), **options) -> Network:
    return Network(lambda p, x: function(p, x), params=params, input_shape=shape, **options)


def _by_hand(net: Network, *wanted: int) -> None:
    assert [layer.flops for layer in net.layers] == list(wanted)
    assert net.flops == sum(wanted)


@pytest.mark.parametrize(
    ("function", "operation", "kind"),
    [
        (jax.nn.relu, "relu", "activation"),
        (jax.nn.gelu, "gelu", "activation"),
        (lambda x: jax.nn.gelu(x, approximate=False), "gelu", "activation"),
        (jax.nn.silu, "silu", "activation"),
        (jax.nn.sigmoid, "sigmoid", "activation"),
        (jnp.tanh, "tanh", "activation"),
        (jax.nn.elu, "elu", "activation"),
        (jax.nn.softplus, "softplus", "activation"),
        (jax.nn.leaky_relu, "leaky_relu", "activation"),
        (jax.nn.softmax, "softmax", "activation"),
        (jax.nn.log_softmax, "log_softmax", "activation"),
        (lambda x: nnx.max_pool(x, (2, 2), (2, 2)), "max_pool", "pool"),
        (lambda x: nnx.avg_pool(x, (2, 2), (2, 2)), "avg_pool", "pool"),
        (lambda x: x.mean((1, 2)), "mean", "reduce"),
        (lambda x: x.reshape(len(x), -1), "flatten", "reshape"),
        (lambda x: jnp.concatenate([x, x], -1), "concat", "concat"),
        (lambda x: x * 2 + 1, "scale", "scale"),
        (lambda x: x / jnp.sqrt(jnp.square(x).mean(-1, keepdims=True)), "norm", "norm"),
    ],
)
def test_functions_are_called_what_a_person_calls_them(function, operation, kind):
    net = _of(lambda w, x: function(conv(x, w)), weights((3, 3, 3, 4))[0])
    layer = net.layers[-1]
    assert (layer.operation, layer.kind) == (operation, kind)
    assert layer.name == operation
    assert len(net.layers) == 2


def test_adding_and_multiplying_branches():
    def model(params, x):
        a, b = (conv(x, kernel) for kernel in params)
        return (a + b) * jax.nn.sigmoid(a)

    net = _of(model, weights((3, 3, 3, 4), (1, 1, 3, 4)))
    assert [layer.operation for layer in net.layers] == [
        "conv", "conv", "add", "sigmoid", "multiply"
    ]  # fmt: skip


def test_names_that_come_again_are_numbered():
    net = _of(lambda _, x: jax.nn.relu(jnp.tanh(jax.nn.relu(jnp.tanh(jax.nn.relu(x - 0.5))))))
    assert [layer.name for layer in net.layers] == [
        "scale", "relu", "tanh", "relu_2", "tanh_2", "relu_3"
    ]  # fmt: skip


def test_arithmetic_by_hand():
    kernel, depthwise, matrix = weights((3, 3, 3, 4), (3, 3, 1, 4), (4, 5))
    net = _of(lambda w, x: conv(x, w), kernel)
    _by_hand(net, 2 * 27 * 8 * 10 * 4)
    net = _of(lambda w, x: conv(conv(x, w[0]), w[1], feature_group_count=4), [kernel, depthwise])
    _by_hand(net, 2 * 27 * 80 * 4, 2 * 9 * 80 * 4)
    assert net.layers[1].operation == "depthwise_conv"
    net = _of(
        lambda w, x: x.reshape(len(x), -1, 4) @ w + jnp.ones((1, 1, 5)), matrix, shape=(8, 10, 4)
    )
    _by_hand(net, 0, 2 * 80 * 4 * 5 + 80 * 5)
    net = _of(lambda _, x: nnx.max_pool(x, (2, 2), (2, 2)))
    _by_hand(net, 4 * 4 * 5 * 3)


def test_digits_by_hand():
    """The documents' CNN: every figure worked out."""
    net = cw.load("digits")
    rows = {layer.name: (layer.shape, layer.parameters) for layer in net.layers}
    assert rows["conv1"] == ((26, 26, 32), 320)
    assert rows["max_pool"] == ((13, 13, 32), 0)
    assert rows["conv2"] == ((11, 11, 64), 18_496)
    assert rows["max_pool_2"] == ((5, 5, 64), 0)
    assert rows["conv3"] == ((3, 3, 64), 36_928)
    assert rows["dense1"] == ((64,), 36_928)
    assert rows["dense2"] == ((10,), 650)
    assert net.parameters == sum(parameters for _, parameters in rows.values()) == 93_322
    products = 26**2 * 9 * 32 + 11**2 * 9 * 32 * 64 + 9 * 9 * 64 * 64 + 576 * 64 + 640
    assert 1 <= net.flops / (2 * products) < 1.02
    field = net["conv3"].receptive_field
    assert field is not None
    assert (field.size, field.stride, field.start) == ((18, 18), (4, 4), (0, 0))
    assert net.logits.name == "dense2"


def test_a_shared_weight_is_counted_once():
    model = made(nnx_models.Reused)
    net = Network(model, input_shape=model.shape)
    assert (net["conv"].parameters, net["conv_2"].parameters) == (148, 0)


@pytest.mark.parametrize(
    "final",
    [
        jax.nn.softmax,
        jax.nn.log_softmax,
        jax.nn.sigmoid,
        lambda z: jnp.exp(z) / jnp.exp(z).sum(-1, keepdims=True),
        lambda z: (
            jnp.exp(z - z.max(-1, keepdims=True))
            / jnp.exp(z - z.max(-1, keepdims=True)).sum(-1, keepdims=True)
        ),
        lambda z: z,
    ],
    ids=["softmax", "log_softmax", "sigmoid", "by hand", "by hand, shifted", "none"],
)
def test_logits_are_what_the_last_softmax_gets(final):
    kernel, matrix = weights((3, 3, 3, 4), (4, 5))

    def scores(params, x):
        return jax.nn.relu(conv(x, params[0])).mean((1, 2)) @ params[1]

    net = _of(lambda params, x: final(scores(params, x)), [kernel, matrix])
    x = pictures((8, 10, 3))
    assert net.logits.kind == "dense"
    found = taps(net, x, [net.logits.name])[net.logits.name]
    assert_same(found, scores([kernel, matrix], jnp.asarray(x)))


def test_logits_can_be_named():
    net = _of(lambda w, x: conv(x, w).mean((1, 2)) * 2, weights((3, 3, 3, 4))[0], output="mean")
    assert net.logits.name == "mean"
    assert "mean  ← logits" in str(net)


def test_blocks_hold_their_layers():
    model = made(nnx_models.Residual)
    net = Network(model, input_shape=model.shape)
    first, second = net["blocks/0"], net["blocks/1"]
    inside = [layer for layer in net.layers if layer.scope.startswith("blocks/0")]
    assert first.parts == tuple(inside)
    assert first.parameters == sum(layer.parameters for layer in inside)
    assert first.shape == second.shape == (6, 10, 6)
    assert {block.name for block in net.blocks} >= {"blocks/0", "blocks/1"}


def test_every_name_is_given_once_and_found():
    model = made(nnx_models.Attention)
    net = Network(model, input_shape=model.shape)
    everything = [*net.layers, *net.blocks, *(part for layer in net.layers for part in layer.parts)]
    names = [layer.name for layer in everything]
    assert len(names) == len(set(names))
    assert all(net[layer.name] == layer for layer in everything)


def test_dead_code_is_no_layer():
    def model(_, x):
        jnp.tanh(x)
        return jax.nn.relu(x)

    assert [layer.name for layer in _of(model).layers] == ["relu"]


def test_preprocessing_is_a_layer_and_is_differentiated():
    net = _of(
        lambda w, x: conv(x, w),
        weights((3, 3, 3, 4))[0],
        preprocess=lambda x: (x - 0.5) / 0.25,
    )
    assert net.layers[0].name.startswith("preprocess")
    x = pictures((8, 10, 3))
    name = net.layers[0].name
    assert_same(taps(net, x, [name])[name], (x - np.float32(0.5)) / np.float32(0.25))
