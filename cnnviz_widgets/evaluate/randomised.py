"""A network with weights drawn anew, from the top down or layer by layer.

How a framework initialised its weights is not to be seen in them. So a kernel is drawn from a
normal distribution with the mean and the deviation that it has, and what has one axis only
(biases, scales, running statistics) is shuffled: signals keep about their size, a variance stays
positive, and nothing that was learnt is left.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ..network import InputError, Network
from .judged import check_whole


def layers_with_weights(net: Network) -> tuple[str, ...]:
    """Names of the layers that have weights to draw anew, from the top (the logits) down."""
    names = [layer.name for layer in net.layers if net.weights_of(layer.name)]
    return tuple(reversed(names))


def randomised(
    net: Network,
    *,
    layers_from_top: int | None = None,
    layer: str | None = None,
    seed: int = 0,
    key: jax.Array | None = None,
) -> Network:
    """The network with weights drawn anew. The user's network and model are not changed.

    Kernels are drawn from a normal distribution of their own mean and deviation; biases, scales
    and running statistics are shuffled. A weight gets the same draw whatever else is drawn.

    Args:
        net: the network.
        layers_from_top: how many layers with weights, from the logits down (cascading); all of
            them if neither this nor `layer` is given.
        layer: the one layer to draw (independent).
        seed: of the random numbers.
        key: a JAX key in place of `seed`.

    Returns:
        A network that shares all that is compiled with `net`.

    Raises:
        InputError: if both are given, there are not as many layers, or the layer has no weights.
        KeyError: if there is no such layer.

    References:
        Adebayo, Gilmer, Muelly, Goodfellow, Hardt and Kim 2018, https://arxiv.org/abs/1810.03292.
    """
    known = layers_with_weights(net)
    if layer is not None:
        if layers_from_top is not None:
            raise InputError("expected layers_from_top or layer, got both. Leave one out.")
        if net[layer].name not in known:
            raise InputError(
                f"expected a layer with weights, got {layer!r}: one of {', '.join(known)}."
            )
        chosen: tuple[str, ...] = (layer,)
    else:
        count = len(known) if layers_from_top is None else layers_from_top
        check_whole("layers_from_top", count, 0, len(known))
        chosen = known[:count]
    key = jax.random.key(seed) if key is None else key
    weights = net.weights
    numbers = {name: number for number, name in enumerate(weights)}
    start = [int(each) for each in np.asarray(jax.random.key_data(key)).ravel()]
    names = [name for each in chosen for name in net.weights_of(each)]
    return net.with_weights(
        {name: _drawn(weights[name], [*start, numbers[name]]) for name in names}
    )


def _drawn(weight: Any, seed: list[int]) -> np.ndarray:
    # NumPy draws, as JAX would compile something for every shape
    random = np.random.default_rng(seed)
    values = np.asarray(weight)
    if not jnp.issubdtype(values.dtype, jnp.floating):
        return values  # a counter, not a weight
    if sum(size > 1 for size in values.shape) < 2:
        return random.permutation(values.ravel()).reshape(values.shape)
    wide = values.astype(np.float32)
    drawn = wide.mean() + wide.std() * random.standard_normal(values.shape, np.float32)
    return drawn.astype(values.dtype)
