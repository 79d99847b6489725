"""A layer in a few groups: its channels, taken together as they occur together.

Hundreds of channels are more than a person can look at. Non-negative factorisation finds a few
directions whose sums give the layer's values, and says where in the image each of them is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float32

from ...network import InputError, Network
from ..activations import activations
from ..checks import check_count
from ..objectives import Objective, directions


@dataclass(frozen=True)
class Factors:
    """A layer's values as the sum of a few groups.

    Attributes:
        layer: its name.
        maps: float32 (N, H, W, K), from 0: how much of each group is where; 1 at its strongest.
        directions: float32 (K, C), from 0: what the group is made of. The strongest group is first.
        error: length of what the groups do not explain, as a share of the whole, 0 to 1.
        notes: what a reader should know.
    """

    layer: str
    maps: Float32[np.ndarray, "n h w k"]
    directions: Float32[np.ndarray, "k c"]
    error: float
    notes: tuple[str, ...] = ()

    def objectives(self, cosine_power: float = 1.0) -> list[Objective]:
        """One for each group, for `ascend`: the picture of what the group looks for."""
        return directions(self.layer, self.directions, cosine_power=cosine_power)


def factorise(
    net: Network,
    x: Any,
    *,
    layer: str,
    groups: int = 6,
    iterations: int = 300,
    seed: int = 0,
    key: jax.Array | None = None,
) -> Factors:
    """Take a layer's values for images apart into a few groups of channels.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        layer: its name; one with places.
        groups: how many, at most as many as there are channels.
        iterations: multiplicative updates, none of which makes the error larger.
        seed: of the random numbers.
        key: a JAX key in place of `seed`.

    Returns:
        The groups. Negative values of the layer count as zero, and a note says so.

    Raises:
        InputError: if `x` is not what the network takes, a number is out of range, or the layer
            has no places or is zero.
        UnknownLayerError: if there is no such layer.

    References:
        Lee and Seung 2001, Algorithms for non-negative matrix factorization.
        Olah et al. 2018, https://distill.pub/2018/building-blocks.

    Example:
        >>> found = factorise(net, cw.image("cat")[:128, :128], layer="relu_4", groups=4)
        >>> *_, last = ascend(net, found.objectives())
    """
    check_count("groups", groups)
    check_count("iterations", iterations)
    values = np.asarray(activations(net, x, [layer])[layer], np.float32)
    if values.ndim != 4:
        raise InputError(
            f"expected a layer with rows and columns, {layer!r} has {values.shape[1:]}."
        )
    if groups > values.shape[-1]:
        raise InputError(
            f"expected groups from 1 to the {values.shape[-1]} channels of {layer}, got {groups}."
        )
    notes = ("Negative values of the layer count as zero.",) if values.min() < 0 else ()
    flat = np.maximum(values, 0).reshape(-1, values.shape[-1])
    scale = float(flat.max())
    if scale == 0:
        raise InputError(f"{layer!r} is zero everywhere for these images: nothing to take apart.")
    key = jax.random.key(seed) if key is None else key
    where, what = (np.array(part) for part in _factors(flat / scale, key, groups, iterations))
    error = float(np.linalg.norm(flat / scale - where @ what) / np.linalg.norm(flat / scale))
    tallest = np.maximum(where.max(0), 1e-12)
    where, what = where / tallest, what * tallest[:, None] * scale
    order = np.argsort(-np.linalg.norm(where, axis=0) * np.linalg.norm(what, axis=1))
    maps = where[:, order].reshape(*values.shape[:-1], groups)
    return Factors(layer, maps.astype(np.float32), what[order].astype(np.float32), error, notes)


@partial(jax.jit, static_argnums=2)
def _factors(
    values: Float[Array, "p c"], key: jax.Array, groups: int, iterations: Any
) -> tuple[Float[Array, "p k"], Float[Array, "k c"]]:
    first, second = jax.random.split(key)
    size = jnp.sqrt(values.mean() / groups)
    where = size * jax.random.uniform(first, (values.shape[0], groups), minval=0.1)
    what = size * jax.random.uniform(second, (groups, values.shape[1]), minval=0.1)

    def update(_: Any, parts: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        where, what = parts
        what = what * (where.T @ values) / (where.T @ where @ what + 1e-9)
        where = where * (values @ what.T) / (where @ (what @ what.T) + 1e-9)
        return where, what

    return jax.lax.fori_loop(0, iterations, update, (where, what))
