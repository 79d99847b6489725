"""Rules for ReLU: what of the gradient passes where it is not the gradient that one wants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from ..tracing.operation import Operation
from ..tracing.rules import Function, Rule, RuleBook, with_vjp
from .frozen import FAST


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


def _redirected(g: jax.Array, x: jax.Array) -> jax.Array:
    places = tuple(range(1, g.ndim))
    passed = jnp.where(x > 0, g, 0)
    alive = (passed != 0).any(places, keepdims=True)
    lowers_further = (x < 0) & (g > 0)
    return jnp.where(alive, passed, jnp.where(lowers_further, 0, g))


REDIRECTED = RuleBook("redirected ReLU", {**FAST.table, "relu": _relu_backward(_redirected)})
"""A way out of a dead start, for the gradient of a loss, which goes down.

Where nothing of an example's gradient passes a ReLU, all of it does, but for what would lower an
input that is negative already. Other examples of the batch keep their gradient. As in Lucid,
https://github.com/tensorflow/lucid, `redirected_relu_grad`.
"""
