"""Operations put together into the steps that a person would name.

A convolution comes as three equations, a softmax as nine, GELU as eight. `group` takes a run of
operations of one module call and joins them:

1. `_pieces`: a heavy operation is a piece of its own; light ones between two points where a single
   value passes are one piece (so all of GELU is one, while ReLU then tanh are two).
2. `_join`: a bias joins its convolution, the division joins the sum of an average pool, the three
   pieces of a softmax become one, and so on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import jax.numpy as jnp

from ..tracing.operation import Operation
from ..tracing.program import Program
from ..tracing.vocabulary import (
    ACTIVATIONS,
    AFFINE,
    ELEMENTWISE,
    LOOPS,
    NONLINEAR,
    PLUMBING,
    REDUCTIONS,
)

# Functions that are no activations, and are more to a person than the steps they consist of.
_FUNCTIONS = {"standardize": "norm"}


@dataclass
class Group:
    """Operations that are one step.

    Attributes:
        kind: of the step (`conv`, `activation`, `pool`, …).
        label: what it would be called without a name of its own (`relu`, `max_pool`).
        operations: in order.
    """

    kind: str
    label: str
    operations: list[Operation] = field(default_factory=list)

    @property
    def names(self) -> set[str]:
        """Which operations there are."""
        return {operation.name for operation in self.operations}


class Dataflow:
    """Who uses a value, and whether it depends on the input."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.users: dict[int, list[int]] = {}
        for operation in program.operations:
            for value in set(operation.inputs):
                self.users.setdefault(value, []).append(operation.index)
        self.outputs = set(program.outputs)
        self.sizes = {value: _parameters(program.avals[value]) for value in program.weights}

    def inputs(self, operations: Sequence[Operation]) -> list[int]:
        """Values that depend on the input and come from outside `operations`, each once."""
        made = {value for operation in operations for value in operation.outputs}
        taken = (v for op in operations for v in op.inputs if v in self.program.live)
        return list(dict.fromkeys(value for value in taken if value not in made))

    def shape(self, value: int) -> tuple[int, ...]:
        """Of a value."""
        return tuple(self.program.avals[value].shape)

    def shapes(self, operation: Operation) -> list[tuple[int, ...]]:
        """Of what an operation takes."""
        return [self.shape(value) for value in operation.inputs]

    def weights(self, operations: Sequence[Operation]) -> list[int]:
        """The weights that `operations` use, directly or through values prepared from them."""
        found: dict[int, None] = {}
        seen: set[int] = set()
        queue = [value for operation in operations for value in operation.inputs]
        while queue:
            value = queue.pop()
            if value in seen or value in self.program.live:
                continue
            seen.add(value)
            if value in self.sizes:
                found[value] = None
            elif value in self.program.producer:
                queue.extend(self.program.producer[value].inputs)
        return list(found)

    def results(self, operations: Sequence[Operation]) -> list[int]:
        """Values made by `operations` that something else uses."""
        inside = {operation.index for operation in operations}
        return [
            value
            for operation in operations
            for value in operation.outputs
            if value in self.outputs or any(u not in inside for u in self.users.get(value, ()))
        ]

    def result(self, operations: Sequence[Operation]) -> int:
        """The value that `operations` are there for: the last one that something else uses."""
        results = self.results(operations)
        return results[-1] if results else operations[-1].outputs[0]


def _parameters(aval: Any) -> int:
    return math.prod(aval.shape) if jnp.issubdtype(aval.dtype, jnp.floating) else 0


def group(flow: Dataflow, run: Sequence[Operation]) -> list[Group]:
    """The steps of a run of operations, in order."""
    groups: list[Group] = []
    for piece in _pieces(flow, run):
        new = _classify(flow, piece)
        if not (groups and _join(flow, groups, new)):
            groups.append(new)
    return groups


def is_heavy(operation: Operation) -> bool:
    """Whether an operation is a step by itself, as opposed to part of a formula."""
    light = ELEMENTWISE | PLUMBING | REDUCTIONS
    custom = operation.equation.primitive.name.startswith("custom_")
    return custom or operation.name not in light


def _pieces(flow: Dataflow, run: Sequence[Operation]) -> list[list[Operation]]:
    pieces: list[list[Operation]] = []
    start = 0
    while start < len(run):
        end = _end_of_piece(flow, run, start)
        pieces.append(list(run[start:end]))
        start = end
    return pieces


def _end_of_piece(flow: Dataflow, run: Sequence[Operation], start: int) -> int:
    first = run[start]
    if first.function is not None:
        same = (k for k in range(start, len(run)) if run[k].function != first.function)
        return next(same, len(run))
    if is_heavy(first) or len(flow.inputs([first])) != 1:
        return start + 1
    stop = start
    while stop < len(run) and not is_heavy(run[stop]) and run[stop].function is None:
        stop += 1
    later_inputs = [set(operation.inputs) for operation in run[start:stop]]
    entry = flow.inputs([first])[0]
    for end in range(start + 1, stop + 1):
        piece = run[start:end]
        if flow.inputs(piece) != [entry]:
            break
        crossing = set(flow.results(piece)) <= set(run[end - 1].outputs)
        still_used = any(entry in inputs for inputs in later_inputs[end - start :])
        if crossing and not still_used:
            return end
    return start + 1


def _classify(flow: Dataflow, piece: list[Operation]) -> Group:
    """Name a piece by what stands in it."""
    live = flow.program.live
    first = piece[0]
    if first.function is not None:
        called = first.function[0]
        kind = "activation" if called in ACTIVATIONS else _FUNCTIONS.get(called, "other")
        return Group(kind, called, piece)
    name = first.name
    if len(piece) == 1:
        primitive = first.equation.primitive.name
        if name == "conv_general_dilated":
            return Group("conv", _conv_label(first), piece)
        if name == "dot_general":
            both = all(value in live for value in first.inputs)
            return Group("matmul", "matmul", piece) if both else Group("dense", "dense", piece)
        if primitive.startswith("reduce_window"):
            label = {"reduce_window_max": "max_pool", "reduce_window_sum": "avg_pool"}
            return Group("pool", label.get(primitive, "pool"), piece)
        if name in LOOPS:
            return Group(LOOPS[name], name, piece)
        if name == "concatenate":
            return Group("concat", "concat", piece)
        if name == "gather" and first.inputs[0] not in live:
            return Group("embedding", "embedding", piece)
        if name in ("add", "mul", "sub", "div", "max") and len(flow.inputs(piece)) == 2:
            label = {"add": "add", "mul": "multiply", "sub": "subtract", "div": "divide"}
            return Group("add" if name == "add" else "combine", label.get(name, name), piece)
        if primitive.startswith("custom_") and flow.shape(first.outputs[0]) in flow.shapes(first):
            return Group("activation", name, piece)
    return _classify_light(piece)


def _classify_light(piece: list[Operation]) -> Group:
    names = {operation.name for operation in piece}
    if names <= PLUMBING:
        out: Any = piece[-1].equation.outvars[0]
        label = "flatten" if len(out.aval.shape) == 2 and "reshape" in names else "reshape"
        only = next(iter(names)) if len(names) == 1 else ""
        return Group("reshape", only if only in ("transpose", "slice") else label, piece)
    if {"exp", "reduce_sum", "div"} <= names:
        return Group("activation", "softmax", piece)
    if "rsqrt" in names or ("sqrt" in names and "div" in names):
        return Group("norm", "norm", piece)
    if names & REDUCTIONS:
        return Group("reduce", _reduction_label(names), piece)
    if names <= AFFINE | PLUMBING:
        return Group("scale", "scale", piece)
    if names <= ELEMENTWISE | PLUMBING:
        return Group("activation", _activation_label(piece), piece)
    return Group("other", piece[0].name, piece)


def _conv_label(operation: Operation) -> str:
    params = operation.params
    if any(d > 1 for d in params["lhs_dilation"]):
        return "conv_transpose"
    x: Any = operation.equation.invars[0]
    channels = x.aval.shape[params["dimension_numbers"].lhs_spec[1]]
    groups = params["feature_group_count"]
    return "depthwise_conv" if groups > 1 and groups == channels else "conv"


def _reduction_label(names: set[str]) -> str:
    if "exp" in names and "log" in names:
        return "logsumexp"
    if "reduce_sum" in names:
        return "mean" if "div" in names or "mul" in names else "sum"
    return min(names & REDUCTIONS).removeprefix("reduce_")


# An activation written out as a formula, by operations that no other one has.
_FORMULAS = (
    ({"tanh", "integer_pow"}, "gelu"),
    ({"erf"}, "gelu"),
    ({"erfc"}, "gelu"),
    ({"tanh", "log1p"}, "mish"),
    ({"logistic", "mul"}, "silu"),
    ({"log1p", "exp"}, "softplus"),
    ({"expm1"}, "elu"),
    ({"logistic"}, "sigmoid"),
)


def _activation_label(piece: list[Operation]) -> str:
    names = {operation.name for operation in piece}
    for signature, label in _FORMULAS:
        if signature <= names:
            return label
    bent = [operation.name for operation in piece if operation.name in NONLINEAR]
    return bent[0] if bent else piece[0].name


def _join(flow: Dataflow, groups: list[Group], new: Group) -> bool:
    """Let the last group take `new` in, where both are one step; says whether it did."""
    last = groups[-1]
    if flow.inputs(new.operations) != [flow.result(last.operations)]:
        return False
    if len(flow.results(last.operations)) > 1:
        return False
    if _is_bias(last, new):
        return _absorb(last, new)
    if last.kind == "reshape" and len(groups) > 1 and _is_bias(groups[-2], new):
        _absorb(groups[-2], groups.pop())
        return _absorb(groups[-1], new)
    if last.kind == new.kind == "reshape":
        last.label = new.label
        return _absorb(last, new)
    if _is_trivial(new):
        return _absorb(last, new)
    if new.kind == "scale":
        return _join_scale(last, new)
    return _join_softmax(groups, new)


def _absorb(last: Group, new: Group) -> bool:
    last.operations.extend(new.operations)
    return True


def _is_bias(last: Group, new: Group) -> bool:
    unbiased = last.kind in ("conv", "dense", "matmul") and "add" not in last.names
    return unbiased and new.kind == "scale" and new.names <= {"add"} | PLUMBING


def _is_trivial(new: Group) -> bool:
    """Only casts and axes of size one: nothing a person would call a step."""
    return new.kind == "reshape" and not new.names & {"reshape", "transpose", "rev", "slice"}


def _join_scale(last: Group, new: Group) -> bool:
    if last.label in ("avg_pool", "sum") and new.names & {"div", "mul"}:
        last.label = "avg_pool" if last.kind == "pool" else "mean"
        return _absorb(last, new)
    return last.kind in ("scale", "norm") and _absorb(last, new)


def _join_softmax(groups: list[Group], new: Group) -> bool:
    """`x - max`, `exp`, and the division by the sum are one step, and so is their logarithm."""
    last = groups[-1]
    shift = last.kind == "reduce" and last.names & {"reduce_max"} and "sub" in last.names
    if shift and new.names & {"exp"}:
        whole = {"reduce_sum", "log"} <= new.names
        last.kind, last.label = "activation", "log_softmax" if whole else "softmax"
        return _absorb(last, new)
    if last.label == "exp" and {"reduce_sum", "div"} <= new.names:
        last.kind, last.label = "activation", "softmax"
        return _absorb(last, new)
    started = last.label == "softmax" and "exp" in last.names and "div" not in last.names
    return started and {"reduce_sum", "div"} <= new.names and _absorb(last, new)
