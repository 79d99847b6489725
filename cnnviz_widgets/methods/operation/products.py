"""The sums behind one element of a convolution or of a product of matrices."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...network.tracing.operation import Operation
from .elements import Index
from .explained import Window
from .values import Values
from .windows import Along, look


class Laid(NamedTuple):
    """What a convolution lays on what, wherever that is.

    Attributes:
        maps: (I, *map), the input channels that the output channel sees.
        kernel: (I, *window), float64.
        channels: (I,), numbers of the input channels.
        along: how windows lie along each axis of a map.
        axes: the axis of the output that counts the windows along each.
        example: the axis of the output that counts the examples.
        source: the axes of the input: of the examples, of the channels, and those of a map.
    """

    maps: np.ndarray
    kernel: np.ndarray
    channels: np.ndarray
    along: tuple[Along, ...]
    axes: tuple[int, ...]
    example: int
    source: tuple[int, ...]


class Filtered(NamedTuple):
    """A window with the kernel that is laid on it, and the numbers of the input channels."""

    window: Window
    kernel: np.ndarray
    channels: np.ndarray
    source: Index


class Summed(NamedTuple):
    """Two rows of numbers that are multiplied and summed, and where the first one begins."""

    inputs: np.ndarray
    weights: np.ndarray
    value: int
    source: Index


def filtered(operation: Operation, index: Index, values: Values) -> Filtered | None:
    """What a convolution lays on what for one element; `None` if its batch is grouped."""
    found = laid(operation, index, values)
    if found is None:
        return None
    reaches = [each.reach(index[axis]) for each, axis in zip(found.along, found.axes, strict=True)]
    example, channel, *spatial = found.source
    source = [0] * len(found.source)
    source[example] = index[found.example]
    source[channel] = int(found.channels[0])
    for axis, each in zip(spatial, reaches, strict=True):
        source[axis] = int(each.taken[0])
    return Filtered(look(found.maps, reaches), found.kernel, found.channels, tuple(source))


def laid(operation: Operation, index: Index, values: Values) -> Laid | None:
    """What a convolution lays on what for the channel and the example of an element.

    The other axes of the element's index are not looked at. `None` if the batch is grouped.
    """
    params = operation.params
    if params["batch_group_count"] != 1:
        return None
    dims = params["dimension_numbers"]
    x, kernel = (values.array(number) for number in operation.inputs)
    example, out = index[dims.out_spec[0]], index[dims.out_spec[1]]
    kernels = np.transpose(kernel, dims.rhs_spec)
    many, inputs = kernels.shape[:2]
    group = out // (many // params["feature_group_count"])
    channels = group * inputs + np.arange(inputs)
    maps = np.transpose(x, dims.lhs_spec)[example]
    maps = maps[channels[0] : channels[-1] + 1]
    along = tuple(
        Along(
            size=size,
            window=kernels.shape[2 + axis],
            stride=params["window_strides"][axis],
            before=int(params["padding"][axis][0]),  # of NumPy in older versions of JAX
            dilation=params["rhs_dilation"][axis],
            spread=params["lhs_dilation"][axis],
        )
        for axis, size in enumerate(maps.shape[1:])
    )
    chosen = kernels[out].astype(np.float64)
    axes, source = tuple(dims.out_spec[2:]), tuple(dims.lhs_spec)
    return Laid(maps, chosen, channels, along, axes, dims.out_spec[0], source)


def summed(operation: Operation, index: Index, values: Values) -> Summed:
    """What a product of matrices multiplies and sums for one element."""
    left, right = rows_of(operation, index, values)
    # what depends on the image is the input, on whichever side it stands
    (inputs, weights), value = ((left, right), 0) if left.live else ((right, left), 1)
    return Summed(inputs.values, weights.values, operation.inputs[value], inputs.first)


class Rows(NamedTuple):
    """One side of a product: what is summed over, for each place that the index speaks of.

    Attributes:
        values: (..., n), float64.
        weights: (n,), of the other side, where it is the same at all places.
        live: whether it depends on the image.
        first: index of the first of the values.
    """

    values: np.ndarray
    weights: np.ndarray | None
    live: bool
    first: Index = ()


def rows_of(operation: Operation, index: Index, values: Values) -> tuple[Rows, Rows]:
    """Both sides of a product of matrices, as far as they concern an element."""
    numbers: Any = operation.params["dimension_numbers"]
    contracted, shared = numbers
    shapes = [values.shape(number) for number in operation.inputs]
    free = [
        [axis for axis in range(len(shape)) if axis not in (*contracted[k], *shared[k])]
        for k, shape in enumerate(shapes)
    ]
    split = len(shared[0]), len(shared[0]) + len(free[0])
    at = index[: split[0]], index[split[0] : split[1]], index[split[1] :]
    sides = []
    for k, number in enumerate(operation.inputs):
        where: list[Any] = [0] * len(shapes[k])
        for axis, place in zip(shared[k], at[0], strict=True):
            where[axis] = place
        for axis, place in zip(free[k], at[1 + k], strict=True):
            where[axis] = place
        kept = [axis for axis in range(len(shapes[k])) if axis not in contracted[k]]
        last = np.transpose(values.array(number), (*kept, *contracted[k]))
        row = last[tuple(where[axis] for axis in kept)]
        row = row.reshape(*row.shape[: row.ndim - len(contracted[k])], -1).astype(np.float64)
        sides.append(Rows(row, None, number in values.program.live, tuple(where)))
    return sides[0], sides[1]
