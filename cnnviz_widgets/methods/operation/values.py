"""All values that one pass of an image gives, by their numbers in the program.

The pass is compiled once for a network and a shape. What it gives stays on the device; a value is
fetched when an element of it is first asked for, and another element of it then costs nothing.
"""

from __future__ import annotations

import threading
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ...network import Replay, TracedProgram
from ...network.tracing.vocabulary import ELEMENTWISE, PLUMBING
from .elements import Index, before


class Values:
    """The values of a program for one image.

    Args:
        traced: the program at the image's shape.
        batch: the image, checked, (1, H, W, C).
    """

    def __init__(self, traced: TracedProgram, batch: jax.Array) -> None:
        self.program = traced.program
        self._traced = traced
        numbers = _kept(traced)
        found = traced.run(_pass, batch, numbers=numbers)
        self._device: dict[int, Any] = dict(zip(numbers, found, strict=True))
        self._device[self.program.x] = batch
        self._host: dict[int, np.ndarray] = {}
        self._lock = threading.Lock()

    def array(self, number: int) -> np.ndarray:
        """A value on the host."""
        with self._lock:
            if number not in self._host:
                self._host[number] = np.asarray(self._find(number))
            return self._host[number]

    def device(self, number: int) -> Any:
        """A value where it was computed."""
        with self._lock:
            return self._find(number)

    def at(self, number: int, index: Index) -> Any:
        """One element of a value, as a float; or many, float64, where the index has arrays."""
        number, index = self.origin(number, index)
        found = self.array(number)
        taken = found[index] if found.ndim else found
        return taken.astype(np.float64) if np.ndim(taken) else float(taken)

    def origin(self, number: int, index: Index) -> tuple[int, Index]:
        """The element that an element was, before all that only moved it."""
        while number not in self._device and number in self.program.live:
            operation = self.program.producer[number]
            came = before(operation, index, self.shape(operation.inputs[0]))
            if came is None:
                break
            number, index = operation.inputs[0], came
        return number, index

    def shape(self, number: int) -> tuple[int, ...]:
        """Of a value."""
        return tuple(self.program.avals[number].shape)

    def _find(self, number: int) -> Any:
        if number in self._device:
            return self._device[number]
        if number in self.program.literals:
            return self.program.literals[number]
        if number in self._traced.frozen:
            return self._traced.frozen[number]
        operation = self.program.producer[number]  # moves what there is
        found = operation(*(self._find(each) for each in operation.inputs))
        self._device.update(zip(operation.outputs, found, strict=True))
        return self._device[number]


def _kept(traced: TracedProgram) -> tuple[int, ...]:
    """Numbers of what is not merely moved, and of what windows and sums are taken of."""
    program = traced.program
    kept: dict[int, None] = {}
    for operation in program.operations:
        if not any(value in program.live for value in operation.inputs):
            continue
        if operation.name not in PLUMBING:
            kept.update(dict.fromkeys(operation.outputs))
        if operation.name not in ELEMENTWISE | PLUMBING:
            kept.update(dict.fromkeys(v for v in operation.inputs if v in program.live))
    kept.pop(program.x, None)
    return tuple(value for value in kept if _is_number(program.avals[value].dtype))


def _is_number(dtype: Any) -> bool:
    return any(jnp.issubdtype(dtype, kind) for kind in (jnp.number, jnp.bool_))


def _pass(replay: Replay, x: jax.Array, *, numbers: tuple[int, ...]) -> list[jax.Array]:
    return replay.values(x, numbers)
