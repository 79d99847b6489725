"""A tiny network, and a linear one, whose metrics have closed forms."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import cnnviz_widgets as cw
from cnnviz_widgets.network import Network
from tests.models.functions import conv, weights
from tests.models.taps import pictures

SIZE = (6, 5, 3)


def model(params, x):
    kernel, head = params
    return jax.nn.relu(conv(x - 0.5, kernel)).mean((1, 2)) @ head


@pytest.fixture(scope="package")
def net() -> Network:
    params = weights((3, 3, 3, 6), (6, 4))
    params[1] = 8 * params[1]  # so that probabilities differ
    return Network(model, params=params, input_shape=SIZE, classes=list("abcd"))


@pytest.fixture(scope="package")
def images() -> np.ndarray:
    return pictures(SIZE, 3)


@pytest.fixture(scope="package")
def maps() -> np.ndarray:
    return np.random.default_rng(5).normal(size=(3, *SIZE[:2])).astype(np.float32)


@pytest.fixture(scope="package")
def matrix() -> np.ndarray:
    return np.random.default_rng(1).normal(size=(int(np.prod(SIZE)), 3)).astype(np.float32)


@pytest.fixture(scope="package")
def linear(matrix) -> Network:
    return Network(
        lambda p, x: x.reshape(len(x), -1) @ p, params=jnp.asarray(matrix), input_shape=SIZE
    )


@pytest.fixture(scope="session")
def photos() -> Network:
    return cw.load("photos")
