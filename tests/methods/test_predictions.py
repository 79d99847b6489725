"""Class probabilities, whatever the model ends in."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from cnnviz_widgets.methods import probabilities
from cnnviz_widgets.network import Network
from tests.models.functions import conv, weights
from tests.models.taps import assert_same, pictures

_ENDS = {
    "softmax": (jax.nn.softmax, jax.nn.softmax),
    "log_softmax": (jax.nn.log_softmax, jax.nn.softmax),
    "logits": (lambda z: z, jax.nn.softmax),
    "sigmoid": (jax.nn.sigmoid, jax.nn.sigmoid),
    "by hand": (lambda z: jnp.exp(z) / jnp.exp(z).sum(-1, keepdims=True), jax.nn.softmax),
    "halves": (lambda z: jax.nn.softmax(z.astype(jnp.bfloat16)), jax.nn.softmax),
}


@pytest.mark.parametrize("end", _ENDS)
def test_probabilities_are_the_models_own_or_the_softmax_of_its_logits(end):
    final, wanted = _ENDS[end]
    params = weights((3, 3, 3, 8), (8, 5))

    def scores(params, x):
        return 3 * jax.nn.relu(conv(x, params[0])).mean((1, 2)) @ params[1]

    net = Network(lambda p, x: final(scores(p, x)), params=params, input_shape=(8, 8, 3))
    x = pictures((8, 8, 3), 3)
    found = probabilities(net, x)
    assert found.shape == (3, 5)
    assert_same(
        found, wanted(scores(params, jnp.asarray(x))), tolerance=1e-2 if end == "halves" else 2e-5
    )


def test_digits_are_what_the_model_says(digits):
    x = pictures((28, 28, 1), 3)
    found = np.asarray(probabilities(digits, x))
    np.testing.assert_allclose(found, digits(x), atol=1e-6)
    np.testing.assert_allclose(found.sum(1), 1, rtol=1e-5)
