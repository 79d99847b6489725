"""Rules for ReLU: what of the gradient passes where it is not the gradient that one wants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from .frozen import FAST
from .operation import Operation
from .rules import Function, Rule, RuleBook, with_vjp


def _relu_backward(backward: Callable[[jax.Array, jax.Array], jax.Array]) -> Rule:
    """A rule for ReLU from `backward(g, x)`, the gradient to its input `x`."""

    def apply(operation: Operation, _: None) -> Function:
        def relu(*inputs: Any) -> jax.Array:
            return operation(*inputs)[0]

        def forward(*inputs: Any) -> tuple[jax.Array, Any]:
            return relu(*inputs), inputs

        def vjp(inputs: tuple[Any, ...], g: jax.Array) -> tuple[Any, ...]:
            # `maximum(0, x)` has the zero as an input too; the array is the one of g's shape
            return tuple(backward(g, x) if jnp.shape(x) == g.shape else None for x in inputs)

        ruled = with_vjp(relu, forward, vjp)
        return lambda *inputs: [ruled(*inputs)]

    return Rule(apply)


def relu_rules(name: str, backward: Callable[[jax.Array, jax.Array], jax.Array]) -> RuleBook:
    """A book in which every ReLU is differentiated by `backward(g, x)`.

    Another activation is refused by name, for the method is not defined for it; so are loops and
    conditions, which may hold one.
    """
    return RuleBook(
        name,
        {**FAST.table, "relu": _relu_backward(backward)},
        covers=frozenset(["activation", "recurrent", "loop", "condition"]),
        knows=frozenset(["relu", "softmax", "log_softmax"]),
    )


GUIDED = relu_rules(
    "guided backpropagation", lambda g, x: jnp.maximum(g, 0) * (x > 0).astype(g.dtype)
)
"""Springenberg et al. 2015, https://arxiv.org/abs/1412.6806."""
