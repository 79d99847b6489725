"""The roles of all axes in a program, found by walking it once from the input."""

from __future__ import annotations

import jax.numpy as jnp

from ..tracing.program import Program
from .axis import BATCH, CHANNEL, Axes, Axis
from .axis_rules import step


def input_axes(rank: int, tokens: bool = False) -> Axes:
    """Roles of a batch with channels last, such as NHWC; ids of tokens have places alone."""
    if tokens:
        return (BATCH, *(Axis("spatial", k) for k in range(rank - 1)))
    return (BATCH, *(Axis("spatial", k) for k in range(rank - 2)), *([CHANNEL] * (rank > 1)))


def find_axes(program: Program) -> dict[int, Axes]:
    """The roles of every value that depends on the input."""
    x = program.avals[program.x]
    axes = {program.x: input_axes(len(x.shape), jnp.issubdtype(x.dtype, jnp.integer))}
    for operation in program.operations:
        if not any(value in program.live for value in operation.inputs):
            continue
        given = [axes.get(value) for value in operation.inputs]
        results = step(operation.name, operation.equation, given)
        for value, found in zip(operation.outputs, results, strict=True):
            rank = len(program.avals[value].shape)
            axes[value] = found if found is not None and len(found) == rank else (None,) * rank
    return axes
