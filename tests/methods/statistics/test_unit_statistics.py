"""What channels do over many images, against NumPy on the activations themselves."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cnnviz_widgets import methods
from cnnviz_widgets.methods.statistics.unit_statistics import AT_ONCE
from cnnviz_widgets.network import Network
from tests.models.functions import conv, weights
from tests.models.keras_models import keras


@pytest.fixture(scope="module")
def net() -> Network:
    kernel, head = weights((3, 3, 1, 6), (6, 5), seed=1)
    bias = jnp.asarray([0.0, -50.0, 50.0, 0.0, 0.0, 0.0])  # the second is dead, the third always on
    scale = jnp.asarray([1.0, 1.0, 1.0, 1.0, 80.0])  # the last one saturates

    def model(params, x):
        kernel, bias, head, scale = params
        x = jax.nn.relu(conv(x, kernel) + bias[None, None, None])
        x = jnp.tanh(x.mean((1, 2)) @ head * scale[None])
        return jax.nn.softmax(x @ jnp.eye(5))

    return Network(model, params=(kernel, bias, head, scale), input_shape=(7, 6, 1))


@pytest.mark.parametrize("count", [5, AT_ONCE + 3])
def test_they_are_those_of_the_activations(net, count):
    images = np.random.default_rng(0).uniform(size=(count, 7, 6, 1)).astype(np.float32)
    found = {each.operation: each for each in methods.unit_statistics(net, images)}
    assert set(found) == {"relu", "tanh"}
    for each in found.values():
        values = np.asarray(methods.activations(net, images, [each.layer])[each.layer])
        flat = values.reshape(-1, values.shape[-1])
        np.testing.assert_allclose(each.low, flat.min(0), atol=1e-6)
        np.testing.assert_allclose(each.high, flat.max(0), atol=1e-6)
        assert each.values == len(flat)
    assert found["relu"].dead.tolist() == [1]
    assert 2 in found["relu"].always_on
    tanh = found["tanh"]
    values = np.asarray(methods.activations(net, images, [tanh.layer])[tanh.layer])
    np.testing.assert_allclose(tanh.saturated, (abs(values) >= 0.98).mean(0), atol=1e-6)
    assert tanh.always_on.tolist() == []
    assert found["relu"].saturated.tolist() == [0] * 6


def test_an_activation_inside_a_layer_is_one_too(lenient_ranks):
    model = keras.Sequential(
        [
            keras.Input((8,)),
            keras.layers.Dense(4, activation="sigmoid"),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    found = methods.unit_statistics(Network(model), np.zeros((3, 8), np.float32))
    assert [each.operation for each in found] == ["sigmoid"]
    assert found[0].dead.tolist() == [0, 1, 2, 3]  # black pictures all of them
