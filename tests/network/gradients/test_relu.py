"""Rules for ReLU: the papers' formulas, however ReLU is written."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from cnnviz_widgets.network import GUIDED, Network, UnknownOperationError, relu_rules
from tests.models.functions import conv, weights
from tests.models.taps import assert_same, pictures


def _pull_back(replay, x, cotangent):
    (output,), vjp = jax.vjp(replay.outputs, x)
    return vjp([cotangent.astype(output.dtype)])[0]


def _two_relus(params, x):
    first, second = params
    return conv(jax.nn.relu(conv(jax.nn.relu(conv(x, first)), second)), second).mean((1, 2))


def _rectify(g, _):
    return jnp.maximum(g, 0)


@pytest.mark.parametrize(
    ("rules", "rule"),
    [
        (GUIDED, lambda g, x: jnp.maximum(g, 0) * (x > 0)),
        (relu_rules("deconvolution network", _rectify), _rectify),
    ],
    ids=["guided", "deconvnet"],
)
def test_relu_rules_equal_the_formula_worked_by_hand(rules, rule):
    params = weights((3, 3, 3, 4), (3, 3, 4, 4))
    x = jnp.asarray(pictures((7, 6, 3)))
    net = Network(_two_relus, params=params, input_shape=(7, 6, 3))
    cotangent = jnp.asarray(np.random.default_rng(3).normal(size=(2, 4)), jnp.float32)
    got = net.at(x.shape).run(_pull_back, x, cotangent, rules=rules)
    a, to_x = jax.vjp(lambda x: conv(x, params[0]), x)
    b, to_a = jax.vjp(lambda h: conv(h, params[1]), jax.nn.relu(a))
    _, to_b = jax.vjp(lambda h: conv(h, params[1]).mean((1, 2)), jax.nn.relu(b))
    (wanted,) = to_x(rule(to_a(rule(to_b(cotangent)[0], b))[0], a))
    assert_same(got, wanted)
    plain = net.at(x.shape).run(_pull_back, x, cotangent)
    assert not np.allclose(got, plain, atol=1e-3 * float(jnp.abs(plain).max()))


@pytest.mark.parametrize("name", ["relu", "maximum", "where"])
def test_relu_written_in_any_way_is_ruled(name):
    ways = {
        "relu": jax.nn.relu,
        "maximum": lambda x: jnp.maximum(x, 0),
        "where": lambda x: jnp.maximum(0.0, x),
    }
    net = Network(lambda _, x: ways[name](x - 0.5), input_shape=(4, 4, 1))
    x = jnp.asarray(pictures((4, 4, 1)))
    cotangent = jnp.asarray(np.random.default_rng(3).normal(size=x.shape), jnp.float32)
    got = net.at(x.shape).run(_pull_back, x, cotangent, rules=GUIDED)
    np.testing.assert_array_equal(got, np.maximum(cotangent, 0) * (x > 0.5))


@jax.custom_jvp
def _own(x):
    return jnp.tanh(x)


_own.defjvp(lambda p, t: (jnp.tanh(p[0]), t[0]))


def _in_scan(x):
    return lax.scan(lambda c, _: (jnp.tanh(c), None), x, None, length=2)[0]


def _in_cond(x):
    return lax.cond(x.sum() > 0, jnp.tanh, jnp.sin, x)


@pytest.mark.parametrize(
    ("function", "operation"),
    [
        (jax.nn.gelu, "gelu|tanh|integer_pow"),
        (jax.nn.silu, "silu|logistic"),
        (jnp.tanh, "tanh"),
        (jax.nn.sigmoid, "sigmoid|logistic"),
        (jax.nn.leaky_relu, "leaky_relu|select_n"),
        (jax.nn.elu, "elu|select_n|expm1"),
        (jnp.abs, "abs"),
        (jax.nn.relu6, "relu6"),
        (_own, "_own|tanh|custom_jvp_call"),
        (_in_scan, "scan|tanh"),
        (_in_cond, "cond|tanh|gt"),
    ],
    ids=lambda value: getattr(value, "__name__", None) if callable(value) else "",
)
def test_guided_refuses_what_it_does_not_know_by_name(function, operation):
    def model(kernel, x):
        with jax.named_scope("bend"):
            return function(conv(x, kernel))

    net = Network(model, params=weights((3, 3, 3, 2))[0], input_shape=(6, 6, 3))
    x = jnp.asarray(pictures((6, 6, 3)))
    with pytest.raises(
        UnknownOperationError, match=rf"guided backpropagation .*({operation})"
    ) as e:
        net.at(x.shape).run(_pull_back, x, jnp.ones((2, 6, 6, 2)), rules=GUIDED)
    assert "bend" in str(e.value)


def test_guided_takes_relu_inside_a_softmax_classifier():
    """A final softmax lies behind the logits, and is no activation that guiding is about."""

    def model(params, x):
        return jax.nn.softmax(jax.nn.relu(conv(x, params)).mean((1, 2)))

    net = Network(model, params=weights((3, 3, 3, 5))[0], input_shape=(6, 6, 3))

    def gradient(replay, x):
        return jax.grad(lambda x: replay(x, [net.logits.name])[net.logits.name][:, 1].sum())(x)

    x = jnp.asarray(pictures((6, 6, 3)))
    assert np.isfinite(net.at(x.shape).run(gradient, x, rules=GUIDED)).all()
