"""One vector for each of many images: what a layer has to say of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float32, Num

from ...network import InputError, Layer, Network, Replay
from ..in_batches import as_examples, batch_size, by_channel, in_batches
from ..predictions import as_probabilities

Pooling = Literal["mean", "max", "none"]
POOLINGS: tuple[Pooling, ...] = get_args(Pooling)

MOST_VALUES = 1 << 28
"""Of all vectors together: a gigabyte."""


@dataclass(frozen=True)
class LayerVectors:
    """Vectors of the images so far, and what the network says of each.

    Attributes:
        layer: its name.
        pooling: "mean" or "max" of each channel over its places, or "none": all values in a row.
        values: float32 (n, D), one row for each image.
        probabilities: float32 (n, K), of the classes.
        of: how many images there are.
    """

    layer: str
    pooling: Pooling
    values: Float32[np.ndarray, "n d"]
    probabilities: Float32[np.ndarray, "n k"]
    of: int


def layer_vectors(net: Network, x: Any, layer: str, pooling: Pooling = "mean") -> LayerVectors:
    """A layer's values for many images, one vector each.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1], or what else the network takes; a list of
            them will do.
        layer: its name.
        pooling: "mean" or "max" of each channel over all places; "none" keeps all values. A layer
            without channels keeps all values in any case.

    Raises:
        InputError: if the network cannot take `x`, there is no such pooling, or the vectors would
            take more than a gigabyte.
        UnknownLayerError: if there is no such layer.

    Example:
        >>> layer_vectors(net, images, "relu_4").values.shape
    """
    *_, last = layer_vector_frames(net, x, layer, pooling)
    return last


def layer_vector_frames(
    net: Network, x: Any, layer: str, pooling: Pooling = "mean"
) -> Iterator[LayerVectors]:
    """The same as it goes: the vectors of all images so far, after every batch.

    Args and errors as for `layer_vectors`.
    """
    if pooling not in POOLINGS:
        raise InputError(f"expected a pooling of {POOLINGS}, got {pooling!r}.")
    images = as_examples(net, x)
    one = net.at((1, *images.shape[1:]))
    length = _length(one.layer(net[layer].name), pooling)
    if length * len(images) > MOST_VALUES:
        raise InputError(
            f"expected at most {MOST_VALUES:,} values, got {len(images):,} vectors of {length:,}. "
            'Pool them (pooling="mean"), or pass fewer images.'
        )
    size = batch_size(one.layout.layers, len(images))
    return _frames(net, images, layer, pooling, length, size)


def _frames(
    net: Network, images: Any, layer: str, pooling: Pooling, length: int, size: int
) -> Iterator[LayerVectors]:
    values = np.zeros((len(images), length), np.float32)
    said: np.ndarray | None = None
    for batch in in_batches(net, images, size):
        found = jax.device_get(
            net.at(batch.x.shape).run(
                _vectors, batch.x, layer=layer, pooling=pooling, logits=net.logits.name
            )
        )
        if said is None:
            said = np.zeros((len(images), found[1].shape[1]), np.float32)
        end = batch.start + batch.count
        for kept, new in zip((values, said), found, strict=True):
            kept[batch.start : end] = new[: batch.count]
        yield LayerVectors(layer, pooling, values[:end], said[:end], len(images))


def _pooled(layer: Layer, pooling: Pooling) -> bool:
    return pooling != "none" and layer.channel is not None


def _length(layer: Layer, pooling: Pooling) -> int:
    return layer.channels if _pooled(layer, pooling) else int(np.prod(layer.shape))


def _vectors(
    replay: Replay, x: Num[Array, "n ..."], *, layer: str, pooling: Pooling, logits: str
) -> tuple[Float[Array, "n d"], Float[Array, "n k"]]:
    info = replay.layer(layer)
    flat = by_channel(replay(x, [layer])[layer], info, x.shape[0])
    if not _pooled(info, pooling):
        rows = flat.reshape(x.shape[0], -1)
    else:
        rows = flat.mean(1) if pooling == "mean" else flat.max(1)
    return rows, as_probabilities(replay, x, logits).astype(jnp.float32)
