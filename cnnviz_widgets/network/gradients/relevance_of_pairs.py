"""Rules of relevance for what is made of two values that both depend on the input.

- A *gate* only lets through: the softmax of an attention, the sigmoid of an LSTM, a mask made of
  the input. It counts as a constant, and all relevance goes to what it lets through (Arras et al.
  2017, https://arxiv.org/abs/1706.07206; for attention Ali et al. 2022,
  https://arxiv.org/abs/2202.07304).
- What a value is divided by, or normalised by, counts as a constant likewise.
- Of any other product each factor gets a half, and a softmax is taken as linear around its scores
  (AttnLRP: Achtibat et al. 2024, https://arxiv.org/abs/2402.05602).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from ..patterns.softmaxes import before_shift, scores_of
from ..tracing.operation import Operation
from ..tracing.program import Program
from ..tracing.rules import Function
from ..tracing.vocabulary import AFFINE, CUSTOM_CALLS, PLUMBING
from .relevance_of_weights import stable

_GATES = frozenset(["logistic", "sigmoid", "hard_sigmoid", "rsqrt"])
_PASSED = PLUMBING | AFFINE | {"split", "dynamic_slice", "select_n", "max", "min", "clamp"}


def softmax_scores(program: Program, operation: Operation) -> int | None:
    """What an operation takes the softmax of, if it ends one that takes nothing else."""
    scores = scores_of(program, operation)
    if scores is None or scores not in program.live:
        return None
    if operation.equation.primitive.name in CUSTOM_CALLS:
        return scores if _live(program, operation) == [scores] else None
    return before_shift(program, scores)


def constant_factors(program: Program, operation: Operation, softmax: bool) -> list[int]:
    """Which factors of a product count as constants: gates, unless all of them are.

    Args:
        program: that it is part of.
        operation: a product or a quotient.
        softmax: whether a softmax is a gate.
    """
    if operation.name == "div":
        return [operation.inputs[1]]
    factors = dict.fromkeys(_live(program, operation))
    gates = [value for value in factors if _is_gate(program, value, softmax)]
    return gates if len(gates) < len(factors) else []


def _is_gate(program: Program, value: int, softmax: bool) -> bool:
    """Whether a value is a gate's, perhaps moved, scaled, or taken from one."""
    while is_real(program, value) and (operation := program.producer.get(value)) is not None:
        function = operation.function and operation.function[0]
        if operation.name in _GATES or function in _GATES:
            return True
        if scores_of(program, operation) is not None:
            return softmax
        live = _live(program, operation)
        if operation.name not in _PASSED or len(live) != 1:
            return False
        value = live[0]
    return not is_real(program, value)


def is_real(program: Program, value: int) -> bool:
    """Whether a value is of real numbers, unlike a mask, a count or an index."""
    return jnp.issubdtype(program.avals[value].dtype, jnp.floating)


def _live(program: Program, operation: Operation) -> list[int]:
    return [value for value in operation.inputs if value in program.live]


def shared(
    _known: Any,
    evaluate: Function,
    inputs: Sequence[jax.Array],
    output: jax.Array,
    relevance: jax.Array,
) -> Sequence[jax.Array]:
    """To each input by what it contributes, as if the function were linear."""
    _, back = jax.vjp(lambda *inputs: evaluate(*inputs)[0], *inputs)
    shares = back(relevance / stable(output))
    # Scores of minus infinity, which a mask leaves out, contribute nothing.
    return [
        jnp.where(share == 0, 0, value * share) for value, share in zip(inputs, shares, strict=True)
    ]


def halved(
    known: Any,
    evaluate: Function,
    inputs: Sequence[jax.Array],
    output: jax.Array,
    relevance: jax.Array,
) -> Sequence[jax.Array]:
    """Of a product of two values: each factor gets a half, by what it contributes."""
    return shared(known, evaluate, inputs, output, relevance / 2)
