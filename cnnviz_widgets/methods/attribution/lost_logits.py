"""What each place of a layer adds to each class: the logits that are lost without it.

A direct measurement: the value at the place is set to zero, and the rest of the network is run
again. No gradient, so that it holds for any network.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float32, Int32, Num

from ...network import Network, Replay
from .method import all_scores, value_batch


def lost_logits(
    net: Network, x: Any, *, layer: str, places: Sequence[int]
) -> Float32[np.ndarray, "p k"]:
    """The logits of all classes that are lost when a layer gives zero at a place.

    Args:
        net: the network.
        x: one image, HWC, uint8 or float in [0, 1].
        layer: its name.
        places: numbers of the layer's places, row by row; 0 for a layer without places.

    Returns:
        For each place and class: the logit of the whole less that without the place.

    Raises:
        InputError: if `x` is not what the network takes.
        UnknownLayerError: if there is no such layer.
    """
    name, logits = net[layer].name, net.logits.name
    batch = value_batch(net, x)
    value, own = net.at(batch.shape).run(_value, batch, layer=name, logits=logits)
    wanted = np.asarray(places, np.int32)
    copies = jnp.repeat(batch, len(wanted), 0)
    without = net.at(copies.shape).run(
        _without_a_place, copies, value, wanted, layer=name, logits=logits
    )
    return np.asarray(own - without, np.float32)


def _value(
    replay: Replay, x: Num[Array, "1 ..."], *, layer: str, logits: str
) -> tuple[Array, Float[Array, "1 k"]]:
    return replay(x, [layer])[layer], all_scores(replay, x, logits=logits)


def _without_a_place(
    replay: Replay,
    x: Float[Array, "p ..."],
    value: Float[Array, "1 ..."],
    places: Int32[Array, " p"],
    *,
    layer: str,
    logits: str,
) -> Float[Array, "p k"]:
    axis = replay.layer(layer).channel_axis
    moved = value if axis is None else jnp.moveaxis(value, axis, -1)
    flat = moved.reshape(1, -1, moved.shape[-1])
    there = jnp.arange(flat.shape[1])[None, :] == places[:, None]
    edited = jnp.where(there[..., None], 0, flat).reshape(len(places), *moved.shape[1:])
    edited = edited if axis is None else jnp.moveaxis(edited, -1, axis)
    return all_scores(replay, x, logits=logits, edits={layer: lambda _: edited})
