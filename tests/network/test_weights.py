"""A network with other weights: the same program, another answer, nothing compiled anew."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from flax import nnx

import cnnviz_widgets as cw
from cnnviz_widgets import methods, zoo
from cnnviz_widgets.network import InputError, Network
from tests.compiling import compilations
from tests.models.functions import conv, weights
from tests.models.taps import assert_same, pictures


def _model(params, x):
    x = jax.nn.relu(conv(x, params["conv"]) + params["bias"][None, None, None])
    return x.mean((1, 2)) @ params["head"]


def _params(seed):
    kernel, bias, head = weights((3, 3, 3, 4), (4,), (4, 5), seed=seed)
    return {"conv": kernel, "bias": bias, "head": head}


@pytest.fixture
def net() -> Network:
    return Network(_model, params=_params(0), input_shape=(6, 5, 3))


def test_weights_have_the_frameworks_names_and_belong_to_layers(net):
    assert {name: value.shape for name, value in net.weights.items()} == {
        "bias": (4,), "conv": (3, 3, 3, 4), "head": (4, 5),
    }  # fmt: skip
    owned = {layer.name: net.weights_of(layer.name) for layer in net.layers}
    assert [names for names in owned.values() if names] == [("bias", "conv"), ("head",)]


def test_the_other_network_computes_with_them_and_this_one_stays(net):
    x, other = pictures((6, 5, 3)), _params(1)
    before = np.asarray(net(x))
    changed = net.with_weights(other)
    assert_same(changed(x), _model(other, jnp.asarray(x)))
    np.testing.assert_array_equal(net(x), before)
    half = net.with_weights({"head": other["head"]})
    assert_same(half(x), _model({**_params(0), "head": other["head"]}, jnp.asarray(x)))


def test_nothing_is_compiled_anew(net):
    x = pictures((6, 5, 3))
    changed = net.with_weights(_params(1))
    methods.saliency(net, x, target=0)
    changed = net.with_weights(_params(1))
    methods.saliency(changed, x, target=0)  # the first one may convert weights
    with compilations() as compiled:
        methods.saliency(net.with_weights(_params(2)), x, target=0)
    assert compiled == []


def test_a_shape_met_later_is_traced_with_the_new_weights(net):
    other = _params(1)
    changed, x = net.with_weights(other), pictures((6, 5, 3), 7)
    assert_same(changed(x), _model(other, jnp.asarray(x)))


def test_modules_keep_their_weights():
    class Small(nn.Module):
        @nn.compact
        def __call__(self, x):
            return nn.Dense(2)(nn.Conv(3, (3, 3))(x).mean((1, 2)))

    x = pictures((6, 5, 3))
    variables = Small().init(jax.random.key(0), jnp.asarray(x))
    net = Network(Small(), variables=variables, input_shape=(6, 5, 3))
    changed = net.with_weights({"params/Dense_0/bias": np.ones(2)})
    assert_same(changed(x) - net(x), np.ones((2, 2)))

    linear = nnx.Linear(3, 2, rngs=nnx.Rngs(0))
    net = Network(linear, input_shape=(3,))
    changed = net.with_weights({"bias": np.ones(2)})
    assert_same(changed(np.ones(3)) - net(np.ones(3)), np.ones((1, 2)))
    np.testing.assert_array_equal(np.asarray(linear.bias), 0)


def test_keras_models_keep_their_weights(lenient_ranks):
    model = keras.Sequential([keras.layers.Input((6, 5, 3)), keras.layers.Flatten()])
    model.add(keras.layers.Dense(2, name="head"))
    net, x = Network(model), pictures((6, 5, 3))
    before = np.asarray(net(x))
    changed = net.with_weights({net.weights_of("head")[-1]: np.ones(2)})
    assert_same(np.asarray(changed(x)) - before, np.ones((2, 2)))
    np.testing.assert_array_equal(net(x), before)
    np.testing.assert_array_equal(model.get_layer("head").bias, 0)


def test_values_derived_from_weights_follow_them():
    """The scale of a batch norm is computed once from its statistics."""
    bundle = zoo.pretrained("photos")
    net, x = cw.load("photos"), pictures((32, 32, 3), 1)
    before = np.asarray(net(x))
    definition, state = nnx.split(bundle.module)
    state = jax.tree_util.tree_map_with_path(
        lambda path, value: value * (4 if "bn1" in str(path) and "var" in str(path) else 1), state
    )
    module = nnx.merge(definition, state)
    wanted = Network(module, input_shape=bundle.input_shape, preprocess=bundle.preprocess)(x)
    assert_same(net.with_weights({"bn1/var": 4 * net.weights["bn1/var"]})(x), wanted)
    np.testing.assert_array_equal(net(x), before)
    assert np.abs(np.asarray(wanted) - before).max() > 1e-3


def test_names_and_shapes_are_checked(net):
    with pytest.raises(InputError, match="did you mean 'conv'"):
        net.with_weights({"conv1": np.zeros((3, 3, 3, 4))})
    with pytest.raises(InputError, match=r"'head' of shape \(4, 5\), got \(5, 4\)"):
        net.with_weights({"head": np.zeros((5, 4))})
    with pytest.raises(KeyError, match="did you mean"):
        net.weights_of("convolution")
