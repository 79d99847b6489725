"""Pools: a window's largest value or its sum, over part of a map or over all of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ...network.tracing.operation import Operation
from .elements import Index
from .explained import INSIDE, Window
from .values import Values
from .windows import Along, first_place, look, whole

NOTHING = {"max": -np.inf, "min": np.inf, "sum": 0.0}
"""What stands in a window where there is no value, by what a pool does."""


class Pooled(NamedTuple):
    """A window and what is made of it; `source` is the value that won, or the first one."""

    window: Window
    kind: str
    winner: tuple[int, ...] | None
    total: float
    source: Index


def pooled(
    operation: Operation, index: Index, values: Values, spatial: Sequence[int]
) -> Pooled | None:
    """What a pool or a reduction makes of one element's window; `None` if it is neither.

    Args:
        operation: the operation.
        index: of the element in what it gives.
        values: of the pass.
        spatial: axes that are rows and columns, so that they are shown though nothing is pooled
            along them.
    """
    family, _, kind = operation.equation.primitive.name.rpartition("_")
    if kind not in NOTHING or family not in ("reduce", "reduce_window"):
        return None
    x = values.array(operation.inputs[0])
    if family == "reduce":
        return _over_axes(x, index, sorted(map(int, operation.params["axes"])), kind)
    return _over_window(x, index, operation.params, kind, spatial)


def _over_axes(x: np.ndarray, index: Index, axes: list[int], kind: str) -> Pooled:
    left = iter(index)
    where: list[Any] = [slice(None) if k in axes else next(left) for k in range(x.ndim)]
    window = whole(x[tuple(where)][None])
    return _reduced(window, kind, where, [np.arange(x.shape[axis]) for axis in axes])


def _over_window(
    x: np.ndarray, index: Index, params: dict[str, Any], kind: str, spatial: Sequence[int]
) -> Pooled:
    axes = along(params, x.shape)
    reaches = [each.reach(at) for each, at in zip(axes, index, strict=True)]
    wide = wide_axes(axes, spatial)
    where: list[Any] = [
        slice(None) if k in wide else int(each.taken[0]) for k, each in enumerate(reaches)
    ]
    window = look(x[tuple(where)][None], [reaches[k] for k in wide], NOTHING[kind])
    return _reduced(window, kind, where, [reaches[k].taken for k in wide])


def along(params: dict[str, Any], shape: Sequence[int]) -> list[Along]:
    """How the windows of a pool lie along each axis of what it takes."""
    return [
        Along(
            size=size,
            window=params["window_dimensions"][axis],
            stride=params["window_strides"][axis],
            before=int(params["padding"][axis][0]),  # of NumPy in older versions of JAX
            dilation=params["window_dilation"][axis],
            spread=params["base_dilation"][axis],
        )
        for axis, size in enumerate(shape)
    ]


def wide_axes(axes: Sequence[Along], spatial: Sequence[int]) -> list[int]:
    """The axes that a window is shown with."""
    return [k for k, each in enumerate(axes) if each.window > 1 or k in spatial]


def _reduced(window: Window, kind: str, where: list[Any], taken: Sequence[np.ndarray]) -> Pooled:
    (values,) = window.values
    if kind == "sum":
        total, winner = float(values[window.states == INSIDE].sum()), None
    else:
        total = float(values.max() if kind == "max" else values.min())
        winner = first_place(values, total)
    places = iter(zip(taken, winner or (0,) * len(taken), strict=True))
    source = tuple(
        int((pair := next(places))[0][pair[1]]) if isinstance(each, slice) else each
        for each in where
    )
    return Pooled(window, kind, winner, total, source)
