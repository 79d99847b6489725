"""Values changed on their way through a network: what is muted, boosted, negated, put or taken.

An `Edit` says it in words. `change_of` makes arrays of the edits of a layer, and `changed` carries
them out while the program is replayed. What an edit does (its channels, its region, its factor,
whether it is on) is in arrays that are arguments of the compiled code; which layers are edited is
not. So another channel, place or factor compiles nothing, nor does a further edit of a layer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float32, Int32

from .errors import InputError, UnknownTargetError, suggest
from .reading.layers import Layer

KINDS = ("mute", "boost", "negate", "replace", "mean", "transplant")
"""What an edit can do."""

SLOTS = 4
"""Edits of one layer that share a compiled function; of more, twice or three times as many do."""

Region = tuple[int, int, int, int]


@dataclass(frozen=True, eq=False)
class Edit:
    """One change of a layer's values, before anything else sees them.

    Attributes:
        layer: name of the layer, block or part.
        kind: "mute" (to 0), "boost" (times `value`, 2 if left out), "negate", "replace" (by
            `value`, a number or one for each channel of the layer; 0 if left out), "mean" (by each
            channel's mean over the pictures in `value`) or "transplant" (by what the network makes
            of the image in `value`).
        channels: number of a channel, or several; all if `None`.
        region: top, left, bottom and right in cells of the layer, bottom and right not included;
            the whole map if `None`. A layer with one axis of places has one row.
        value: as `kind` wants it.
        name: what a person calls it, or "".
        on: whether it is in force.

    Raises:
        InputError: if the kind is unknown, or a number or the region makes no sense.

    Example:
        >>> blind = net.with_edits([Edit("conv1", "mute", channels=5)])
    """

    layer: str
    kind: str = "mute"
    channels: int | Sequence[int] | None = None
    region: Sequence[int] | None = None
    value: Any = None
    name: str = ""
    on: bool = True

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError(
                f"expected a kind of edit, got {self.kind!r}: {suggest(self.kind, KINDS)}"
            )
        object.__setattr__(self, "channels", _numbers(self.channels))
        object.__setattr__(self, "region", _region(self.region))
        object.__setattr__(self, "value", _value(self.kind, self.value))

    @property
    def title(self) -> str:
        """Its name, or else what it does: "boost conv1:5 × 2"."""
        return self.name or " ".join(filter(None, [self.kind, self.place, self.amount]))

    @property
    def place(self) -> str:
        """Where it is: "conv1", "conv1:5" or "conv1:5 [2:4, 0:3]"."""
        assert self.channels is None or isinstance(self.channels, tuple)
        numbers = "" if self.channels is None else f":{','.join(map(str, self.channels))}"
        if self.region is None:
            return f"{self.layer}{numbers}"
        top, left, bottom, right = self.region
        return f"{self.layer}{numbers} [{top}:{bottom}, {left}:{right}]"

    @property
    def amount(self) -> str:
        """By how much: "× 2", "by 0.5", or ""."""
        if self.kind == "boost":
            return f"× {self.value:g}"
        return f"by {self.value:g}" if self.kind == "replace" and np.ndim(self.value) == 0 else ""


class Change(NamedTuple):
    """The edits of one layer as arrays, in their order; S of them, C channels.

    Where an edit holds it puts a constant, or multiplies by a factor.
    """

    puts: Bool[Array, " s"]
    factors: Float32[Array, " s"]
    channels: Bool[Array, "s c"]
    regions: Int32[Array, "s 4"]
    constants: Float32[Array, "*_"]  # (S, C), or (S, …) for each value of the layer


def check_edit(edit: Edit, layer: Layer) -> None:
    """Whether a layer has what an edit is of, at any size of the input.

    Raises:
        UnknownTargetError: if there is no such channel.
        InputError: if the layer has no places, and the edit is of a region.
    """
    assert edit.channels is None or isinstance(edit.channels, tuple)
    for channel in edit.channels or ():
        if not 0 <= channel < layer.channels:
            raise UnknownTargetError(
                f"expected a channel of {layer.name} from 0 to {layer.channels - 1}, got {channel}."
            )
    if edit.region is not None and len(layer.spatial) not in (1, 2):
        raise InputError(
            f"expected no region for {layer.name!r}, whose shape {layer.shape} has no rows and "
            "columns: leave the region out to change whole channels."
        )
    if edit.kind == "replace" and np.shape(edit.value) not in ((), (layer.channels,)):
        raise InputError(
            f"expected one number, or one for each of {layer.channels} channels of {layer.name}, "
            f"got an array of shape {np.shape(edit.value)}."
        )


def check_region(edit: Edit, layer: Layer) -> None:
    """Whether a layer, at the size that it has now, has all of an edit's region.

    Raises:
        InputError: if it does not.
    """
    if edit.region is None:
        return
    rows, columns = places(layer)
    _, _, bottom, right = edit.region
    if bottom > rows or right > columns:
        raise InputError(
            f"expected a region within the {rows} rows and {columns} columns of {layer.name}, got "
            f"rows to {bottom} and columns to {right}."
        )


def places(layer: Layer) -> tuple[int, int]:
    """Rows and columns of a layer's maps; (1, 1) without places."""
    sizes = [1, 1, *(layer.shape[axis] for axis in layer.spatial)]
    return sizes[-2], sizes[-1]


def change_of(edits: Sequence[tuple[Edit, Any]], layer: Layer) -> Change:
    """Edits of one layer as arrays, with room for some more.

    Args:
        edits: each with what it puts: a number, one for each channel, or the layer's values for
            another image as the framework gives them; anything for one that multiplies.
        layer: at the size that it has now.
    """
    slots = SLOTS * math.ceil(len(edits) / SLOTS)
    whole = next((put.shape for _, put in edits if np.ndim(put) > 1), None)
    shape = (layer.channels,) if whole is None else whole
    puts, factors = np.zeros(slots, bool), np.ones(slots, np.float32)
    channels = np.zeros((slots, layer.channels), bool)  # a free slot holds nowhere
    regions = np.tile(np.array([0, 0, *places(layer)], np.int32), (slots, 1))
    constants = np.zeros((slots, *shape), np.float32)
    for k, (edit, put) in enumerate(edits):
        puts[k] = edit.kind not in ("boost", "negate")
        factors[k] = {"boost": edit.value, "negate": -1.0}.get(edit.kind, 1.0)
        if edit.on:
            channels[k, slice(None) if edit.channels is None else np.array(edit.channels)] = True
        if edit.region is not None:
            regions[k] = edit.region
        constants[k] = put if whole is None else _spread(put, shape, layer)
    return Change(*map(jnp.asarray, (puts, factors, channels, regions, constants)))


def changed(value: jax.Array, change: Change, layer: Layer) -> jax.Array:
    """A layer's values, batch included, with its edits made."""
    for k in range(len(change.puts)):
        constant = change.constants[k].astype(value.dtype)
        if constant.ndim == 1:
            constant = _along_channels(constant, value.ndim, layer)
        elif layer.batch is not None and constant.shape != value.shape:
            copies = value.shape[layer.batch] // constant.shape[layer.batch]
            constant = jnp.concatenate([constant] * copies, layer.batch)
        here = jnp.broadcast_to(_mask(change, k, value, layer), value.shape)
        scaled = value * change.factors[k].astype(value.dtype)
        value = jnp.where(here, jnp.where(change.puts[k], constant, scaled), value)
    return value


def _mask(change: Change, k: int, value: jax.Array, layer: Layer) -> jax.Array:
    """Where an edit holds, of the value's rank."""
    mask = _along_channels(change.channels[k], value.ndim, layer)
    top, left, bottom, right = change.regions[k]
    for axis, (first, end) in zip(
        layer.spatial[::-1], [(left, right), (top, bottom)], strict=False
    ):
        axis += layer.batch is not None and layer.batch <= axis
        at = jnp.arange(value.shape[axis])
        mask &= _along(axis, (at >= first) & (at < end), value.ndim)
    return mask


def _along_channels(numbers: jax.Array, rank: int, layer: Layer) -> jax.Array:
    return _along(layer.channel_axis or 0, numbers, rank)  # one number where there is no such axis


def _along(axis: int, numbers: jax.Array, rank: int) -> jax.Array:
    """Numbers along one axis of many."""
    return numbers.reshape([-1 if each == axis else 1 for each in range(rank)])


def _spread(put: Any, shape: tuple[int, ...], layer: Layer) -> np.ndarray:
    """What an edit puts, for every value of a layer."""
    if np.ndim(put) == 1:
        put = np.reshape(put, [-1 if k == layer.channel_axis else 1 for k in range(len(shape))])
    return np.broadcast_to(put, shape)


def _numbers(channels: Any) -> tuple[int, ...] | None:
    if channels is None:
        return None
    found = (channels,) if isinstance(channels, (int, np.integer)) else tuple(channels)
    if not all(isinstance(each, (int, np.integer)) for each in found):
        raise UnknownTargetError(f"expected numbers of channels, got {channels!r}.")
    return tuple(int(each) for each in found)


def _region(region: Any) -> Region | None:
    if region is None:
        return None
    found = tuple(region)
    whole = len(found) == 4 and all(isinstance(each, (int, np.integer)) for each in found)
    if not (whole and 0 <= found[0] < found[2] and 0 <= found[1] < found[3]):
        raise InputError(
            "expected a region as (top, left, bottom, right) in whole cells, bottom and right "
            f"beyond top and left, got {region!r}."
        )
    return int(found[0]), int(found[1]), int(found[2]), int(found[3])


def _value(kind: str, value: Any) -> Any:
    if kind in ("mute", "negate"):
        if value is not None:
            raise InputError(f"expected no value for an edit that is to {kind}, got one.")
        return None
    if kind in ("mean", "transplant"):
        if value is None:
            wanted = "pictures to take the mean of" if kind == "mean" else "the image to take over"
            raise InputError(f"expected {wanted} as the edit's value, got none.")
        return value
    if value is None:
        return 2.0 if kind == "boost" else 0.0
    found = np.asarray(value, np.float32)
    if not np.isfinite(found).all() or (kind == "boost" and found.ndim):
        raise InputError(f"expected a finite number to {kind} by, got {value!r}.")
    return float(found) if found.ndim == 0 else found
