"""One element of a layer, and where it was before a reshape, a transposition or the like.

An index may hold arrays in place of numbers: it then speaks of many elements at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...network import Layer
from ...network.tracing.operation import Operation

Index = tuple[Any, ...]
"""Whole numbers, one an axis, or arrays of them that broadcast."""

_SAME = {
    "convert_element_type", "copy", "copy_p", "stop_gradient", "reduce_precision",
    "optimization_barrier",
}  # fmt: skip


def element(layer: Layer, channel: int, row: Any, column: Any, columns: int) -> Index:
    """The index of a channel's cell in a layer's value, as the framework lays it out.

    Rows and columns are those of the layer's tiles: all axes that are no channel, in two.
    """
    named = {*layer.spatial, layer.channel}
    rest = [axis for axis in range(len(layer.shape)) if axis not in named]
    places = [*layer.spatial, *rest]
    found: list[Any] = [0] * len(layer.shape)
    if places:
        sizes = [layer.shape[axis] for axis in places]
        for axis, at in zip(places, np.unravel_index(row * columns + column, sizes), strict=True):
            found[axis] = _plain(at)
    if layer.channel is not None:
        found[layer.channel] = channel
    if layer.together > 1:  # the first axis of the example lies in the batch axis
        return with_batch(found[1:], layer.batch, found[0])
    return with_batch(found, layer.batch, 0)


def with_batch(example: Sequence[Any], batch: int | None, at: Any) -> Index:
    """The index of an element of an example, with its place on the batch axis put in."""
    if batch is None:
        return tuple(example)
    return (*example[:batch], at, *example[batch:])


def before(operation: Operation, index: Index, taken: Sequence[int]) -> Index | None:
    """Where an element was before an operation that only moves it.

    Args:
        operation: the operation.
        index: of the element in what it gives.
        taken: the shape of what it takes.

    Returns:
        The index in what it takes, or `None` if this operation does more than moving.
    """
    found = _moved_back(operation, index, taken)
    return None if found is None else tuple(_plain(at) for at in found)


def _plain(at: Any) -> Any:
    """A place as a plain number, where it is one for all elements."""
    if np.ndim(at) == 0:
        return int(at)
    first = at.flat[0]
    return int(first) if (at == first).all() else at


def _moved_back(operation: Operation, index: Index, taken: Sequence[int]) -> Sequence[Any] | None:
    params, name = operation.params, operation.equation.primitive.name
    if name in _SAME:
        return index
    if name == "reshape":
        aval: Any = operation.equation.outvars[0].aval
        flat = np.ravel_multi_index(index, aval.shape) if index else 0
        return np.unravel_index(flat, taken) if len(taken) else ()
    if name == "transpose":
        found = [0] * len(index)
        for at, axis in zip(index, params["permutation"], strict=True):
            found[axis] = at
        return found
    if name == "squeeze":
        left = iter(index)
        dropped = {axis % len(taken) for axis in params["dimensions"]}
        return [0 if axis in dropped else next(left) for axis in range(len(taken))]
    if name == "expand_dims":
        added = {axis % len(index) for axis in params["dimensions"]}
        return [at for axis, at in enumerate(index) if axis not in added]
    if name == "broadcast_in_dim":
        found = [index[axis] for axis in params["broadcast_dimensions"]]
        return [at if size > 1 else 0 for at, size in zip(found, taken, strict=True)]
    if name == "rev":
        turned = params["dimensions"]
        return [
            size - 1 - at if axis in turned else at
            for axis, (at, size) in enumerate(zip(index, taken, strict=True))
        ]
    if name == "slice":
        strides = params["strides"] or (1,) * len(index)
        starts = params["start_indices"]
        return [s + at * k for s, at, k in zip(starts, index, strides, strict=True)]
    return None


def before_padding(operation: Operation, index: Index, taken: Sequence[int]) -> Index | None:
    """Where an element was before a `pad`; `None` for one that is padding."""
    found = []
    pads = operation.params["padding_config"]
    for at, (low, _, between), size in zip(index, pads, taken, strict=True):
        place, off = divmod(at - int(low), int(between) + 1)
        if off or not 0 <= place < size:
            return None
        found.append(place)
    return tuple(found)
