"""Flax NNX modules.

NNX names no scopes. So every submodule of a private copy, made anew for each trace, becomes an
instance of a subclass whose call runs inside `jax.named_scope` with the module's path. The caller's
model and its classes stay as they are, and threads do not meet.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import jax
from flax import nnx

from ..tracing.vocabulary import ABSOLUTE
from .base import Traceable, evaluation_arguments, flatten

_PATH = "_cnnviz_path"


def read(module: nnx.Module) -> Traceable:
    """Adapt `module(x)` in evaluation mode."""
    call: Any = type(module).__call__
    arguments = evaluation_arguments(call.__get__(module))
    # Keys and counts of random streams are no weights: nothing trains them, and a key has no norm.
    definition, streams, state = nnx.split(module, nnx.RngState, ...)
    weights, names, structure = flatten(state)
    keys, form = jax.tree_util.tree_flatten(streams)
    classes = {_joined(path): type(found).__name__ for path, found in _modules(module)}

    def apply(weights: Sequence[Any], x: jax.Array) -> Any:
        known = (form, keys), (structure, weights)
        parts = (jax.tree_util.tree_unflatten(tree, leaves) for tree, leaves in known)
        copy = nnx.merge(definition, *parts)
        copy.eval()
        for path, found in _modules(copy):
            if path and callable(found):
                object.__setattr__(found, _PATH, _joined(path))
                object.__setattr__(found, "__class__", _named(type(found)))
        return copy(x, **arguments)

    def place(found: Any) -> str | None:
        return getattr(found, _PATH, None) if isinstance(found, nnx.Module) else None

    return Traceable(apply, weights, names, classes, place=place)


def _modules(module: nnx.Module) -> list[tuple[Sequence[Any], nnx.Module]]:
    """The module and all within it, with their paths."""
    found = nnx.iter_graph(module)
    return [(path, node) for path, node in found if isinstance(node, nnx.Module)]


def _joined(path: Sequence[Any]) -> str:
    return "/".join(str(part) for part in path)


@functools.lru_cache(maxsize=1024)
def _named(cls: type[Any]) -> type[Any]:
    """A subclass of `cls` whose calls are traced under the module's path."""

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        with jax.named_scope(ABSOLUTE + getattr(self, _PATH)):
            return cls.__call__(self, *args, **kwargs)

    return type(cls.__name__, (cls,), {"__call__": call, "__module__": cls.__module__})
