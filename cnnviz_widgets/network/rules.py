"""Gradient rules: how an operation is differentiated, as a table from its name to a rule.

A rule leaves what an operation computes as it is and replaces its backward pass. Guided
backpropagation, the deconvolution network, redirected ReLU and the like are each such a table.

`FROZEN` is on by default. While a person looks at a network its weights do not change, so the
gradient of a convolution to its input is a plain convolution with a kernel that was flipped once,
and the gradient of a max-pool needs no search. Both give what `jax.grad` gives.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from .errors import UnknownOperationError
from .operation import Operation

Function = Callable[..., Sequence[jax.Array]]


@dataclass(frozen=True)
class Rule:
    """Another backward pass for one kind of operation.

    Attributes:
        apply: gives the function to use in place of an operation, or `None` to leave it alone.
            It gets the operation and what `prepare` made of it.
        prepare: what can be computed once from the operation's inputs that do not depend on `x`
            (`None` stands for those that do), or `None`.
    """

    apply: Callable[[Operation, Any], Function | None]
    prepare: Callable[[Operation, Sequence[jax.Array | None]], jax.Array | None] | None = None


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


def _with_vjp(
    function: Callable[..., jax.Array], forward: Callable[..., Any], backward: Callable[..., Any]
) -> Callable[..., jax.Array]:
    ruled = jax.custom_vjp(function)
    ruled.defvjp(forward, backward)
    return ruled


def _flipped_kernel(operation: Operation, inputs: Sequence[jax.Array | None]) -> jax.Array | None:
    """The kernel of a convolution turned about, with its input and output channels exchanged."""
    kernel = inputs[1]
    if kernel is None or operation.params["batch_group_count"] != 1:
        return None
    out_axis, in_axis, *spatial = operation.params["dimension_numbers"].rhs_spec
    groups = operation.params["feature_group_count"]
    kernel = lax.rev(kernel, spatial)
    if groups == 1:
        return jnp.swapaxes(kernel, in_axis, out_axis)
    # (…, in / groups, …, groups * out) -> (…, groups * in, …, out): each group is exchanged alone.
    moved = jnp.moveaxis(kernel, (out_axis, in_axis), (0, 1))
    split = moved.reshape(groups, -1, *moved.shape[1:])
    exchanged = jnp.swapaxes(split, 1, 2).reshape(-1, split.shape[1], *moved.shape[2:])
    return jnp.moveaxis(exchanged, (0, 1), (out_axis, in_axis))


def _transposed_padding(operation: Operation) -> list[tuple[int, int]]:
    params = operation.params
    dims = params["dimension_numbers"]
    invars: Any = operation.equation.invars
    x, kernel = (v.aval.shape for v in invars)
    outvars: Any = operation.equation.outvars
    y = outvars[0].aval.shape
    padding = []
    for axis in range(len(dims.lhs_spec) - 2):
        size = (x[dims.lhs_spec[2 + axis]] - 1) * params["lhs_dilation"][axis] + 1
        reach = (kernel[dims.rhs_spec[2 + axis]] - 1) * params["rhs_dilation"][axis] + 1
        given = (y[dims.out_spec[2 + axis]] - 1) * params["window_strides"][axis] + 1
        before = reach - params["padding"][axis][0] - 1
        padding.append((before, size + reach - 1 - given - before))
    return padding


def _frozen_convolution(operation: Operation, flipped: jax.Array | None) -> Function | None:
    if flipped is None:
        return None
    params = operation.params
    dims = params["dimension_numbers"]
    padding = _transposed_padding(operation)
    x: Any = operation.equation.invars[0]

    def convolve(x: jax.Array, kernel: jax.Array, _: jax.Array) -> jax.Array:
        return operation(x, kernel)[0]

    def forward(x: jax.Array, kernel: jax.Array, flipped: jax.Array) -> tuple[Any, Any]:
        return convolve(x, kernel, flipped), flipped

    def backward(flipped: jax.Array, g: jax.Array) -> tuple[Any, ...]:
        dx = lax.conv_general_dilated(
            g,
            flipped.astype(g.dtype),
            window_strides=params["lhs_dilation"],
            padding=padding,
            lhs_dilation=params["window_strides"],
            rhs_dilation=params["rhs_dilation"],
            dimension_numbers=type(dims)(dims.out_spec, dims.rhs_spec, dims.lhs_spec),
            feature_group_count=params["feature_group_count"],
            precision=params["precision"],
        )
        return dx.astype(x.aval.dtype), None, None

    ruled = _with_vjp(convolve, forward, backward)
    return lambda x, kernel: [ruled(x, kernel, flipped)]


def _windows(operation: Operation) -> tuple[int, ...] | None:
    """The window of a max-pool whose windows neither overlap nor are padded, else `None`."""
    params = operation.params
    plain = (
        params["window_dimensions"] == params["window_strides"]
        and all(pad == (0, 0) for pad in params["padding"])
        and math.prod(params["base_dilation"]) == math.prod(params["window_dilation"]) == 1
    )
    return tuple(params["window_dimensions"]) if plain else None


def _first_maximum(operation: Operation, _: None) -> Function | None:
    """Max-pool whose gradient goes to the first maximum of each window, as JAX's own does.

    Comparing each place of the window with its maximum needs no search (`select_and_scatter`).
    """
    window = _windows(operation)
    if window is None:
        return None
    axes = [axis for axis, size in enumerate(window) if size > 1]

    def pool(x: jax.Array) -> jax.Array:
        return operation(x)[0]

    def forward(x: jax.Array) -> tuple[jax.Array, Any]:
        y = pool(x)
        return y, (x, y)

    def backward(kept: tuple[jax.Array, jax.Array], g: jax.Array) -> tuple[jax.Array]:
        x, y = kept
        taken = jnp.zeros(y.shape, bool)
        parts = {}
        for place in itertools.product(*(range(window[axis]) for axis in axes)):
            start, stop, stride = [0] * x.ndim, list(x.shape), [1] * x.ndim
            for axis, offset in zip(axes, place, strict=True):
                start[axis], stride[axis] = offset, window[axis]
                stop[axis] = offset + (y.shape[axis] - 1) * window[axis] + 1
            won = (lax.slice(x, start, stop, stride) == y) & ~taken
            taken |= won
            parts[place] = jnp.where(won, g, 0)
        return (_interleaved(parts, axes, window, x.shape),)

    ruled = _with_vjp(pool, forward, backward)
    return lambda x: [ruled(x)]


def _interleaved(
    parts: dict[tuple[int, ...], jax.Array],
    axes: Sequence[int],
    window: Sequence[int],
    shape: Sequence[int],
) -> jax.Array:
    """Put the gradient of every place of the windows back where it belongs; zero for the rest."""
    for axis in reversed(axes):
        joined = {}
        for place in sorted({key[:-1] for key in parts}):
            row = jnp.stack([parts[*place, k] for k in range(window[axis])], axis=axis + 1)
            merged = list(row.shape)
            merged[axis : axis + 2] = [merged[axis] * merged[axis + 1]]
            row = row.reshape(merged)
            rest = [(0, 0)] * row.ndim
            rest[axis] = (0, shape[axis] - row.shape[axis])
            joined[place] = jnp.pad(row, rest)
        parts = joined
    return parts[()]


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

        ruled = _with_vjp(relu, forward, vjp)
        return lambda *inputs: [ruled(*inputs)]

    return Rule(apply)


NO_RULES = RuleBook("plain gradients")

FROZEN = RuleBook(
    "frozen weights",
    {
        "conv_general_dilated": Rule(_frozen_convolution, _flipped_kernel),
        "reduce_window_max": Rule(_first_maximum),
    },
)


def relu_rules(name: str, backward: Callable[[jax.Array, jax.Array], jax.Array]) -> RuleBook:
    """A book in which every ReLU is differentiated by `backward(g, x)`.

    Another activation is refused by name, for the method is not defined for it; so are loops and
    conditions, which may hold one.
    """
    return RuleBook(
        name,
        {**FROZEN.table, "relu": _relu_backward(backward)},
        covers=frozenset(["activation", "recurrent", "loop", "condition"]),
        knows=frozenset(["relu", "softmax", "log_softmax"]),
    )


GUIDED = relu_rules(
    "guided backpropagation", lambda g, x: jnp.maximum(g, 0) * (x > 0).astype(g.dtype)
)
"""Springenberg et al. 2015, https://arxiv.org/abs/1412.6806."""
