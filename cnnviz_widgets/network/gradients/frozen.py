"""Faster gradients for frozen weights.

While a person looks at a network its weights do not change. The gradient of a convolution to its
input is then a plain convolution with a kernel that was flipped once, and the gradient of a
max-pool needs no search. Both give what `jax.grad` gives.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from ..tracing.operation import Operation
from ..tracing.rules import Function, Rule, RuleBook, with_vjp
from . import winograd


class _Convolution(NamedTuple):
    """A convolution whose kernel is known: `x` and `kernel` are shapes and dtypes."""

    x: Any
    kernel: Any
    params: dict[str, Any]

    @property
    def by_winograd(self) -> bool:
        return winograd.suits(self.x, self.kernel, self.params)

    def prepare(self, kernel: jax.Array) -> jax.Array:
        """What `__call__` takes for the kernel."""
        return winograd.transformed(kernel) if self.by_winograd else kernel

    def __call__(self, x: jax.Array, prepared: jax.Array) -> jax.Array:
        if self.by_winograd:
            return winograd.convolve(x, prepared, self.params["padding"], self.params["precision"])
        return lax.conv_general_dilated(x, prepared.astype(x.dtype), **self.params)


def _given(operation: Operation) -> _Convolution:
    """The convolution of an operation."""
    names = (
        "window_strides", "padding", "lhs_dilation", "rhs_dilation", "dimension_numbers",
        "feature_group_count", "batch_group_count", "precision",
    )  # fmt: skip
    invars: Any = operation.equation.invars
    x, kernel = (v.aval for v in invars)
    return _Convolution(x, kernel, {name: operation.params[name] for name in names})


def _transposed(operation: Operation) -> _Convolution:
    """The convolution that takes the gradient of an operation's output to that of its input."""
    x, kernel, params = _given(operation)
    dims = params["dimension_numbers"]
    outvars: Any = operation.equation.outvars
    y = outvars[0].aval
    padding = []
    for axis in range(len(dims.lhs_spec) - 2):
        size = (x.shape[dims.lhs_spec[2 + axis]] - 1) * params["lhs_dilation"][axis] + 1
        reach = (kernel.shape[dims.rhs_spec[2 + axis]] - 1) * params["rhs_dilation"][axis] + 1
        given = (y.shape[dims.out_spec[2 + axis]] - 1) * params["window_strides"][axis] + 1
        before = reach - params["padding"][axis][0] - 1
        padding.append((before, size + reach - 1 - given - before))
    changed = {
        "window_strides": params["lhs_dilation"],
        "lhs_dilation": params["window_strides"],
        "padding": padding,
        "dimension_numbers": type(dims)(dims.out_spec, dims.rhs_spec, dims.lhs_spec),
    }
    flipped = jax.eval_shape(lambda kernel: _flipped(operation, kernel), kernel)
    return _Convolution(y, flipped, {**params, **changed})


def _flipped(operation: Operation, kernel: jax.Array) -> jax.Array:
    """The kernel turned about, with its input and output channels exchanged."""
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


def _prepare_backward(operation: Operation, inputs: Sequence[jax.Array | None]) -> Any:
    kernel = inputs[1]
    if kernel is None or operation.params["batch_group_count"] != 1:
        return None
    return _transposed(operation).prepare(_flipped(operation, kernel))


def _prepare_both(operation: Operation, inputs: Sequence[jax.Array | None]) -> Any:
    """For both ways; the forward kernel is `None` where the operation is best left as it is."""
    back, kernel, given = _prepare_backward(operation, inputs), inputs[1], _given(operation)
    if back is None or kernel is None:
        return None
    return given.prepare(kernel) if given.by_winograd else None, back


def _frozen_backward(operation: Operation, back: jax.Array | None) -> Function | None:
    return None if back is None else _frozen(operation, None, back)


def _fast_both_ways(operation: Operation, kernels: Any) -> Function | None:
    return None if kernels is None else _frozen(operation, *kernels)


def _frozen(operation: Operation, ahead: jax.Array | None, back: jax.Array) -> Function:
    given, transposed = _given(operation), _transposed(operation)

    def convolve(x: jax.Array, kernel: jax.Array, ahead: Any, _: jax.Array) -> jax.Array:
        return operation(x, kernel)[0] if ahead is None else given(x, ahead)

    def forward(x: jax.Array, kernel: jax.Array, ahead: Any, back: jax.Array) -> tuple[Any, Any]:
        return convolve(x, kernel, ahead, back), back

    def backward(back: jax.Array, g: jax.Array) -> tuple[Any, ...]:
        return transposed(g, back).astype(given.x.dtype), None, None, None

    ruled = with_vjp(convolve, forward, backward)
    return lambda x, kernel: [ruled(x, kernel, ahead, back)]


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

    ruled = with_vjp(pool, forward, backward)
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


_MAX_POOL = Rule(_first_maximum, plain=True)

FROZEN = RuleBook(
    "frozen weights",
    {
        "conv_general_dilated": Rule(_frozen_backward, _prepare_backward, plain=True),
        "reduce_window_max": _MAX_POOL,
    },
)
"""The network's own values, and their gradients."""

FAST = RuleBook(
    "frozen weights, both ways",
    {
        "conv_general_dilated": Rule(_fast_both_ways, _prepare_both, plain=True),
        "reduce_window_max": _MAX_POOL,
    },
)
"""Values up to rounding, about 1e-6, too: for what runs the network many times."""
