"""An explanation as the page takes it: plain numbers, cut to what a person can look at.

Of many input channels the one that is open is told in full, of the others what they add. JSON has
no NaN and no infinity: they travel as words that JavaScript's `Number` reads.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..methods.operation import (
    Activation,
    Arithmetic,
    Combination,
    Concatenation,
    Convolution,
    Copy,
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


def step_frame(
    step: ExplainedStep, channel: int | None, classes: Sequence[str] = ()
) -> dict[str, Any]:
    """A step as the page takes it.

    Args:
        step: of an explanation.
        channel: number of the input channel to tell in full; the strongest if `None`.
        classes: names of the inputs of a softmax, if they are classes.
    """
    told = {
        "kind": type(step).__name__.lower(),
        "name": step.name,
        "operation": step.operation,
        "source": "" if step.source is None else step.source.name,
        "result": number(step.result),
    }
    return told | _TELL[type(step)](step, channel, classes)


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


def _numbers(values: Iterable[float]) -> list[float | str]:
    return [number(float(value)) for value in values]


def _tail(tail: Sequence[Arithmetic]) -> list[list[Any]]:
    return [
        [each.operation, None if each.operand is None else number(each.operand),
         number(each.result)]
        for each in tail
    ]  # fmt: skip


def _window(window: Window, cells: np.ndarray) -> dict[str, Any]:
    states, places = flat(window, window.states)
    rows, columns = states.shape
    sent = states.size <= CELLS
    return {
        "rows": rows,
        "cols": columns,
        "places": places,
        "states": [int(k) for k in states.reshape(-1)] if sent else [],
        "window": _numbers(cells.reshape(-1)) if sent else [],
    }


def _convolution(step: Convolution, channel: int | None, _: Any) -> dict[str, Any]:
    chosen = open_channel(step, channel)
    order = np.argsort(-np.abs(np.nan_to_num(step.sums)), kind="stable")[:MOST]
    few = step.kernel[chosen].size <= CELLS
    return {
        **_window(step.window, step.window.values[chosen]),
        "kernel": _numbers(step.kernel[chosen].reshape(-1)) if few else [],
        "products": _numbers(step.products[chosen].reshape(-1)) if few else [],
        "open": int(step.channels[chosen]),
        "sum": number(float(step.sums[chosen])),
        "contributions": [[int(step.channels[k]), number(float(step.sums[k]))] for k in order],
        "rest": number(float(np.delete(step.sums, order).sum())),
        "count": len(step.sums),
        "total": number(step.total),
        "tail": _tail(step.tail),
    }


def _dense(step: Dense, _channel: Any, _: Any) -> dict[str, Any]:
    order, rest = step.strongest(MOST)
    rows = zip(order, step.inputs[order], step.weights[order], step.products[order], strict=True)
    return {
        "contributions": [[int(k), *_numbers(each)] for k, *each in rows],
        "rest": number(rest),
        "count": len(step.products),
        "total": number(step.total),
        "tail": _tail(step.tail),
    }


def _activation(step: Activation, *_: Any) -> dict[str, Any]:
    return {"input": number(step.input), "xs": _numbers(step.xs), "ys": _numbers(step.ys)}


def _softmax(step: Softmax, _channel: Any, classes: Sequence[str]) -> dict[str, Any]:
    order = np.argsort(-np.nan_to_num(step.inputs), kind="stable")[:MOST]
    if step.number not in order:
        order = np.append(order[:-1], step.number)
    named = classes if len(classes) == len(step.inputs) else ()
    return {
        "number": step.number,
        "inputs": [
            [int(k), *_numbers([step.inputs[k], step.exponentials[k]])] for k in order
        ],
        "labels": [str(named[k]) if named else str(k) for k in order],
        "largest": number(float(step.inputs.max())),
        "count": len(step.inputs),
        "total": number(step.total),
        "logarithm": step.logarithm,
    }  # fmt: skip


def _pool(step: Pool, *_: Any) -> dict[str, Any]:
    shape = step.window.states.shape
    return {
        **_window(step.window, step.window.values[0]),
        "how": step.kind,
        "winner": None if step.winner is None else int(np.ravel_multi_index(step.winner, shape)),
        "count": int((step.window.states == 0).sum()),
        "total": number(step.total),
        "tail": _tail(step.tail),
    }


def _scaling(step: Scaling, *_: Any) -> dict[str, Any]:
    return {"input": number(step.input), "tail": _tail(step.tail)}


def _combination(step: Combination, *_: Any) -> dict[str, Any]:
    named = ["a constant" if each is None else each.name for each in step.sources]
    return {
        "terms": [[name, number(k)] for name, k in zip(named, step.terms, strict=True)],
        "total": number(step.total),
        "tail": _tail(step.tail),
    }


def _concatenation(step: Concatenation, *_: Any) -> dict[str, Any]:
    return {
        "sources": [each.name for each in step.sources],
        "number": step.number,
        "place": step.place,
    }


def _copy(step: Copy, *_: Any) -> dict[str, Any]:
    return {"index": [] if step.source is None else list(step.source.index[1:])}


def _opaque(step: Opaque, *_: Any) -> dict[str, Any]:
    return {"words": step.words}


_TELL: dict[type, Any] = {
    Convolution: _convolution,
    Dense: _dense,
    Activation: _activation,
    Softmax: _softmax,
    Pool: _pool,
    Scaling: _scaling,
    Combination: _combination,
    Concatenation: _concatenation,
    Copy: _copy,
    Opaque: _opaque,
}
