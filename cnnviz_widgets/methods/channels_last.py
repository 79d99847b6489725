"""A layer's values with the batch first, then places, then channels, whatever the model uses."""

from __future__ import annotations

import jax.numpy as jnp
from jaxtyping import Array, Num

from ..network import Layer


def channels_last(value: Num[Array, " *any"], layer: Layer) -> Num[Array, "n ..."]:
    """Bring what a model calls NCHW, or time first, to (N, places…, C).

    Args:
        value: of `layer`, as the framework gives it.
        layer: says which axis is which; axes of unknown meaning stay between places and channels.
    """
    value = jnp.moveaxis(value, layer.batch or 0, 0)
    if layer.together > 1:
        value = value.reshape(-1, layer.together, *value.shape[1:])
    named = [*layer.spatial, *([] if layer.channel is None else [layer.channel])]
    rest = [axis for axis in range(value.ndim - 1) if axis not in named]
    last = [] if layer.channel is None else [layer.channel]
    order = [*layer.spatial, *rest, *last]
    return jnp.transpose(value, (0, *(axis + 1 for axis in order)))


def with_a_row(value: Num[Array, "n ..."], layer: Layer) -> Num[Array, "n ..."]:
    """Values with channels last as maps: those of a sequence, (N, T, C), have one row.

    A layer without channels has one map.
    """
    if layer.channel is None and value.ndim == 1 + len(layer.spatial):
        value = value[..., None]
    return value[:, None] if value.ndim == 3 else value
