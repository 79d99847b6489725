"""Any function `fn(params, x)` that JAX can trace: Equinox, Haiku, or your own."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import jax

from ..errors import InputError
from .base import Traceable, flatten


def read(function: Callable[[Any, jax.Array], Any], params: Any) -> Traceable:
    """Adapt `function(params, x)`; `params` is any pytree whose leaves are arrays."""
    count = sum(
        p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        for p in inspect.signature(function).parameters.values()
    )
    if count > 2:
        raise InputError(
            f"expected a function fn(params, x), got one with {count} arguments. Fix the others "
            "with functools.partial or a lambda."
        )
    weights, names, structure = flatten(params)
    bad = [(n, type(w).__name__) for n, w in zip(names, weights, strict=True) if not _array(w)]
    if bad:
        raise InputError(
            f"expected params whose leaves are all arrays, got {bad[0][1]} at {bad[0][0]!r}. "
            "Split off the rest first (for Equinox: eqx.partition(model, eqx.is_array))."
        )

    def apply(weights: Sequence[Any], x: jax.Array) -> Any:
        return function(jax.tree_util.tree_unflatten(structure, weights), x)

    return Traceable(apply, weights, names)


def _array(leaf: Any) -> bool:
    return hasattr(leaf, "shape") and hasattr(leaf, "dtype")
