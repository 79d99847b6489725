"""Gradient rules: how an operation is differentiated, as a table from its name to a rule.

A rule leaves what an operation computes as it is and replaces its backward pass. Guided
backpropagation, the deconvolution network, redirected ReLU and the like are each such a table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax

from ..errors import UnknownOperationError
from .operation import Operation

Function = Callable[..., Sequence[jax.Array]]


@dataclass(frozen=True)
class Rule:
    """Another backward pass for one kind of operation.

    Attributes:
        apply: gives the function to use in place of an operation, or `None` to leave it alone.
            It gets the operation and what `prepare` made of it.
        prepare: what can be computed once from the operation's inputs that do not depend on `x`
            (`None` stands for those that do): arrays, or `None` if there is nothing.
        plain: whether it gives the gradient that JAX gives, and is there to be faster.
    """

    apply: Callable[[Operation, Any], Function | None]
    prepare: Callable[[Operation, Sequence[jax.Array | None]], Any] | None = None
    plain: bool = False


@dataclass(frozen=True, eq=False)
class RuleBook:
    """A named table of rules.

    Attributes:
        name: of the method, for messages.
        table: from an operation's name to its rule.
        covers: kinds of steps (`activation`, …) that must be known; another one is refused.
        knows: labels of the steps of those kinds for which the method is defined.
    """

    name: str
    table: Mapping[str, Rule] = field(default_factory=dict)
    covers: frozenset[str] = frozenset()
    knows: frozenset[str] = frozenset()

    def function(self, operation: Operation, prepared: Any) -> Function:
        """The function that computes `operation`, with this book's backward pass."""
        rule = self.table.get(operation.name)
        return (rule and rule.apply(operation, prepared)) or operation

    def is_plain(self, operation: Operation) -> bool:
        """Whether this book gives an operation the gradient that JAX gives it."""
        rule = self.table.get(operation.name)
        return rule is None or rule.plain

    def check(self, layer: str, kind: str, label: str) -> None:
        """Refuse a step for which the method is not defined.

        Raises:
            UnknownOperationError: names the step and its layer.
        """
        if kind in self.covers and label not in self.knows:
            raise UnknownOperationError(
                f"{self.name} has no rule for the operation {label!r} in layer {layer!r}; it "
                f"knows: {', '.join(sorted(self.knows))}. Choose a method without rules, or give "
                "a RuleBook that has one."
            )


def with_vjp(
    function: Callable[..., jax.Array], forward: Callable[..., Any], backward: Callable[..., Any]
) -> Callable[..., jax.Array]:
    """`function` with another backward pass, as `jax.custom_vjp` wants it."""
    ruled = jax.custom_vjp(function)
    ruled.defvjp(forward, backward)
    return ruled


def ruled_with(
    known: Mapping[int, jax.Array],
    function: Callable[[Mapping[int, jax.Array]], Function],
    backward: Callable[..., Sequence[jax.Array]],
    passed: Sequence[int],
) -> Function:
    """A function of one result, made of known values, with another backward pass.

    The known values are handed on as arguments: in a loop they are of one turn, and a backward pass
    may not hold on to them.

    Args:
        known: values that do not depend on the input, by number.
        function: gives, of them, the function.
        backward: `backward(known, f, inputs, result, g)` for the inputs passed and `f` of them.
        passed: places of the inputs that do not count as constants.

    Returns:
        The function of the inputs, which gives a list of one array.
    """
    numbers = tuple(known)

    def call(inputs: Sequence[jax.Array], given: Sequence[jax.Array]) -> jax.Array:
        return function(dict(zip(numbers, given, strict=True)))(*inputs)[0]

    def forward(inputs: Sequence[jax.Array], given: Sequence[jax.Array]) -> tuple[Any, Any]:
        result = call(inputs, given)
        return result, (inputs, given, result)

    def back(kept: Any, g: jax.Array) -> tuple[Any, None]:
        inputs, given, result = kept
        named = dict(zip(numbers, given, strict=True))

        def of_passed(*values: jax.Array) -> Sequence[jax.Array]:
            replaced = dict(zip(passed, values, strict=True))
            return function(named)(*(replaced.get(k, value) for k, value in enumerate(inputs)))

        found = backward(named, of_passed, [inputs[k] for k in passed], result, g)
        placed = dict(zip(passed, found, strict=True))
        return tuple(placed.get(k) for k in range(len(inputs))), None

    found = with_vjp(call, forward, back)

    def evaluate(*inputs: jax.Array) -> list[jax.Array]:
        stop = jax.lax.stop_gradient
        taken = tuple(v if k in passed else stop(v) for k, v in enumerate(inputs))
        return [found(taken, tuple(stop(value) for value in known.values()))]

    return evaluate


NO_RULES = RuleBook("plain gradients")
