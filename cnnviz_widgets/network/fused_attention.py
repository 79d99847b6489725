"""Attention that one fused kernel computes, so that its weights never are a value.

cuDNN's and Pallas's kernels go through the keys block by block and keep only what is summed. Such
an operation is told by its name, to be spoken of: there is nothing of it that could be shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jax.extend import core

from .traced import TracedProgram

_WORDS = ("attention", "mha", "splash")
_KERNELS = ("pallas_call", "ffi_call", "tpu_custom_call")


def find_fused_attention(traced: TracedProgram) -> tuple[str, ...]:
    """Names of the layers in which a fused kernel computes attention, in order."""
    names: dict[str, None] = {}
    for operation in traced.program.needed(traced.program.outputs, ()):
        if any(_is_fused(equation) for equation in _with_inner(operation.equation)):
            owner = traced.layout.owners.get(operation.index)
            names[owner or "/".join(operation.scope) or operation.name] = None
    return tuple(names)


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
