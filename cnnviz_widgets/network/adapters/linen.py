"""Flax Linen modules with their variables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flax.linen as nn
import jax

from .base import Traceable, evaluation_arguments, flatten


def read(module: nn.Module, variables: Any) -> Traceable:
    """Adapt `module.apply(variables, x)`, without randomness and without changing variables."""
    arguments = evaluation_arguments(type(module).__call__.__get__(module))
    weights, names, structure = flatten(variables)
    classes: dict[str, str] = {}
    run: Any = module.apply

    def note(next_call: Any, args: Any, kwargs: Any, context: Any) -> Any:
        classes["/".join(context.module.path)] = type(context.module).__name__
        return next_call(*args, **kwargs)

    def apply(weights: Sequence[Any], x: jax.Array) -> Any:
        variables = jax.tree_util.tree_unflatten(structure, weights)
        with nn.intercept_methods(note):
            return run(variables, x, **arguments)

    def place(found: Any) -> str | None:
        return "/".join(found.path) if isinstance(found, nn.Module) and found.scope else None

    root = (module.name or type(module).__name__,)
    return Traceable(apply, weights, names, classes, root, place)
