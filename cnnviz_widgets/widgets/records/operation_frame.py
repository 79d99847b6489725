"""An explanation as the page takes it: plain numbers, cut to what a person can look at.

Of many input channels the one that is open is told in full, of the others what they add. Arrays go
as float64 in one binary value, and a step says where its own lie in it: nothing is rounded on the
way. A single number that JSON cannot hold travels as a word that JavaScript's `Number` reads.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...methods.operation import (
    Activation,
    Arithmetic,
    Combination,
    Concatenation,
    Convolution,
    Dense,
    ExplainedStep,
    Opaque,
    Pool,
    Scaling,
    Softmax,
    Window,
)

MOST = 12
"""Contributions that are listed; the others are summed."""

CELLS = 1024
"""Cells of a window that are sent; of a larger one only the map is shown."""


@dataclass
class Telling:
    """How the steps of one explanation are told, and the numbers that they have put down.

    Attributes:
        channel: number of the input channel to tell in full; the strongest if `None`.
        classes: names of the inputs of a softmax, if they are classes.
        parameters: what a norm keeps of the channel, by its name.
        rivals: the outputs of the layer to hold against each other, as `rival` gives them.
    """

    channel: int | None = None
    classes: Sequence[str] = ()
    parameters: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    rivals: Sequence[dict[str, Any]] = ()
    _numbers: list[float] = field(default_factory=list)

    def put(self, values: np.ndarray | Sequence[float]) -> list[int]:
        """Put numbers down; where they lie, and how many they are."""
        start = len(self._numbers)
        self._numbers.extend(np.asarray(values, np.float64).ravel().tolist())
        return [start, len(self._numbers) - start]

    def numbers(self) -> bytes:
        """All numbers, little-endian float64."""
        return np.asarray(self._numbers, "<f8").tobytes()

    def step(self, step: ExplainedStep) -> dict[str, Any]:
        """A step as the page takes it."""
        told = {
            "kind": type(step).__name__.lower(),
            "name": step.name,
            "operation": step.operation,
            "source": "" if step.source is None else step.source.name,
            "index": [] if step.source is None else [int(k) for k in step.source.index[1:]],
            "result": number(step.result),
        }
        tell = _TELL.get(type(step))
        return told if tell is None else told | tell(step, self)


def number(value: float) -> float | str:
    """A number that JSON can hold."""
    if math.isfinite(value):
        return float(value)
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def open_channel(step: Convolution, channel: int | None) -> int:
    """Which of the input channels is told in full: its place among those of the group."""
    found = np.flatnonzero(step.channels == channel)
    return int(found[0]) if len(found) else int(np.abs(np.nan_to_num(step.sums)).argmax())


def flat(window: Window, cells: np.ndarray) -> tuple[np.ndarray, list[list[float]] | None]:
    """Cells of a window in rows and columns, and the rows and columns of the map below them.

    A window of three axes lies on no map that could be shown.
    """
    if len(window.places) == 1:
        return cells.reshape(1, -1), [[0.0], [float(at) for at in window.places[0]]]
    places = [[float(at) for at in each] for each in window.places]
    return cells.reshape(-1, cells.shape[-1]), places if len(places) == 2 else None


def rival(label: str, channel: int, step: Dense) -> dict[str, Any]:
    """An output of a dense layer with its three largest contributions."""
    order, rest = step.strongest(3)
    return {
        "channel": channel,
        "label": label,
        "result": number(step.result),
        "contributions": [[int(k), number(float(step.products[k]))] for k in order],
        "rest": number(rest),
    }


def _tail(tail: Sequence[Arithmetic]) -> list[list[Any]]:
    return [
        [each.operation, None if each.operand is None else number(each.operand),
         number(each.result)]
        for each in tail
    ]  # fmt: skip


def _sum(step: Convolution | Dense | Pool | Combination) -> dict[str, Any]:
    return {"total": number(step.total), "tail": _tail(step.tail)}


def _window(window: Window, cells: np.ndarray, telling: Telling) -> dict[str, Any]:
    states, places = flat(window, window.states)
    rows, columns = states.shape
    sent = states.size <= CELLS
    return {
        "rows": rows,
        "cols": columns,
        "places": places,
        "states": [int(k) for k in states.reshape(-1)] if sent else [],
        "window": telling.put(cells if sent else ()),
    }


def _convolution(step: Convolution, telling: Telling) -> dict[str, Any]:
    chosen = open_channel(step, telling.channel)
    order = np.argsort(-np.abs(np.nan_to_num(step.sums)), kind="stable")[:MOST]
    few = step.kernel[chosen].size <= CELLS
    return {
        **_window(step.window, step.window.values[chosen], telling),
        "kernel": telling.put(step.kernel[chosen] if few else ()),
        "products": telling.put(step.products[chosen] if few else ()),
        "open": int(step.channels[chosen]),
        "sum": number(float(step.sums[chosen])),
        "channels": [int(step.channels[k]) for k in order],
        "sums": telling.put(step.sums[order]),
        "rest": number(float(np.delete(step.sums, order).sum())),
        "count": len(step.sums),
        **_sum(step),
    }


def _dense(step: Dense, telling: Telling) -> dict[str, Any]:
    order, rest = step.strongest(MOST)
    return {
        "numbers": [int(k) for k in order],
        "inputs": telling.put(step.inputs[order]),
        "weights": telling.put(step.weights[order]),
        "products": telling.put(step.products[order]),
        "rest": number(rest),
        "count": len(step.products),
        "rivals": list(telling.rivals),
        **_sum(step),
    }


def _activation(step: Activation, telling: Telling) -> dict[str, Any]:
    return {"input": number(step.input), "xs": telling.put(step.xs), "ys": telling.put(step.ys)}


def _softmax(step: Softmax, telling: Telling) -> dict[str, Any]:
    order = np.argsort(-np.nan_to_num(step.inputs), kind="stable")[:MOST]
    if step.number not in order:
        order = np.append(order[:-1], step.number)
    named = telling.classes if len(telling.classes) == len(step.inputs) else ()
    return {
        "number": step.number,
        "inputs": telling.put(step.inputs),
        "listed": [int(k) for k in order],
        "labels": [str(named[k]) if named else str(k) for k in order],
        "total": number(step.total),
        "logarithm": step.logarithm,
    }


def _pool(step: Pool, telling: Telling) -> dict[str, Any]:
    shape = step.window.states.shape
    return {
        **_window(step.window, step.window.values[0], telling),
        "how": step.kind,
        "winner": None if step.winner is None else int(np.ravel_multi_index(step.winner, shape)),
        "count": int((step.window.states == 0).sum()),
        **_sum(step),
    }


def _scaling(step: Scaling, telling: Telling) -> dict[str, Any]:
    kept = telling.parameters.get(step.name, {})
    return {
        "input": number(step.input),
        "tail": _tail(step.tail),
        "parameters": {name: number(value) for name, value in kept.items()},
    }


def _combination(step: Combination, _: Telling) -> dict[str, Any]:
    named = ["a constant" if each is None else each.name for each in step.sources]
    return {
        "terms": [[name, number(k)] for name, k in zip(named, step.terms, strict=True)],
        **_sum(step),
    }


def _concatenation(step: Concatenation, _: Telling) -> dict[str, Any]:
    return {
        "sources": [each.name for each in step.sources],
        "number": step.number,
        "place": step.place,
    }


def _opaque(step: Opaque, _: Telling) -> dict[str, Any]:
    return {"words": step.words}


_TELL: dict[type, Any] = {  # a copy has nothing more to tell
    Convolution: _convolution,
    Dense: _dense,
    Activation: _activation,
    Softmax: _softmax,
    Pool: _pool,
    Scaling: _scaling,
    Combination: _combination,
    Concatenation: _concatenation,
    Opaque: _opaque,
}
