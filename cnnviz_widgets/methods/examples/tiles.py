"""Feature maps as small pictures: every channel as 8-bit tiles with its range beside it.

The conversion runs on the device with the pass that computes the layers, so a layer costs a quarter
of the bytes on its way to the page. There, value = low + code / 255 * (high - low), and any colour
map or contrast is a matter of a table.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float32, Num, UInt8

from ...network import InputError, Layer, Network, Replay, UnknownLayerError
from ...network.errors import suggest
from ..channels_last import channels_last


@dataclass(frozen=True)
class TileSheet:
    """All channels of a layer for one image.

    Attributes:
        layer: its name.
        tiles: uint8 (C, rows, columns), each channel over its own range.
        low: float32 (C,), the value of code 0; NaN where a channel has no finite value.
        high: float32 (C,), the value of code 255; likewise.
        strength: float32 (C,), the mean of the absolute values.
        nonfinite: how many values are NaN or infinite; their code is 0.
    """

    layer: str
    tiles: UInt8[np.ndarray, "c rows columns"]
    low: Float32[np.ndarray, " c"]
    high: Float32[np.ndarray, " c"]
    strength: Float32[np.ndarray, " c"]
    nonfinite: int

    def values(self) -> Float32[np.ndarray, "c rows columns"]:
        """The channels as float32 (C, rows, columns), to the precision of the codes."""
        span = (self.high - self.low)[:, None, None]
        return self.low[:, None, None] + self.tiles.astype(np.float32) / 255 * span


class TileSheets(Mapping[str, TileSheet]):
    """The sheets of all layers for one image; each is fetched from the device when asked for."""

    def __init__(self, found: dict[str, dict[str, jax.Array]]) -> None:
        self._found = found
        self._sheets: dict[str, TileSheet] = {}
        self._lock = threading.Lock()

    def __getitem__(self, layer: str) -> TileSheet:
        if layer not in self._found:
            raise UnknownLayerError(
                f"expected the name of a layer, got {layer!r}: {suggest(layer, self._found)}"
            )
        with self._lock:
            if layer not in self._sheets:
                arrays = {name: np.asarray(value) for name, value in self._found[layer].items()}
                nonfinite = int(arrays.pop("nonfinite"))
                self._sheets[layer] = TileSheet(layer, nonfinite=nonfinite, **arrays)
            return self._sheets[layer]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def tile_sheets(net: Network, x: Any) -> TileSheets:
    """The feature maps of every layer for one image, from one compiled pass.

    Args:
        net: the network.
        x: one image, HWC (or NHWC with N = 1), uint8 or float in [0, 1].

    Returns:
        A mapping from the layer's name to its `TileSheet`. A layer without places has tiles of one
        cell; one with a single spatial axis has tiles of one row.

    Raises:
        InputError: if `x` is not one image that the network takes.
    """
    batch = net.batch(x)
    if batch.shape[0] != 1:
        raise InputError(f"expected one image, got a batch of {batch.shape[0]}. Pass x[:1].")
    names = tuple(layer.name for layer in net.layers)
    found = net.at(batch.shape).run(_tile_sheets, batch, names=names)
    return TileSheets({name: found[name] for name in names})


def tile_shape(layer: Layer) -> tuple[int, int, int]:
    """Channels, rows and columns of a layer's tiles."""
    channels = layer.channels
    places = [layer.shape[axis] for axis in layer.spatial]
    columns = places[-1] if places else 1
    return channels, math.prod(layer.shape) // (channels * columns), columns


def _tile_sheets(
    replay: Replay, x: Num[Array, "1 ..."], names: tuple[str, ...]
) -> dict[str, dict[str, jax.Array]]:
    found = replay(x, names)
    return {name: _tiles(value, replay.layer(name)) for name, value in found.items()}


def _tiles(value: jax.Array, layer: Layer) -> dict[str, jax.Array]:
    channels, rows, columns = tile_shape(layer)
    flat = channels_last(value, layer)[0].astype(jnp.float32).reshape(-1, channels)
    finite = jnp.isfinite(flat)
    known = jnp.where(finite, flat, 0)
    low = jnp.min(jnp.where(finite, flat, jnp.inf), 0, keepdims=True)
    high = jnp.max(jnp.where(finite, flat, -jnp.inf), 0, keepdims=True)
    low, high = (jnp.where(jnp.isfinite(bound), bound, jnp.nan) for bound in (low, high))
    span = jnp.where(high > low, high - low, 1)
    codes = jnp.round((known - low) / span * 255).clip(0, 255)
    codes = jnp.where(finite, codes, 0).astype(jnp.uint8)
    return {
        "tiles": jnp.transpose(codes).reshape(channels, rows, columns),
        "low": low[0],
        "high": high[0],
        "strength": jnp.mean(jnp.abs(known), 0),
        "nonfinite": jnp.sum(~finite),
    }
