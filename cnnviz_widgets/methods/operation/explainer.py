"""From an activation back to what it was made of.

The walk goes from an element of a layer's value to the operation that gave it, and on to the
element that this operation took, as long as one number came from one number. So it gathers what was
added and multiplied (bias, batch norm) until it meets a sum, a window, a function or the end of the
layer's step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...network import InputError, Layer, Network
from ..examples.tiles import tile_shape
from ..objectives import check_index
from .elements import Index, element
from .explained import (
    Activation,
    Around,
    Copy,
    ExplainedStep,
    Scaling,
    Softmax,
    Source,
    ValueExplained,
)
from .fields import Backdrop, Field, FieldWalk, StepField, UnevenError, backdrop, single
from .walk import Reading, explain

_MOST_THEN = 3  # steps that are followed after the layer, at most


def explain_value(
    net: Network, x: Any, *, layer: str, channel: int, position: Sequence[int] | None = None
) -> ValueExplained:
    """How one activation of one image comes about, with the real numbers.

    For several of them make a `ValueExplainer`, which runs the network once.

    Args:
        net: the network.
        x: one image, HWC (or NHWC with N = 1), uint8 or float in [0, 1].
        layer: name of a layer, block or part.
        channel: its number.
        position: (row, column); the place of the channel's largest value if left out.

    Returns:
        The steps that made the number: window, kernel and products of a convolution, inputs and
        weights of a dense layer, the window and the winner of a pool, and so on.

    Raises:
        InputError: if `x` is not one image that the network takes.
        UnknownLayerError: if there is no such layer.
        UnknownTargetError: if the layer has no such channel or position.

    Example:
        >>> found = explain_value(net, cw.image("cat"), layer="conv1", channel=3, position=(5, 8))
        >>> found.steps[0].products.sum(), found.value
    """
    return ValueExplainer(net, x)(layer=layer, channel=channel, position=position)


class ValueExplainer:
    """Explains activations of one image from a single pass of the network.

    Args:
        net: the network.
        x: one image, HWC (or NHWC with N = 1), uint8 or float in [0, 1].

    Raises:
        InputError: if `x` is not one image that the network takes.

    Example:
        >>> explain = ValueExplainer(net, cw.image("cat"))
        >>> explain(layer="conv1", channel=3, position=(5, 8)).result
    """

    def __init__(self, net: Network, x: Any) -> None:
        batch = net.batch(x)
        if batch.shape[0] != 1:
            raise InputError(f"expected one image, got a batch of {batch.shape[0]}. Pass x[:1].")
        if net.edits:
            raise InputError(
                "expected a network without edits: its operations are told one by one, and what is "
                "edited between them would not add up. Pass net.unedited."
            )
        self._traced = net.at(batch.shape)
        self._reading = Reading(self._traced, batch)

    def __call__(
        self, *, layer: str, channel: int, position: Sequence[int] | None = None
    ) -> ValueExplained:
        """Explain one activation; see `explain_value`."""
        info = self._traced.layer(layer)
        channels, rows, columns = tile_shape(info)
        check_index(f"a channel of {layer}", channel, channels)
        row, column = self._strongest(info, channel) if position is None else position
        check_index(f"a row of {layer}", row, rows)
        check_index(f"a column of {layer}", column, columns)
        index = element(info, channel, row, column, columns)
        steps = self._steps(info, index)
        return ValueExplained(
            info.name,
            channel,
            (int(row), int(column)),
            self._reading.values.at(info.value, index),
            steps,
            self._then(info.value, index, steps[-1]),
        )

    def field(self, found: ValueExplained) -> Field | None:
        """What an explanation needs at all places of its channel.

        Args:
            found: one of the explanations of that channel.

        Returns:
            Where the numbers are taken from, or `None` if the steps differ from place to place.
        """
        info = self._traced.layer(found.layer)
        _, rows, columns = tile_shape(info)
        shape = rows, columns
        row, column = np.ogrid[:rows, :columns]
        index = element(info, found.channel, row, column, columns)
        value = np.broadcast_to(self._reading.values.at(info.value, index), shape)
        try:
            steps = self._step_fields(info.value, index, found, shape)
            then = self._fields_then(info.value, index, found, shape)
            behind = None if steps[0].slid else self._backdrop(found, steps[0], shape)
        except UnevenError:
            return None
        return Field(found.layer, found.channel, value, steps, then, behind)

    def _step_fields(
        self, value: int, index: Index, found: ValueExplained, shape: tuple[int, int]
    ) -> tuple[StepField, ...]:
        fields: list[StepField] = []
        for step in reversed(found.steps):
            fields.insert(0, self._field_of(value, index, step, shape))
            value, index = fields[0].source or (value, index)
        return tuple(fields)

    def _fields_then(
        self, value: int, index: Index, found: ValueExplained, shape: tuple[int, int]
    ) -> tuple[StepField, ...]:
        fields: list[StepField] = []
        for step in found.then:
            following = self._reading.follower(value)
            if following is None:
                raise UnevenError("what follows")
            value = following
            fields.append(self._field_of(value, index, step, shape))
        return tuple(fields)

    def _field_of(
        self, value: int, index: Index, step: ExplainedStep, shape: tuple[int, int]
    ) -> StepField:
        found = FieldWalk(self._reading, value, index).find(shape)
        if found.kind != type(step).__name__.lower():
            raise UnevenError("the kinds of the steps")
        return found

    def _backdrop(
        self, found: ValueExplained, first: StepField, shape: tuple[int, int]
    ) -> Backdrop | None:
        """The map of the first step's element, which has to be the same one at all places."""
        source = found.steps[0].source
        around = self.around(source) if source else None
        if around is None or source is None or first.source is None:
            return None
        _, index = first.source
        axes = self._plane(source)
        assert axes is not None
        for axis, at in enumerate(index):
            if axis not in axes[:2]:
                single(at, "the map of an element")
        return backdrop(around.map, [index[axis] for axis in axes[:2]], shape)

    def channel_map(self, layer: str, channel: int) -> np.ndarray:
        """All activations of a channel, float64 (rows, columns)."""
        info = self._traced.layer(layer)
        channels, rows, columns = tile_shape(info)
        check_index(f"a channel of {layer}", channel, channels)
        found = self._table(info, channels)[:, channel]
        return found.astype(np.float64).reshape(rows, columns)

    def channels_at(self, layer: str, position: Sequence[int] = (0, 0)) -> np.ndarray:
        """The activations of all channels at a (row, column), float64 (channels,)."""
        info = self._traced.layer(layer)
        channels, rows, columns = tile_shape(info)
        row, column = position
        check_index(f"a row of {layer}", row, rows)
        check_index(f"a column of {layer}", column, columns)
        return self._table(info, channels)[row * columns + column].astype(np.float64)

    def _table(self, info: Layer, channels: int) -> np.ndarray:
        """All activations of a layer, (places, channels)."""
        found = self._reading.values.array(info.value)
        if info.batch is not None and info.together == 1:
            found = np.moveaxis(found, info.batch, 0)[0]
        found = found.reshape(info.shape)
        last = [] if info.channel is None else [info.channel]
        places = [k for k in range(found.ndim) if k not in (*info.spatial, *last)]
        return np.transpose(found, (*info.spatial, *places, *last)).reshape(-1, channels)

    def around(self, source: Source) -> Around | None:
        """The map that an element lies on; `None` where it has no rows and columns."""
        axes = self._plane(source)
        if axes is None:
            return None
        rows, columns, axis = axes
        found = self._reading.values.array(source.value)
        where: list[Any] = list(source.index)
        where[rows] = where[columns] = slice(None)
        seen = found[tuple(where)].astype(np.float64)
        place = source.index[rows], source.index[columns]
        channel = 0 if axis is None else source.index[axis]
        return Around(seen if rows < columns else seen.T, place, channel)

    def _plane(self, source: Source) -> tuple[int, int, int | None] | None:
        """The axes of rows, columns and channels of a value; `None` where it has none."""
        layer = self._reading.layer_of(source.value)
        if layer is None:
            four = len(self._reading.values.shape(source.value)) == 4
            return (1, 2, 3) if source.name == "input" and four else None
        if len(layer.spatial) != 2 or layer.together > 1:
            return None
        batch = len(layer.shape) if layer.batch is None else layer.batch
        rows, columns = (k + (batch <= k) for k in layer.spatial)
        return rows, columns, layer.channel_axis

    def _strongest(self, info: Layer, channel: int) -> tuple[int, int]:
        found = self.channel_map(info.name, channel)
        known = np.where(np.isnan(found), -np.inf, found)
        row, column = np.unravel_index(int(known.argmax()), known.shape)
        return int(row), int(column)

    def _steps(self, info: Layer, index: Index) -> tuple[ExplainedStep, ...]:
        """What the layer does to make an element, back to where it takes what others gave."""
        own = {info.name, *(name for part in info.parts for name in _names(part))}
        steps: list[ExplainedStep] = []
        value: int = info.value
        while True:
            found = explain(self._reading, value, index)
            steps.insert(0, found)
            source = found.source
            single = isinstance(found, Activation | Scaling | Softmax | Copy)
            if source is None or not single or self._reading.owner(source.value) not in own:
                return tuple(steps)
            value, index = source.value, source.index

    def _then(self, value: int, index: Index, last: ExplainedStep) -> tuple[ExplainedStep, ...]:
        """What follows, one number from one number, if it ends in an activation."""
        found: list[ExplainedStep] = []
        while len(found) < _MOST_THEN and not isinstance(last, Activation | Softmax):
            following = self._reading.follower(value)
            if following is None:
                return ()
            last = explain(self._reading, following, index)
            fits = isinstance(last, Activation | Scaling)
            source = last.source
            if not fits or source is None or (source.value, source.index) != (value, index):
                return ()
            found.append(last)
            value = following
        return tuple(found) if isinstance(last, Activation) else ()


def _names(layer: Layer) -> list[str]:
    return [layer.name, *(name for part in layer.parts for name in _names(part))]
