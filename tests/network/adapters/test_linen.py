"""Linen modules, against Linen's own `capture_intermediates`."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax.traverse_util import flatten_dict

from cnnviz_widgets.network import InputError, ModelError, Network
from tests.models.linen_models import CASES, variables
from tests.models.taps import assert_same, assert_taps, pictures, taps

_ARGUMENTS = {"shared": (False,)}
_KEYWORDS = {"encoder": {"deterministic": True}}


def _case(name: str):
    module, shape = CASES[name]
    return module, shape, variables(module, shape, _ARGUMENTS.get(name, ()))


def _captured(name: str, module: nn.Module, weights, x):
    """The output and every call of every module, the second one as `name_2`."""
    run = jax.jit(
        lambda weights, x: module.apply(
            weights, x, *_ARGUMENTS.get(name, ()), **_KEYWORDS.get(name, {}),
            capture_intermediates=True, mutable=["intermediates"],
        )
    )  # fmt: skip
    output, state = run(weights, x)
    found = {}
    for (*scope, _), values in flatten_dict(state["intermediates"]).items():
        layer = "/".join(scope)
        for number, value in enumerate(values, 1):
            found[layer if number == 1 else f"{layer}_{number}"] = value
    return output, found


@pytest.mark.parametrize("name", CASES)
def test_taps_are_linens_own(name):
    module, shape, weights = _case(name)
    net = Network(module, variables=weights, input_shape=shape)
    x = pictures(shape)
    output, wanted = _captured(name, module, weights, jnp.asarray(x))
    inside = {path: value for path, value in wanted.items() if path in net}
    left_out = {path for path in wanted.keys() - inside.keys() if path}
    assert all("Dropout" in path or "cell" in path for path in left_out), left_out
    assert_taps(net, x, inside)
    assert_same(net(x), output, "the output")
    count = sum(leaf.size for leaf in jax.tree_util.tree_leaves(weights))
    assert net.parameters == sum(layer.parameters for layer in net.layers) == count


def test_modules_and_functions_are_layers_in_order():
    module, shape, weights = _case("pictures")
    net = Network(module, variables=weights, input_shape=shape)
    assert [layer.name for layer in net.layers] == [
        "stem",
        "block/conv1",
        "block/bn1",
        "block/relu",
        "block/conv2",
        "block/add",
        "block/relu_2",
        "depthwise",
        "norm",
        "gelu",
        "max_pool",
        "flatten",
        "head",
    ]
    assert net["block/bn1"].kind == "norm"
    assert net["depthwise"].operation == "depthwise_conv"
    assert net["block"].kind == "block"


def test_reused_module_is_a_layer_for_each_call():
    module, shape, weights = _case("shared")
    net = Network(module, variables=weights, input_shape=shape)
    names = [layer.name for layer in net.layers]
    assert names == ["conv", "relu", "conv_2", "relu_2", "last"]
    assert (net["conv"].parameters, net["conv_2"].parameters) == (84, 0)


def test_hidden_states_equal_a_loop_over_the_cell():
    module, shape, weights = _case("sequence")
    net = Network(module, variables=weights, input_shape=shape)
    found = taps(net, pictures(shape), ["relu", "rnn/states"])
    cell, carry, states = nn.GRUCell(5), jnp.zeros((2, 5)), []
    (own,) = (tree for name, tree in weights["params"].items() if "GRUCell" in name)
    for moment in found["relu"].swapaxes(0, 1):
        carry, _ = cell.apply({"params": own}, carry, jnp.asarray(moment))
        states.append(carry)
    assert_same(found["rnn/states"], np.stack(states), "states")


def test_variables_stay_as_they_are():
    module, shape, weights = _case("pictures")
    before = jax.tree_util.tree_map(np.array, weights)
    net = Network(module, variables=weights, input_shape=shape)
    net(pictures(shape))
    jax.tree_util.tree_map(np.testing.assert_array_equal, before, weights)
    assert module.scope is None


def test_variables_are_needed():
    with pytest.raises(InputError, match=r"needs its variables: .*variables=variables"):
        Network(nn.Dense(3), input_shape=(4,))


class _TwoInputs(nn.Module):
    def __call__(self, left, right, train: bool):
        return left + right if train else left


def test_two_inputs_are_refused():
    with pytest.raises(InputError, match=r"one input, got one with 2: left, right"):
        Network(_TwoInputs(), variables={}, input_shape=(8, 8, 3))


class _Broken(nn.Module):
    def __call__(self, x):
        raise RuntimeError("no luck today")


class _Around(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Sequential([nn.relu, _Broken(name="broken")], name="deep")(x)


def test_failure_names_the_layer():
    with pytest.raises(ModelError, match=r"(?s)in layer '[\w/]*broken'.*no luck today"):
        Network(_Around(), variables={}, input_shape=(8, 8, 3))


def test_a_size_that_weights_do_not_fit_is_refused_in_words():
    module, shape, weights = _case("pictures")
    net = Network(module, variables=weights, input_shape=shape)
    with pytest.raises(InputError, match="'head'"):
        net.batch(np.zeros((20, 20, 5)))
