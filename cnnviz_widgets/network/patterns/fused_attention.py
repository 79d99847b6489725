"""Attention that cannot be shown, to be spoken of.

cuDNN's and Pallas's kernels go through the keys block by block and keep only what is summed, so
that the weights never are a value. Such an operation is told by its name. Nor is there one value
for what a `while` loop, a branch or a loop within a loop computes: where a softmax and products
are in there, it may be attention.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jax.extend import core

from ..traced import TracedProgram
from ..tracing.operation import Operation
from ..tracing.vocabulary import LOOPS
from .attention import all_attention

_WORDS = ("attention", "mha", "splash")
_KERNELS = ("pallas_call", "ffi_call", "tpu_custom_call")
_SOFTMAX = frozenset({"exp", "reduce_sum", "dot_general"})
_PRODUCTS = 2


def find_fused_attention(traced: TracedProgram) -> tuple[str, ...]:
    """Names of the layers in which a fused kernel computes attention, in order."""
    names: dict[str, None] = {}
    for operation in traced.program.needed(traced.program.outputs, ()):
        if any(_is_fused(equation) for equation in _with_inner(operation.equation)):
            names[_name(traced, operation)] = None
    return tuple(names)


def find_hidden_attention(traced: TracedProgram) -> tuple[tuple[str, str], ...]:
    """Layers that may pay attention where none is looked for, each with what hides it."""
    shown = {layer.loop for layer in all_attention(traced)}
    found: dict[str, str] = {}
    for operation in traced.program.needed(traced.program.outputs, ()):
        if operation.name in LOOPS and operation.index not in shown and _may_attend(operation):
            found[_name(traced, operation)] = operation.name
    return tuple(found.items())


def _name(traced: TracedProgram, operation: Operation) -> str:
    owner = traced.layout.owners.get(operation.index)
    return owner or "/".join(operation.scope) or operation.name


def _may_attend(operation: Operation) -> bool:
    inside = [equation.primitive.name for equation in _with_inner(operation.equation)]
    return set(inside) >= _SOFTMAX and inside.count("dot_general") >= _PRODUCTS


def _is_fused(equation: core.JaxprEqn) -> bool:
    name = equation.primitive.name
    if name in _KERNELS:
        kernel = (equation.params.get(key) for key in ("name", "name_and_src_info", "target_name"))
        return any(word in str(each) for each in kernel if each is not None for word in _WORDS)
    return "attention" in name


def _with_inner(equation: core.JaxprEqn) -> Iterator[core.JaxprEqn]:
    """An equation and all that are inside of it."""
    yield equation
    for value in equation.params.values():
        for jaxpr in _jaxprs(value):
            for inner in jaxpr.eqns:
                yield from _with_inner(inner)


def _jaxprs(value: Any) -> Iterator[core.Jaxpr]:
    if isinstance(value, core.ClosedJaxpr):
        yield value.jaxpr
    elif isinstance(value, core.Jaxpr):
        yield value
    elif isinstance(value, tuple | list):
        for each in value:
            yield from _jaxprs(each)
