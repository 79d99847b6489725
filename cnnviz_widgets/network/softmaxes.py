"""Softmaxes of a traced program, found by what they compute.

A softmax is an exponential divided by its own sum, whether a framework calls a function for it or
writes it out. A model may shift it by its largest value first, or multiply by a reciprocal.
"""

from __future__ import annotations

from collections.abc import Sequence

from .operation import Operation
from .program import Program
from .vocabulary import CUSTOM_CALLS, INLINED, PLUMBING, inner_jaxpr

_PARTS = frozenset({"exp", "reduce_sum", "div"})


def scores_of(program: Program, operation: Operation) -> int | None:
    """What an operation takes the softmax of; `None` if it ends none."""
    name = operation.equation.primitive.name
    if name in CUSTOM_CALLS:
        body, _ = inner_jaxpr(operation.params[CUSTOM_CALLS[name]])
        found = _primitives(body) >= _PARTS
        return _live(program, operation)[0] if found else None
    if name not in ("div", "mul"):
        return None
    for numerator in operation.inputs:
        exponential = _source(program, numerator, ("exp", "exp2"))
        rest = next((v for v in operation.inputs if v != numerator), None)
        if exponential is None or rest is None:
            continue
        total = _source(program, rest, ("reduce_sum", "dot_general"))
        if total and _source(program, total.inputs[0], ("exp", "exp2")) is exponential:
            return exponential.inputs[0]
    return None


def before_shift(program: Program, scores: int) -> int:
    """The scores before their largest value was taken off, which changes no softmax."""
    shift = program.producer.get(scores)
    if shift is None or shift.name != "sub":
        return scores
    most = _source(program, shift.inputs[1], ("reduce_max",))
    origin = _origin(program, shift.inputs[0])
    return origin if most and _origin(program, most.inputs[0]) == origin else scores


def _origin(program: Program, value: int) -> int:
    """What a value was before it was merely moved."""
    operation = program.producer.get(value)
    while operation is not None and operation.name in PLUMBING:
        value = operation.inputs[0]
        operation = program.producer.get(value)
    return value


def _source(program: Program, value: int, names: Sequence[str]) -> Operation | None:
    """The operation of one of these names that gives a value, seen through what fits shapes."""
    operation = program.producer.get(value)
    while operation is not None and operation.name not in names:
        live = _live(program, operation)
        fitted = operation.name in ("div", "integer_pow", "max") and len(live) == 1
        if operation.name not in PLUMBING and not fitted:
            return None
        operation = program.producer.get(live[0]) if live else None
    return operation


def _live(program: Program, operation: Operation) -> list[int]:
    return [value for value in operation.inputs if value in program.live]


def _primitives(jaxpr) -> set[str]:
    found: set[str] = set()
    for equation in jaxpr.eqns:
        name = equation.primitive.name
        found.add(name)
        for calls in (INLINED, CUSTOM_CALLS):
            if name in calls:
                found |= _primitives(inner_jaxpr(equation.params[calls[name]])[0])
    return found
