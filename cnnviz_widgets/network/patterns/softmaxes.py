"""Softmaxes of a traced program, found by what they compute, however they are written.

A library's own function is one custom call. By hand it is `exp(s) / sum(exp(s))`, or
`exp(s - log(sum(exp(s))))`; and attention that is written to save memory sums first and divides
the outcome by `sum(exp(s))`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..tracing.operation import Operation
from ..tracing.program import Program
from ..tracing.vocabulary import CUSTOM_CALLS, INLINED, PLUMBING, inner_jaxpr

EXPONENTIALS = ("exp", "exp2")
_SOFTMAX = frozenset({"exp", "reduce_sum", "div"})
_SUMS = ("reduce_sum", "dot_general")


def scores_of(program: Program, operation: Operation) -> int | None:
    """What an operation takes the softmax of; `None` if it ends none."""
    name = operation.equation.primitive.name
    if name in CUSTOM_CALLS:
        body, _ = inner_jaxpr(operation.params[CUSTOM_CALLS[name]])
        return _live(program, operation)[0] if _primitives(body) >= _SOFTMAX else None
    if name == "exp":
        return _less_log_of_sum(program, operation)
    if name not in ("div", "mul"):
        return None
    for numerator in operation.inputs:
        exponential = _source(program, numerator, EXPONENTIALS)
        if exponential and _divides_by_sum(program, operation, numerator, exponential):
            return exponential.inputs[0]
    return None


def divided_later(
    program: Program, exponential: Operation, product: Operation, operations: Iterable[Operation]
) -> bool:
    """Whether a product's outcome is what is divided by the sum of the weights it took."""
    for operation in operations:
        if operation.name in ("div", "mul"):
            for numerator in operation.inputs:
                whole = _source(program, numerator, ("dot_general",)) is product
                if whole and _divides_by_sum(program, operation, numerator, exponential):
                    return True
    return False


def before_shift(program: Program, scores: int) -> int:
    """The scores before their largest value was taken off, which changes no softmax."""
    shift = program.producer.get(scores)
    if shift is None or shift.name != "sub":
        return scores
    most = _source(program, shift.inputs[1], ("reduce_max",))
    origin = program.origin(shift.inputs[0])
    return origin if most and program.origin(most.inputs[0]) == origin else scores


def _divides_by_sum(
    program: Program, operation: Operation, numerator: int, exponential: Operation
) -> bool:
    rest = next((v for v in operation.inputs if v != numerator), None)
    total = None if rest is None else _source(program, rest, _SUMS)
    return bool(total) and _sums(program, total, exponential)


def _sums(program: Program, total: Operation, exponential: Operation | None = None) -> bool:
    found = _source(program, total.inputs[0], EXPONENTIALS)
    return found is not None and (exponential is None or found is exponential)


def _less_log_of_sum(program: Program, operation: Operation) -> int | None:
    """The scores of `exp(scores - log(sum(exp(...))))`, whatever their maximum is used for."""
    before = _source(program, operation.inputs[0], ("sub",))
    if before is None:
        return None
    scores, less = before.inputs
    shifted = _source(program, less, ("add", "add_any"))  # the maximum is added again
    for value in (less,) if shifted is None else shifted.inputs:
        logarithm = _source(program, value, ("log",))
        total = _source(program, logarithm.inputs[0], (*_SUMS, "abs")) if logarithm else None
        if total and total.name == "abs":  # JAX takes the logarithm of what has a sign besides
            total = _source(program, total.inputs[0], _SUMS)
        if total and _sums(program, total):
            return scores
    return None


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
