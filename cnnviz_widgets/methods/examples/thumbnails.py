"""Every layer of a network as one small picture and a few numbers, from one pass.

A picture shows the channel with the largest mean of absolute values: a mean over channels would be
the same grey blur in every layer. It is shrunk and quantised on the device. One pass computes the
layers; what makes a picture of one is compiled once for each size, of which a deep network has few.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float32, Num, UInt8

from ...network import InputError, Layer, Network, Replay
from ..channels_last import channels_last
from .tiles import tile_shape

SIDE = 28
"""Cells of a thumbnail's longer side at most."""


@dataclass(frozen=True)
class Thumbnails:
    """A small picture of every layer, and what its values are like.

    Attributes:
        layers: names, in order of execution.
        tiles: uint8 (rows, columns) for each layer; value = low + code / 255 * (high - low). A
            layer without places shows its units in a row.
        low: float32 (L,), the value of code 0.
        high: float32 (L,), the value of code 255.
        mean: float32 (L,), of all finite values of the layer.
        spread: float32 (L,), their standard deviation.
        zeros: float32 (L,), the share of values that are 0.
    """

    layers: tuple[str, ...]
    tiles: tuple[UInt8[np.ndarray, "_rows _columns"], ...]
    low: Float32[np.ndarray, " l"]
    high: Float32[np.ndarray, " l"]
    mean: Float32[np.ndarray, " l"]
    spread: Float32[np.ndarray, " l"]
    zeros: Float32[np.ndarray, " l"]


def thumbnails(net: Network, x: Any) -> Thumbnails:
    """A small picture of every layer for one image.

    Args:
        net: the network.
        x: one image, HWC (or NHWC with N = 1), uint8 or float in [0, 1].

    Returns:
        The strongest channel of each layer as a tile of 28 cells at most a side, with the mean,
        the spread and the share of zeros of the whole layer.

    Raises:
        InputError: if `x` is not one image that the network takes.
    """
    batch = net.batch(x)
    if batch.shape[0] != 1:
        raise InputError(f"expected one image, got a batch of {batch.shape[0]}. Pass x[:1].")
    traced = net.at(batch.shape)
    layers = traced.layout.layers
    names = tuple(layer.name for layer in layers)
    values = traced.run(_values, batch, names=names)
    made = [_thumbnail_of(values.pop(layer.name), layer) for layer in layers]
    tiles, numbers = zip(*jax.device_get(made), strict=True)
    return Thumbnails(names, tiles, *np.stack(numbers).T)


def _cell(layer: Layer) -> tuple[int, int]:
    """How many places, down and across, one cell of the thumbnail is the mean of."""
    rows, columns = _picture_shape(layer)
    side = math.ceil(max(rows, columns) / SIDE)
    return min(side, rows), min(side, columns)


def _picture_shape(layer: Layer) -> tuple[int, int]:
    channels, rows, columns = tile_shape(layer)
    return (1, channels) if rows == columns == 1 else (rows, columns)


def _values(replay: Replay, x: Num[Array, "1 ..."], names: tuple[str, ...]) -> dict[str, jax.Array]:
    return replay(x, names)


def _thumbnail_of(value: jax.Array, layer: Layer) -> tuple[jax.Array, jax.Array]:
    channels, *_ = tile_shape(layer)
    flat = channels_last(value, layer)[0].reshape(-1, channels)
    return _thumbnail(flat, shape=_picture_shape(layer), cell=_cell(layer))


@functools.partial(jax.jit, static_argnames=("shape", "cell"))
def _thumbnail(
    flat: Float[Array, "places c"], shape: tuple[int, int], cell: tuple[int, int]
) -> tuple[jax.Array, jax.Array]:
    flat = flat.astype(jnp.float32)
    finite = jnp.isfinite(flat)
    count = jnp.maximum(jnp.sum(finite), 1)
    known = jnp.where(finite, flat, 0)
    mean = jnp.sum(known) / count
    spread = jnp.sqrt(jnp.sum(jnp.where(finite, jnp.square(known - mean), 0)) / count)
    picture = known
    if flat.shape[0] > 1:
        picture = known[:, jnp.argmax(jnp.sum(jnp.abs(known), 0))]
    small = _shrunk(picture.reshape(shape), cell)
    low, high = jnp.min(small), jnp.max(small)
    codes = jnp.round((small - low) / jnp.where(high > low, high - low, 1) * 255)
    numbers = jnp.stack([low, high, mean, spread, jnp.mean(flat == 0)])
    return codes.astype(jnp.uint8), numbers


def _shrunk(
    picture: Float[Array, "rows columns"], cell: tuple[int, int]
) -> Float[Array, "cells_down cells_across"]:
    """Means of cells; what is left at the end and fills no cell is left out."""
    high, wide = cell
    rows, columns = picture.shape[0] // high, picture.shape[1] // wide
    whole = picture[: rows * high, : columns * wide]
    return whole.reshape(rows, high, columns, wide).mean((1, 3))
