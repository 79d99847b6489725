"""What the page needs to tell any place of a channel by itself, so that pointing needs no message.

The words and all that is the same at every place stand in the frame that the page has already. Here
is what its numbers are taken from: large maps as planes, in float32 where that loses nothing, and
all else as float64, a number for each place, or one for all of them.

Every channel of a layer is made of the same planes, so they have a name, and a page that has them
is not sent them again.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from ...methods.operation import Even, Field, Slid, StepField
from ..shared.running import Frame
from .operation_frame import number

LIMIT = 4_000_000
"""Bytes that are worth sending; for a larger field the kernel is asked for each place."""


class FieldTelling:
    """A field as a message.

    Args:
        field: what the explanations are made of.
        classes: names of the inputs of a softmax, if they are classes.
    """

    def __init__(self, field: Field, classes: tuple[str, ...] = ()) -> None:
        self._field = field
        self._classes = classes
        self._numbers: list[np.ndarray] = []
        self._planes: list[np.ndarray] = []

    def message(self, have: str = "") -> Frame:
        """The message; without the planes if the page has those of that name."""
        field = self._field
        rows, columns = field.value.shape
        told: Frame = {
            "layer": field.layer,
            "channel": field.channel,
            "rows": rows,
            "cols": columns,
            "value": self._at_places(field.value),
            "steps": [self._step(step) for step in field.steps],
            "then": [self._step(step) for step in field.then],
            "backdrop": None,
        }
        if field.backdrop is not None:
            seen = field.backdrop.map
            spots = [list(each) for each in field.backdrop.spots]
            told["backdrop"] = {"map": self._plane(seen), "spots": spots}
        planes, name = self._packed()
        told |= {"planes": name, "numbers": _joined(self._numbers).tobytes()}
        return told if name == have else {**told, "planeData": planes}

    def _packed(self) -> tuple[bytes, str]:
        """All planes one after the other, and a name that says what is in them."""
        exact = all(_fits(plane) for plane in self._planes)
        kind = "f4" if exact else "f8"
        data = _joined(self._planes, f"<{kind}").tobytes()
        return data, f"{kind}-{hashlib.blake2b(data, digest_size=12).hexdigest()}"

    def _put(self, values: Any) -> list[int]:
        start = sum(each.size for each in self._numbers)
        self._numbers.append(np.asarray(values, np.float64).reshape(-1))
        return [start, self._numbers[-1].size]

    def _plane(self, values: np.ndarray) -> list[int]:
        """Where a plane begins, and its sizes."""
        start = sum(each.size for each in self._planes)
        self._planes.append(values.reshape(-1))
        return [start, *values.shape]

    def _at_places(self, values: Any) -> Any:
        """One number for all places, or a list with where the first of them lies."""
        if np.ndim(values) == 0:
            return number(float(values))
        return self._put(np.broadcast_to(values, self._field.value.shape))[:1]

    def _step(self, step: StepField) -> dict[str, Any]:
        told: dict[str, Any] = {
            "index": [list(each) if isinstance(each, tuple) else [each] for each in step.index],
            "terms": [self._at_places(each) for each in step.terms],
            "result": None if step.result is None else self._at_places(step.result),
            "lines": [
                {"operation": each.operation,
                 "operand": None if each.operand is None else self._at_places(each.operand),
                 "given": None if each.computed else self._at_places(each.given)}
                for each in step.lines
            ],
        }  # fmt: skip
        if step.slid is not None:
            told["slid"] = self._slid(step.slid)
        if step.rows is not None:
            weights = step.rows.weights
            told["rows"] = self._plane(step.rows.values)
            told["weights"] = None if weights is None else self._put(weights)
        if step.number is not None:
            count = self._planes[-1].size // self._field.value.size
            told["number"] = list(step.number)
            told["labels"] = list(self._classes) if len(self._classes) == count else None
        return told

    def _slid(self, slid: Slid) -> dict[str, Any]:
        axes = [
            {
                "spot": _even(spot), "size": each.size, "window": each.window,
                "stride": each.stride, "before": each.before, "dilation": each.dilation,
                "spread": each.spread,
            }
            for each, spot in zip(slid.along, slid.spots, strict=True)
        ]  # fmt: skip
        kernel = None if slid.kernel is None else self._put(slid.kernel)
        maps = self._plane(slid.maps)
        return {"axes": axes, "maps": maps, "kernel": kernel, "first": slid.first}


def _even(spot: Even) -> list[int]:
    return [int(k) for k in spot]


def _joined(arrays: list[np.ndarray], kind: str = "<f8") -> np.ndarray:
    return np.concatenate([np.zeros(0, kind), *(each.astype(kind) for each in arrays)])


def _fits(values: np.ndarray) -> bool:
    """Whether float32 holds all of these numbers as they are."""
    return np.array_equal(values.astype(np.float32).astype(values.dtype), values, equal_nan=True)
