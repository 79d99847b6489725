"""NNX modules, against the same modules run by hand and against `nnx.capture`."""

from concurrent.futures import ThreadPoolExecutor

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from cnnviz_widgets.network import InputError, ModelError, Network
from tests.models import nnx_models
from tests.models.nnx_models import MODELS, made, reference
from tests.models.taps import assert_same, assert_taps, pictures, taps


def _weights(module: nnx.Module) -> list[np.ndarray]:
    state = nnx.state(module, (nnx.Param, nnx.BatchStat))
    return [np.array(leaf) for leaf in jax.tree_util.tree_leaves(state)]


@pytest.mark.parametrize("name", MODELS)
def test_every_step_is_a_layer_with_the_models_own_value(name):
    cls = MODELS[name]
    model = made(cls)
    net = Network(model, input_shape=cls.shape)
    x = pictures(cls.shape)
    wanted = reference(model, x)
    assert_taps(net, x, wanted, cls.tolerance)
    assert_same(net(x), wanted[net.layers[-1].name], "the output", cls.tolerance)
    count = sum(weight.size for weight in _weights(model))
    assert net.parameters == sum(layer.parameters for layer in net.layers) == count


@pytest.mark.parametrize("name", ["Inception", "Reused", "Convolutions"])
def test_layers_are_the_steps_in_their_order(name):
    cls = MODELS[name]
    model = made(cls)
    net = Network(model, input_shape=cls.shape)
    assert [layer.name for layer in net.layers] == model.names(pictures(cls.shape))


@pytest.mark.skipif(not hasattr(nnx, "capture"), reason="older Flax has nothing to compare with")
def test_taps_equal_nnx_capture():
    model = made(nnx_models.Residual)
    net = Network(model, input_shape=model.shape)
    x = pictures(model.shape)
    copy = nnx.clone(model)
    copy.eval()
    _, found = nnx.capture(copy, nnx.Intermediate, method_outputs=nnx.Intermediate)(jnp.asarray(x))
    captured = {
        "/".join(str(part) for part in path[:-1]): value[0]
        for path, value in nnx.to_flat_state(found)
        if path[-1] == "__call__" and path[:-1] and "drop" not in path
    }
    captured = {name: getattr(value, "value", value) for name, value in captured.items()}
    assert {"stem", "blocks/0", "blocks/1/bn2", "head"} <= captured.keys()
    assert_taps(net, x, captured)


def test_hidden_states_equal_a_loop_over_the_cell():
    model = made(nnx_models.Sequence)
    net = Network(model, input_shape=model.shape)
    x = pictures(model.shape)
    found = taps(net, x, ["max_pool", "rnn/states", "rnn/carry"])
    cell = model.rnn.cell
    carry, states = jnp.zeros((2, 4)), []
    for moment in found["max_pool"].swapaxes(0, 1):
        carry, _ = cell(carry, jnp.asarray(moment))
        states.append(carry)
    assert net["rnn"].kind == "recurrent"
    assert_same(found["rnn/states"], np.stack(states), "states")
    assert_same(found["rnn/carry"], carry, "last state")


def test_attention_is_a_block_with_its_map():
    model = made(nnx_models.Attention)
    net = Network(model, input_shape=model.shape)
    block = net["attention"]
    assert block.kind == "attention"
    assert {"attention/query", "attention/softmax", "attention/out"} <= {
        part.name for part in block.parts
    }
    weights = taps(net, pictures(model.shape), ["attention/softmax"])["attention/softmax"]
    assert weights.size == 2 * 3 * 4 * 4  # examples, heads, tokens by tokens
    np.testing.assert_allclose(weights.sum(-1), 1, rtol=1e-5)


def test_model_stays_as_it_is():
    model = made(nnx_models.Residual)
    model.train()
    types = [type(found) for _, found in nnx.iter_graph(model)]
    before = _weights(model)
    net = Network(model, input_shape=model.shape)
    x = pictures(model.shape)
    first = net(x)
    assert [type(found) for _, found in nnx.iter_graph(model)] == types
    assert not model.blocks[0].bn1.use_running_average
    assert not model.blocks[0].drop.deterministic
    for old, new in zip(before, _weights(model), strict=True):
        np.testing.assert_array_equal(old, new)
    np.testing.assert_array_equal(net(x), first)  # and there is no dropout
    assert not np.allclose(model(jnp.asarray(x)), first)  # which the caller's model still has


def test_batch_norm_uses_running_statistics():
    """So that an example's value does not depend on its company."""
    model = made(nnx_models.Residual)
    net = Network(model, input_shape=model.shape)
    x = pictures(model.shape, count=3)
    assert_same(
        taps(net, x, ["blocks/1"])["blocks/1"][:1], taps(net, x[:1], ["blocks/1"])["blocks/1"]
    )


def test_threads_may_trace_at_once():
    models = [made(MODELS[name], seed) for seed in range(2) for name in ("Reused", "Inception")]

    def layers(model):
        net = Network(model, input_shape=model.shape)
        return [(layer.name, layer.shape) for layer in net.layers]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(layers, models * 4))
    alone = [layers(model) for model in models]
    assert found == alone * 4


def test_lists_of_modules_with_functions_among_them():
    model = nnx.Sequential(
        nnx.Conv(3, 4, (3, 3), rngs=nnx.Rngs(0)), nnx.relu, nnx.Conv(4, 2, (1, 1), rngs=nnx.Rngs(1))
    )
    net = Network(model, input_shape=(8, 8, 3))
    assert [layer.kind for layer in net.layers] == ["conv", "activation", "conv"]
    x = pictures((8, 8, 3))
    names = [layer.name for layer in net.layers]
    assert_same(taps(net, x, names)[names[0]], model.layers[0](jnp.asarray(x)))


class _TwoInputs(nnx.Module):
    def __call__(self, left, right):
        return left + right


def test_two_inputs_are_refused():
    with pytest.raises(InputError, match=r"one input, got one with 2: left, right"):
        Network(_TwoInputs(), input_shape=(8, 8, 3))


class _Broken(nnx.Module):
    def __init__(self, error):
        self.error = error

    def __call__(self, x):
        raise self.error


class _Around(nnx.Module):
    def __init__(self, error):
        self.conv = nnx.Conv(3, 4, (3, 3), rngs=nnx.Rngs(0))
        self.deep = nnx.Sequential(_Broken(error))

    def __call__(self, x):
        return self.deep(self.conv(x))


@pytest.mark.parametrize("error", [RuntimeError("no luck"), ValueError("no luck")])
def test_failure_names_the_layer(error):
    with pytest.raises(ModelError, match=r"(?s)in layer 'deep/layers/0'.*no luck"):
        Network(_Around(error), input_shape=(8, 8, 3))


def test_variables_do_not_go_with_a_module():
    with pytest.raises(InputError, match=r"variables= does not go with a flax.nnx.Module"):
        Network(made(nnx_models.Volume), input_shape=(6, 7, 8, 2), variables={})


class _Dropped(nnx.Module):
    def __init__(self, rngs):
        self.dense = nnx.Linear(4, 2, rngs=rngs)
        self.drop = nnx.Dropout(0.5, rngs=rngs)

    def __call__(self, x):
        return self.drop(self.dense(x))


def test_keys_of_random_streams_are_no_weights():
    model = _Dropped(nnx.Rngs(0))
    net = Network(model, input_shape=(4,))
    assert set(net.weights) == {"dense/kernel", "dense/bias"}
    x = np.ones((2, 4), np.float32)
    assert_same(net.refreshed(model)(x), model.dense(jnp.asarray(x)), "the output")
