"""The deconvolution network: what of an image a unit answered to, brought back to pixels.

A layer's kept activations go down as the cotangent of one pass back, under a book of rules in which
a ReLU passes what is positive: convolutions are transposed, max-pools put a value back where their
first maximum was. Which units are kept is a mask, and the channel a number, both traced: another
channel, place or count compiles nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Float32, Int

from ...network import InputError, Layer, Network, Replay
from ..attribution.method import picture_batch
from ..attribution.saliency import DECONVNET
from ..channels_last import channels_last
from ..objectives import check_index
from .tiles import tile_shape


class Box(NamedTuple):
    """A rectangle of an image, in pixels; `bottom` and `right` are the first ones outside."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """What cuts the box out of an array of rows and columns."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


@dataclass(frozen=True)
class Unit:
    """One place of a channel, and what it sees of an image.

    Attributes:
        row, column: in cells of the layer; 0 and 0 in a layer without places.
        activation: its value.
        box: its receptive field, clipped to the image; all of the image where it is unknown.
        patch: what is in the box, float32 (h, w, C) in [0, 1].
    """

    row: int
    column: int
    activation: float
    box: Box
    patch: Float32[np.ndarray, "h w c"]


@dataclass(frozen=True)
class Deconvolution:
    """What units of a channel answered to in each image.

    Attributes:
        layer: its name.
        channel: its number.
        values: the reconstruction from all kept units of an image together, float32 (N, H, W, C),
            signed, in units of the activation times weights.
        separate: from each kept unit alone, (N, n, H, W, C). With several units they do not sum to
            `values`: what is rectified on the way down is their sum.
        units: for each image its kept units, the strongest first.
        notes: what a reader of the values should know, such as that a channel does not fire.
    """

    layer: str
    channel: int
    values: Float32[np.ndarray, "n h w c"]
    separate: Float32[np.ndarray, "n k h w c"]
    units: tuple[tuple[Unit, ...], ...]
    notes: tuple[str, ...] = ()


def deconvolution(
    net: Network,
    x: Any,
    *,
    layer: str,
    channel: int,
    position: Sequence[int] | None = None,
    strongest: int = 1,
) -> Deconvolution:
    """Bring what chosen units of a channel answered to back to pixels.

    All else in the layer is set to zero, and the rest goes down: max-pools are undone by the
    switches of this image, convolutions by their transposed kernels, and at each ReLU what is
    negative is dropped. Batch norm and the preprocessing are linear here, and so transposed, too.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        layer: name of a layer, block or part. As in the paper it should come after a ReLU: a
            negative activation leaves nothing.
        channel: its number.
        position: (row, column) of the unit to keep, in each image; the strongest if left out. A
            layer without places has one unit, (0, 0).
        strongest: how many of the channel's strongest units to keep in each image; no more than it
            has. Of equal ones the first is taken.

    Returns:
        The reconstructions (N, H, W, C) and (N, n, H, W, C), and the units that were kept.

    Raises:
        InputError: if `x` is not what the network takes, or both `position` and several of the
            strongest are asked for.
        UnknownLayerError: if there is no such layer.
        UnknownTargetError: if the layer has no such channel or position.
        UnknownOperationError: if there is an activation other than ReLU on the way down.

    References:
        Zeiler and Fergus 2014, https://arxiv.org/abs/1311.2901.

    Example:
        >>> found = deconvolution(net, cw.image("cat"), layer="relu_3", channel=5, strongest=9)
        >>> found.units[0][0].patch, found.separate[0, 0]
    """
    batch = picture_batch(net, x)
    info = net.at(batch.shape).layer(layer)
    maps = channel_maps(net, batch, layer, channel)
    places = _places(info, maps, position, strongest)
    images = np.asarray(batch)

    def from_units(places: Int[np.ndarray, "n k"]) -> Float32[np.ndarray, "n h w c"]:
        return reconstruct(net, batch, layer, channel, kept_places(info, places))

    separate = [from_units(place[:, None]) for place in places.T]
    together = separate[0] if len(separate) == 1 else from_units(places)
    units = tuple(
        tuple(unit_at(info, image, int(place), float(activations[place])) for place in kept)
        for image, activations, kept in zip(images, maps, places, strict=True)
    )
    return Deconvolution(
        layer, channel, together, np.stack(separate, 1), units, _notes(layer, units, together)
    )


def check_channel(layer: Layer, channel: int) -> None:
    """Refuse a channel that a layer does not have.

    Raises:
        UnknownTargetError: says which there are.
    """
    check_index(f"a channel of {layer.name}", channel, layer.channels)


def channel_maps(
    net: Network, batch: Float[Array, "n h w c"], layer: str, channel: int
) -> Float32[np.ndarray, "n places"]:
    """The activations of a channel, with the layer's places in one line.

    Raises:
        UnknownLayerError, UnknownTargetError: if there is no such layer or channel.
        UnknownOperationError: if what leads to the layer cannot be undone.
    """
    check_channel(net.at(batch.shape).layer(layer), channel)
    found = net.at(batch.shape).run(_channel_maps, batch, channel, rules=DECONVNET, layer=layer)
    return np.asarray(found)


def reconstruct(
    net: Network,
    batch: Float[Array, "n h w c"],
    layer: str,
    channel: int,
    kept: Bool[np.ndarray, "n places"],
) -> Float32[np.ndarray, "n h w c"]:
    """Bring the activations of a channel's kept units back to pixels."""
    run = net.at(batch.shape).run
    return np.asarray(run(_reconstruct, batch, channel, kept, rules=DECONVNET, layer=layer))


def unit_at(
    layer: Layer,
    image: Float32[np.ndarray, "h w c"],
    place: int,
    activation: float,
) -> Unit:
    """The unit at a place of the line, with what it sees of an image."""
    row, column = divmod(place, tile_shape(layer)[2])
    box = _box(layer, row, column, image.shape[0], image.shape[1])
    return Unit(row, column, activation, box, image[box.slices])


def kept_places(layer: Layer, places: Any) -> Bool[np.ndarray, "n places"]:
    """What `reconstruct` takes for places in the line, (N, n) of them."""
    _, rows, columns = tile_shape(layer)
    mask = np.zeros((len(places), rows * columns), bool)
    np.put_along_axis(mask, np.asarray(places), True, 1)
    return mask


def strongest_places(
    maps: Float32[np.ndarray, "n places"], count: int
) -> Int[np.ndarray, "n count"]:
    """Where the largest activations are, the largest first; of equal ones the first."""
    known = np.where(np.isnan(maps), -np.inf, maps)
    return np.argsort(-known, axis=1, kind="stable")[:, :count]


def _channel_maps(
    replay: Replay, x: Float[Array, "n h w c"], channel: Int[Array, ""], *, layer: str
) -> Float[Array, "n places"]:
    return jax.lax.dynamic_index_in_dim(_units(replay, x, layer), channel, 2, keepdims=False)


def _reconstruct(
    replay: Replay,
    x: Float[Array, "n h w c"],
    channel: Int[Array, ""],
    kept: Bool[Array, "n places"],
    *,
    layer: str,
) -> Float[Array, "n h w c"]:
    values, back = jax.vjp(lambda x: _units(replay, x, layer), x)
    chosen = jnp.arange(values.shape[2]) == channel
    (found,) = back(jnp.where(kept[:, :, None] & chosen[None, None, :], values, 0))
    return found


def _units(replay: Replay, x: Float[Array, "n h w c"], name: str) -> Float[Array, "n places k"]:
    layer = replay.layer(name)
    values = channels_last(replay(x, [name])[name], layer).astype(jnp.float32)
    return values.reshape(x.shape[0], -1, layer.channels)


def _places(
    layer: Layer,
    maps: Float32[np.ndarray, "n places"],
    position: Sequence[int] | None,
    strongest: int,
) -> Int[np.ndarray, "n count"]:
    if strongest < 1:
        raise InputError(f"expected at least 1 of the strongest units, got {strongest}.")
    if position is None:
        return strongest_places(maps, strongest)
    if strongest > 1:
        raise InputError(
            f"expected a position or the {strongest} strongest units, got both: leave one out."
        )
    if len(position) != 2:
        raise InputError(f"expected a position (row, column), got {position!r}.")
    _, rows, columns = tile_shape(layer)
    row, column = position
    check_index(f"a row of {layer.name}", row, rows)
    check_index(f"a column of {layer.name}", column, columns)
    return np.full((len(maps), 1), row * columns + column)


def _box(layer: Layer, row: int, column: int, height: int, width: int) -> Box:
    field = layer.receptive_field
    if field is None or len(field.size) != 2 or not np.isfinite([*field.size, *field.start]).all():
        return Box(0, 0, height, width)
    (top, bottom), (left, right) = (
        _clipped(start + cell * stride, size, length)
        for start, stride, size, cell, length in zip(
            field.start, field.stride, field.size, (row, column), (height, width), strict=True
        )
    )
    return Box(top, left, bottom, right)


def _clipped(start: float, size: float, length: int) -> tuple[int, int]:
    """From where to where a field reaches; one pixel at least, also where all of it is padding."""
    first = min(max(math.floor(start), 0), length - 1)
    return first, max(min(math.ceil(start + size), length), first + 1)


def _notes(
    layer: str, units: tuple[tuple[Unit, ...], ...], values: Float32[np.ndarray, "n h w c"]
) -> tuple[str, ...]:
    """Words for images of which there is nothing to see."""
    silent, rectified, broken = [], [], []
    for k, (kept, each) in enumerate(zip(units, values, strict=True)):
        if not np.isfinite(each).all():
            broken.append(k)
        elif not any(unit.activation for unit in kept):
            silent.append(k)
        elif not each.any():
            rectified.append(k)
    words = {
        f"No kept unit of {layer} is active in {{}}: there is nothing to bring back.": silent,
        "Nothing positive reaches the pixels of {}: all of it was rectified.": rectified,
        "There are NaN or infinite values for {}: look at the network's weights.": broken,
    }
    return tuple(
        said.format("the image" if len(values) == 1 else f"image {', '.join(map(str, which))}")
        for said, which in words.items()
        if which
    )
