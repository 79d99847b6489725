"""What is done to one number on its way: each operation of the program as a line of arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...network.tracing.operation import Operation
from .explained import Arithmetic

_SECOND: dict[str, tuple[str, str]] = {  # by whether the number comes first or second
    "add": ("add", "add"),
    "add_any": ("add", "add"),
    "sub": ("subtract", "subtract_from"),
    "mul": ("multiply", "multiply"),
    "div": ("divide", "divide_into"),
    "max": ("maximum", "maximum"),
    "min": ("minimum", "minimum"),
    "relu": ("maximum", "maximum"),
}

_COMPUTE: dict[str, Callable[[float, float], float]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "subtract_from": lambda a, b: b - a,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: float(np.divide(a, b)),
    "divide_into": lambda a, b: float(np.divide(b, a)),
    "maximum": lambda a, b: float(np.maximum(a, b)),
    "minimum": lambda a, b: float(np.minimum(a, b)),
}


@dataclass(frozen=True)
class Line:
    """One operation on the number that is followed; `given` is what the network had after it.

    Both numbers are arrays where many elements are followed at once.
    """

    operation: str
    operand: Any
    given: Any

    @property
    def computed(self) -> bool:
        """Whether the operand says all; else the network is asked for what comes out."""
        return self.operation in _COMPUTE and self.operand is not None


def line(operation: Operation, followed: int, operand: Any, given: Any) -> Line:
    """An operation as a line.

    Args:
        operation: the operation.
        followed: which of its inputs is the number, 0 or 1.
        operand: the other number, if there is one.
        given: what came out in the network.
    """
    name = operation.equation.primitive.name
    if operand is not None and name in _SECOND:
        return Line(_SECOND[name][followed], operand, given)
    return Line(operation.name, None, given)


def fold(start: float, lines: Sequence[Line]) -> tuple[tuple[Arithmetic, ...], float]:
    """Do what the lines say to a number; what it becomes after each, and in the end.

    A function of one number is taken as the network computed it.
    """
    done: list[Arithmetic] = []
    for each in lines:
        compute = _COMPUTE.get(each.operation)
        with np.errstate(all="ignore"):
            start = compute(start, each.operand) if compute and each.computed else each.given
        done.append(Arithmetic(each.operation, each.operand, start))
    return tuple(done), start
