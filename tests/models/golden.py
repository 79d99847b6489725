"""The networks of tests/golden/make_networks.py, and what other libraries give for them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from cnnviz_widgets.network import Network
from tests.models.functions import conv

FOLDER = Path(__file__).parent.parent / "golden"


def golden(name: str) -> dict[str, np.ndarray]:
    """The arrays of a file."""
    with np.load(FOLDER / f"{name}.npz") as found:
        return dict(found)


NETWORKS = golden("networks")
X, START, SEGMENTS = (NETWORKS[name] for name in ("x", "start", "segments"))
TARGET = NETWORKS["target"].tolist()


def _window(x: jax.Array, start: float, function: Callable[..., jax.Array]) -> jax.Array:
    return lax.reduce_window(x, start, function, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def _plain(p: dict[str, jax.Array], x: jax.Array) -> jax.Array:
    x = jax.nn.relu(conv(x, p["conv1.weight"]) + p["conv1.bias"])
    x = conv(_window(x, -jnp.inf, lax.max), p["conv2.weight"]) + p["conv2.bias"]
    return jax.nn.relu(x).mean((1, 2)) @ p["head.weight"] + p["head.bias"]


def _residual(p: dict[str, jax.Array], x: jax.Array) -> jax.Array:
    relu = jax.nn.relu  # one function for every use
    first = conv(x, p["conv1.weight"]) + p["conv1.bias"]
    scale = p["norm.weight"] / jnp.sqrt(p["norm.running_var"] + 1e-5)
    first = relu((first - p["norm.running_mean"]) * scale + p["norm.bias"])
    second = relu(first + (conv(first, p["conv2.weight"]) + p["conv2.bias"]))
    joined = jnp.concatenate([first, second], -1).mean((1, 2))
    return joined @ p["head.weight"] + p["head.bias"]


def _dense(p: dict[str, jax.Array], x: jax.Array) -> jax.Array:
    x = jax.nn.relu(conv(x, p["conv1.weight"]) + p["conv1.bias"])
    x = _window(x, 0.0, lax.add) / 4
    x = x.transpose(0, 3, 1, 2).reshape(len(x), -1)  # the weights are in this order
    x = jax.nn.relu(x @ p["dense.weight"] + p["dense.bias"])
    return x @ p["head.weight"] + p["head.bias"]


MODELS: dict[str, Any] = {"plain": _plain, "residual": _residual, "dense": _dense}


def network(name: str) -> Network:
    """One of them."""
    own = {key.split("/")[1]: value for key, value in NETWORKS.items() if key.startswith(name)}
    params = {key: value for key, value in own.items() if "." in key}
    return Network(MODELS[name], params=params, input_shape=(12, 10, 3))


def apart(got: np.ndarray, wanted: np.ndarray) -> float:
    """The largest error in units of the largest value."""
    assert got.shape == wanted.shape
    return float(np.abs(got - wanted).max() / np.abs(wanted).max())
