"""The sums behind one element of a convolution or of a product of matrices."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...network.operation import Operation
from .elements import Index
from .explained import Window
from .values import Values
from .windows import look, reach


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
    params = operation.params
    if params["batch_group_count"] != 1:
        return None
    dims = params["dimension_numbers"]
    x, kernel = (values.array(number) for number in operation.inputs)
    out = index[dims.out_spec[1]]
    kernels = np.transpose(kernel, dims.rhs_spec)
    many, inputs = kernels.shape[:2]
    group = out // (many // params["feature_group_count"])
    channels = group * inputs + np.arange(inputs)
    maps = np.transpose(x, dims.lhs_spec)[index[dims.out_spec[0]]]
    maps = maps[channels[0] : channels[-1] + 1]
    reaches = [
        reach(
            index[dims.out_spec[2 + axis]],
            size=size,
            window=kernels.shape[2 + axis],
            stride=params["window_strides"][axis],
            before=int(params["padding"][axis][0]),  # of NumPy in older versions of JAX
            dilation=params["rhs_dilation"][axis],
            spread=params["lhs_dilation"][axis],
        )
        for axis, size in enumerate(maps.shape[1:])
    ]
    source = [0] * x.ndim
    source[dims.lhs_spec[0]] = index[dims.out_spec[0]]
    source[dims.lhs_spec[1]] = int(channels[0])
    for axis, each in zip(dims.lhs_spec[2:], reaches, strict=True):
        source[axis] = int(each.taken[0])
    chosen = kernels[out].astype(np.float64)
    return Filtered(look(maps, reaches), chosen, channels, tuple(source))


def summed(operation: Operation, index: Index, values: Values) -> Summed:
    """What a product of matrices multiplies and sums for one element."""
    numbers: Any = operation.params["dimension_numbers"]
    contracted, shared = numbers
    left, right = operation.inputs
    shapes = values.shape(left), values.shape(right)
    free = [
        [axis for axis in range(len(shape)) if axis not in (*contracted[k], *shared[k])]
        for k, shape in enumerate(shapes)
    ]
    split = len(shared[0]), len(shared[0]) + len(free[0])
    at = index[: split[0]], index[split[0] : split[1]], index[split[1] :]
    rows, firsts = [], []
    for k, number in enumerate((left, right)):
        where: list[Any] = [slice(None)] * len(shapes[k])
        for axis, place in zip(shared[k], at[0], strict=True):
            where[axis] = place
        for axis, place in zip(free[k], at[1 + k], strict=True):
            where[axis] = place
        row = values.array(number)[tuple(where)]
        kept = sorted(contracted[k])
        row = np.transpose(row, [kept.index(axis) for axis in contracted[k]])
        rows.append(row.reshape(-1).astype(np.float64))
        firsts.append(tuple(0 if isinstance(each, slice) else each for each in where))
    # what depends on the image is the input, on whichever side it stands
    first = 0 if left in values.program.live else 1
    return Summed(rows[first], rows[1 - first], operation.inputs[first], firsts[first])
