"""What an explanation needs at all places of a channel at once.

From one place of a map to the next only the numbers change: the steps are the same, and so are the
kernel, the bias and the curve. A field holds what the numbers are taken from, so that whoever has
it can tell any place without the network and without another walk. It is found by the very walk
that explains one element, with an index that speaks of all places.

Where a step is not of that kind (its index does not follow rows and columns evenly, as after a
class token was put in front, or its weights are activations) there is no field.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...network.reading.layers import Step as Place
from ...network.tracing.operation import Operation
from .arithmetic import Line
from .elements import Index
from .pools import NOTHING, along, wide_axes
from .products import Rows, laid, rows_of
from .walk import COMBINED, Walk
from .windows import Along

Even = tuple[int, int, int]
"""A whole number that follows the place: the first, plus the second for each row, plus the third
for each column."""


MOST = 2_000_000
"""Numbers of rows that are put together for a field."""


class UnevenError(ValueError):
    """Something does not follow the place evenly; it says what."""


@dataclass(frozen=True)
class Slid:
    """Windows that slide over maps.

    Attributes:
        maps: (I, *map).
        along: how they lie along each axis of a map.
        spots: which of them is meant along each axis.
        kernel: (I, *window), or `None` for a pool.
        first: number of the first input channel.
    """

    maps: np.ndarray
    along: tuple[Along, ...]
    spots: tuple[Even, ...]
    kernel: np.ndarray | None = None
    first: int = 0


@dataclass(frozen=True)
class StepField:
    """A step at all places.

    Attributes:
        kind: the name of the class of the step, in small letters.
        source: number of the value that it takes, and the index of the element.
        index: of that element, without the batch axis: evenly after the place, or, as a single
            number, what that axis of the window has at the place that won (or at its first).
        terms: what goes in, a number or (rows, columns) each.
        result: what the network gave; `None` where it follows from the rest.
        lines: what is done to it in order.
        slid: of a convolution or a pool.
        rows: of a dense layer or a softmax, with `number`: which of the inputs of a softmax.
    """

    kind: str
    source: tuple[int, Index] | None = None
    index: tuple[Even | int, ...] = ()
    terms: tuple[Any, ...] = ()
    result: Any = None
    lines: tuple[Line, ...] = ()
    slid: Slid | None = None
    rows: Rows | None = None
    number: Even | None = None


@dataclass(frozen=True)
class Backdrop:
    """The map that the first step takes a single element of.

    Attributes:
        map: (rows, columns).
        spots: row and column of the element.
    """

    map: np.ndarray
    spots: tuple[Even, Even]


@dataclass(frozen=True)
class Field:
    """The steps of an explanation at all places of a channel.

    Attributes:
        layer: its name.
        channel: number of its channel.
        value: what the network gave, float64 (rows, columns).
        steps: what makes it, in order.
        then: what the next layers do with it.
        backdrop: of the first step, if it takes single elements of a map.
    """

    layer: str
    channel: int
    value: np.ndarray
    steps: tuple[StepField, ...]
    then: tuple[StepField, ...]
    backdrop: Backdrop | None = field(default=None)

    @property
    def size(self) -> int:
        """Bytes of all that it holds, numbers at every place as float64."""
        counts = [self.value.nbytes]
        for step in (*self.steps, *self.then):
            counts += [8 * np.size(each) for each in (*step.terms, step.result)]
            counts += [8 * np.size(given) for line in step.lines for given in (line.operand,)]
            counts += [step.slid.maps.nbytes] if step.slid else []
            counts += [step.rows.values.nbytes] if step.rows else []
        return sum(counts) + (8 * self.backdrop.map.size if self.backdrop else 0)


def even(at: Any, shape: tuple[int, int]) -> Even:
    """How an index follows the place.

    Args:
        at: a whole number, or an array of them that broadcasts to `shape`.
        shape: rows and columns.

    Raises:
        UnevenError: if it does not do so evenly.
    """
    every = np.broadcast_to(np.asarray(at), shape).astype(np.int64)
    first = int(every[0, 0])
    down = int(every[1, 0]) - first if shape[0] > 1 else 0
    right = int(every[0, 1]) - first if shape[1] > 1 else 0
    rows, columns = np.indices(shape)
    if not np.array_equal(every, first + down * rows + right * columns):
        raise UnevenError("the places of a step")
    return first, down, right


def single(at: Any, what: str) -> int:
    """An index that is the same at all places."""
    if np.ndim(at):
        raise UnevenError(what)
    return int(at)


class FieldWalk(Walk):
    """A walk from all places of a channel at once; its index has arrays of rows and columns."""

    shape = (1, 1)

    def find(self, shape: tuple[int, int]) -> StepField:
        """Walk to the end.

        Raises:
            UnevenError: if the step is not the same at all places.
        """
        self.shape = shape
        found: Any = self.explain()
        return found

    def _even(self, index: Index) -> tuple[Even, ...]:
        return tuple(even(at, self.shape) for at in index)

    def _lines(self) -> tuple[Line, ...]:
        return tuple(self.lines[::-1])

    def _single(self, kind: str, value: int, index: Index, **found: Any) -> StepField:
        """A step that takes one element."""
        return StepField(kind, (value, index), self._even(index[1:]), **found)

    def _convolution(self, operation: Operation) -> Any:
        out = operation.params["dimension_numbers"].out_spec
        for axis in out[:2]:
            single(self.index[axis], "the channels of a convolution")
        found = laid(operation, self.index, self.values)
        if found is None or len(found.along) > 2:
            raise UnevenError("the windows of a convolution")
        example, channel, *spatial = found.source
        fixed = {example: self.index[found.example], channel: int(found.channels[0])}
        index = [
            (fixed[axis], 0, 0) if axis in fixed else spatial.index(axis)
            for axis in range(len(found.source))
        ]
        spots = self._even(tuple(self.index[axis] for axis in found.axes))
        slid = Slid(found.maps, found.along, spots, found.kernel, int(found.channels[0]))
        return StepField("convolution", None, tuple(index[1:]), slid=slid, lines=self._lines())

    def _pool(self, operation: Operation) -> Any:
        name = operation.equation.primitive.name
        kind = name.removeprefix("reduce_window_")
        if kind not in NOTHING:
            raise UnevenError(name)
        x = self.values.array(operation.inputs[0])
        axes = along(operation.params, x.shape)
        wide = wide_axes(axes, self._spatial())
        if len(wide) > 2:
            raise UnevenError("the windows of a pool")
        where: list[Any] = [slice(None)] * x.ndim
        index: list[Even | int] = []
        for axis, each in enumerate(axes):
            if axis in wide:
                index.append(wide.index(axis))
                continue
            at = each.reach(single(self.index[axis], "the maps of a pool")).taken[0]
            where[axis] = int(at)
            index.append((int(at), 0, 0))
        spots = self._even(tuple(self.index[axis] for axis in wide))
        slid = Slid(x[tuple(where)][None], tuple(axes[axis] for axis in wide), spots)
        return StepField("pool", None, tuple(index[1:]), slid=slid, lines=self._lines())

    def _dense(self, operation: Operation) -> Any:
        left, right = rows_of(operation, self.index, self.values)
        inputs, weights = (left, right) if left.live else (right, left)
        if weights.values.ndim > 1:
            raise UnevenError("the weights of a product")
        rows = Rows(self._rows(inputs.values), weights.values, inputs.live)
        index = self._even(inputs.first[1:])
        return StepField("dense", None, index, rows=rows, lines=self._lines())

    def _rows(self, values: np.ndarray) -> np.ndarray:
        """A row for every place: (rows * columns, n)."""
        every = *self.shape, values.shape[-1]
        if math.prod(every) > MOST:
            raise UnevenError("too many numbers")
        return np.broadcast_to(values, every).reshape(-1, every[-1])

    def _curve(self, place: Place, taken: int) -> Any:  # noqa: ARG002
        layer = self.reading.layer_of(self.value)
        axis = layer.channel_axis if layer else None
        if axis is not None:
            single(self.index[axis], "the channels of an activation")
        before = self.values.at(taken, self.index)
        after = self.values.at(self.value, self.index)
        return self._single("activation", taken, self.index, terms=(before,), result=after)

    def _share(self, place: Place, taken: int, axis: int) -> Any:  # noqa: ARG002
        others = [k for k in range(len(self.index)) if k != axis]
        values = np.moveaxis(self.values.array(taken), axis, -1)
        rows = self._rows(values[tuple(self.index[k] for k in others)])
        number = even(self.index[axis], self.shape)
        found = Rows(rows, None, True)
        return self._single("softmax", taken, self.index, rows=found, number=number)

    def _concatenation(self, operation: Operation) -> Any:
        axis = operation.params["dimension"]
        at, number = single(self.index[axis], "the parts of a concatenation"), 0
        while at >= (size := self.values.shape(operation.inputs[number])[axis]):
            at, number = at - size, number + 1
        index = tuple(at if k == axis else each for k, each in enumerate(self.index))
        value = operation.inputs[number]
        terms = (self.values.at(value, index),)
        lines = self._lines()
        return self._single("concatenation", value, index, terms=terms, lines=lines)

    def _padding(self, operation: Operation) -> Any:
        raise UnevenError(operation.name)

    def _opaque(self, operation: Operation) -> Any:
        if operation.name in COMBINED and len(operation.inputs) == 2:
            return self._combination(operation)
        return StepField("opaque", result=self.values.at(*self.start))

    def _combination(self, operation: Operation) -> Any:
        values = self._combined(operation)
        terms = tuple(self.values.at(each, self._place_in(each)) for each in values)
        lines = self._lines()
        if values[0] not in self.program.live:
            return StepField("combination", terms=terms, lines=lines)
        index = self._place_in(values[0])
        return self._single("combination", values[0], index, terms=terms, lines=lines)

    def _moved_or_scaled(self) -> Any:
        start = self.values.at(self.value, self.index)
        if not self.lines:
            return self._single("copy", self.value, self.index, result=start)
        lines = self._lines()
        return self._single("scaling", self.value, self.index, terms=(start,), lines=lines)


def backdrop(plane: np.ndarray, at: Sequence[Any], shape: tuple[int, int]) -> Backdrop:
    """The map of an element, whose row and column follow the place."""
    return Backdrop(plane, (even(at[0], shape), even(at[1], shape)))
