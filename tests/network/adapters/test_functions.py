"""Functions `fn(params, x)`, against the functions themselves."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cnnviz_widgets import methods
from cnnviz_widgets.network import InputError, ModelError, Network
from tests.models import functions
from tests.models.functions import CASES, conv, weights
from tests.models.taps import assert_same, pictures, taps


def _network(case: functions.Case, **options) -> Network:
    return Network(case.function, params=case.params, input_shape=case.shape, **options)


def test_equinox_taps_are_its_own_and_come_with_channels_first():
    model, case = functions.equinox()
    net = _network(case)
    x = pictures(case.shape)
    wanted = jax.jit(jax.vmap(model.steps))(jnp.moveaxis(x, -1, 1))
    steps = [layer for layer in net.layers if layer.kind not in ("reshape",)]
    assert [layer.kind for layer in steps] == [
        "conv", "activation", "pool", "conv", "activation", "reduce", "dense"
    ]  # fmt: skip
    names = dict(
        zip([layer.name for layer in steps],
            ["conv1", "relu", "pool", "conv2", "gelu", "mean", "head"], strict=True)
    )  # fmt: skip
    found = taps(net, x, tuple(names))
    for name, step in names.items():
        assert_same(found[name], wanted[step], step)
        assert net[name].shape == wanted[step].shape[1:]
    first = steps[0].name
    assert net[first].channel == 0
    assert net[first].spatial == (1, 2)
    last = methods.activations(net, x, [first])[first]
    assert_same(last, np.moveaxis(wanted["conv1"], 1, -1), "channels last")
    assert_same(net(x), wanted["head"], "the output")
    count = sum(leaf.size for leaf in jax.tree_util.tree_leaves(eqx.filter(model, eqx.is_array)))
    assert net.parameters == count


@pytest.mark.parametrize("name", CASES)
def test_output_is_the_functions_own(name):
    case = CASES[name]
    x = pictures(case.shape)
    wanted = jax.jit(case.function)(case.params, jnp.asarray(x))
    jax.tree_util.tree_map(assert_same, _network(case)(x), wanted)


def test_loops_and_conditions_are_layers():
    net = _network(CASES["loops"])
    kinds = [layer.kind for layer in net.layers]
    assert {"conv", "recurrent", "loop", "condition", "dense"} <= set(kinds)
    recurrent = next(layer for layer in net.layers if layer.kind == "recurrent")
    assert [part.operation for part in recurrent.parts] == ["carry", "states"]
    first, again, _ = CASES["loops"].params
    x = pictures(net.input_shape)
    state, means = jax.nn.relu(conv(jnp.asarray(x), first)), []
    for _ in range(3):
        state = jnp.tanh(conv(state, again))
        means.append(state.mean((1, 2)))
    carry, states = (part.name for part in recurrent.parts)
    found = taps(net, x, [carry, states])
    assert_same(found[carry], state, "the last state")
    assert_same(found[states], np.stack(means), "the states")


def test_wrappers_are_laid_flat():
    net = _network(CASES["wrapped"])
    operations = [layer.operation for layer in net.layers]
    assert [name for name in operations if name in ("conv", "relu", "silu", "dense")] == [
        "conv", "relu", "conv", "silu", "dense"
    ]  # fmt: skip


def test_params_stay_as_they_are_and_names_come_from_scopes():
    def function(params, x):
        with jax.named_scope("stage"):
            with jax.named_scope("conv"):
                x = conv(x, params["kernel"])
            return jax.nn.relu(x)

    params = {"kernel": np.ones((3, 3, 3, 2), np.float32)}
    net = Network(function, params=params, input_shape=(8, 8, 3))
    assert [layer.name for layer in net.layers] == ["stage/conv", "stage/relu"]
    params["kernel"][:] = 0
    assert np.asarray(net(np.ones((8, 8, 3)))).any()


def test_no_params():
    net = Network(lambda _, x: jax.nn.relu(x - 0.5), input_shape=(4, 4, 1))
    x = pictures((4, 4, 1))
    assert_same(net(x), np.maximum(x - 0.5, 0))
    assert net.parameters == 0


def test_more_arguments_are_refused():
    with pytest.raises(InputError, match=r"fn\(params, x\), got one with 3 arguments"):
        Network(lambda params, x, y: x + y + params, params=1, input_shape=(4, 4, 1))


def test_params_that_are_no_arrays_are_refused():
    with pytest.raises(InputError, match=r"got str at 'name'.*eqx.partition"):
        Network(lambda params, x: x, params={"name": "x"}, input_shape=(4, 4, 1))


def test_function_with_nothing_to_read_is_refused():
    with pytest.raises(InputError):
        Network(lambda params, x: x, input_shape=(4, 4, 1))
    with pytest.raises(InputError):
        Network(lambda params, x: params, params=jnp.ones(3), input_shape=(4, 4, 1))


def test_failure_says_why():
    def function(params, x):
        raise RuntimeError("no luck today")

    with pytest.raises(ModelError, match="no luck today"):
        Network(function, input_shape=(4, 4, 1))


def test_model_of_an_unknown_kind_is_refused():
    with pytest.raises(InputError, match=r"expected a flax\.nnx\.Module.* got builtins\.int"):
        Network(3, input_shape=(4, 4, 1))


def test_channels_mix_is_seen_as_dense():
    (kernel,) = weights((6, 4))
    net = Network(
        lambda w, x: jnp.einsum("nhwc,cd->nhwd", x, w), params=kernel, input_shape=(5, 5, 6)
    )
    assert net.layers[-1].kind == "dense"
    assert net.layers[-1].shape == (5, 5, 4)
