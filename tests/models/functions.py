"""Models as plain functions `fn(params, x)`: Equinox, channels first, loops, custom gradients."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax


@dataclass
class Case:
    """A function with its parameters and the shape of one example."""

    function: Callable[[Any, jax.Array], Any]
    params: Any
    shape: tuple[int, ...]


class EquinoxCNN(eqx.Module):
    """Equinox works on one example with channels first."""

    conv1: eqx.nn.Conv2d
    conv2: eqx.nn.Conv2d
    pool: eqx.nn.MaxPool2d
    head: eqx.nn.Linear

    def __init__(self, key: jax.Array):
        keys = jax.random.split(key, 3)
        self.conv1 = eqx.nn.Conv2d(3, 4, 3, key=keys[0])
        self.conv2 = eqx.nn.Conv2d(4, 4, 3, dilation=2, groups=2, key=keys[1])
        self.pool = eqx.nn.MaxPool2d(2, 2)
        self.head = eqx.nn.Linear(4, 5, key=keys[2])

    def steps(self, x: jax.Array) -> dict[str, jax.Array]:
        """What every step gives for one example (C, H, W)."""
        s = {"conv1": self.conv1(x)}
        s["relu"] = jax.nn.relu(s["conv1"])
        s["pool"] = self.pool(s["relu"])
        s["conv2"] = self.conv2(s["pool"])
        s["gelu"] = jax.nn.gelu(s["conv2"])
        s["mean"] = s["gelu"].mean((1, 2))
        s["head"] = self.head(s["mean"])
        return s

    def __call__(self, x: jax.Array) -> jax.Array:
        return self.steps(x)["head"]


def equinox() -> tuple[EquinoxCNN, Case]:
    """The model itself, and the case that a user would make of it."""
    random = np.random.default_rng(0)
    shapes = eqx.filter_eval_shape(EquinoxCNN, jax.random.key(0))
    model = jax.tree_util.tree_map(
        lambda leaf: (
            jnp.asarray(random.normal(0.1, 0.3, leaf.shape), jnp.float32)
            if isinstance(leaf, jax.ShapeDtypeStruct)
            else leaf
        ),
        shapes,
    )
    params, rest = eqx.partition(model, eqx.is_array)

    def function(params: Any, x: jax.Array) -> jax.Array:
        return jax.vmap(eqx.combine(params, rest))(jnp.moveaxis(x, -1, 1))

    return model, Case(function, params, (12, 14, 3))


def weights(*shapes: tuple[int, ...], seed: int = 0) -> list[jax.Array]:
    """Normal weights, scaled to keep the size of what passes."""
    random = np.random.default_rng(seed)
    return [
        jnp.asarray(random.normal(0, 1 / np.sqrt(np.prod(s[:-1]) or 1), s), jnp.float32)
        for s in shapes
    ]


def conv(x: jax.Array, kernel: jax.Array, **options: Any) -> jax.Array:
    """A convolution NHWC by HWIO."""
    options = {"window_strides": (1, 1), "padding": "SAME"} | options
    return lax.conv_general_dilated(
        x, kernel, dimension_numbers=("NHWC", "HWIO", "NHWC"), **options
    )


@jax.custom_vjp
def clipped(x: jax.Array) -> jax.Array:
    """The identity, with a gradient of at most a tenth."""
    return x


clipped.defvjp(lambda x: (x, None), lambda _, g: (jnp.clip(g, -0.1, 0.1),))


def _loops(params: Any, x: jax.Array) -> jax.Array:
    """A scan whose states pile up, a while loop, a condition on the data."""
    first, again, last = params
    x = jax.nn.relu(conv(x, first))

    def step(carry: jax.Array, _: None) -> tuple[jax.Array, jax.Array]:
        carry = jnp.tanh(conv(carry, again))
        return carry, carry.mean((1, 2))

    x, means = lax.scan(step, x, None, length=3)
    x = lax.while_loop(lambda c: c[0] < 2, lambda c: (c[0] + 1, c[1] * 0.5 + 0.1), (0, x))[1]
    x = lax.cond(x.sum() > 0, lambda x: x, lambda x: -x, x)
    return (x.mean((1, 2)) + means.sum(0)) @ last


def _wrapped(params: Any, x: jax.Array) -> jax.Array:
    """What changes how a thing is computed, and not what: jit, remat, custom gradients."""
    first, second, last = params
    x = jax.jit(lambda x: jax.nn.relu(conv(x, first)))(x)
    x = jax.checkpoint(lambda x: jax.nn.silu(conv(clipped(x), second)))(x)
    return jax.jit(jax.jit(lambda x: x.mean((1, 2)) @ last))(x)


def _closed_over() -> Callable[[Any, jax.Array], jax.Array]:
    table = np.linspace(-1, 1, 64 * 64 * 3, dtype=np.float32).reshape(1, 64, 64, 3)
    return lambda params, x: conv(x + table, params)


def _two_outputs(params: Any, x: jax.Array) -> dict[str, jax.Array]:
    y = conv(x, params)
    return {"map": y, "mean": y.mean((1, 2))}


CASES: dict[str, Case] = {
    "loops": Case(_loops, weights((3, 3, 3, 4), (3, 3, 4, 4), (4, 2)), (8, 10, 3)),
    "wrapped": Case(_wrapped, weights((3, 3, 3, 4), (3, 3, 4, 6), (6, 2)), (8, 10, 3)),
    "closed over": Case(_closed_over(), weights((3, 3, 3, 2))[0], (64, 64, 3)),
    "two outputs": Case(_two_outputs, weights((3, 3, 3, 4))[0], (8, 8, 3)),
}
