"""Unique names for layers."""

from __future__ import annotations

import itertools


class Namer:
    """Gives names out once: the second `relu` is `relu_2`."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def __call__(self, base: str) -> str:
        """`base`, or the first `base_2`, `base_3`, … that is not taken."""
        numbered = (f"{base}_{number}" for number in itertools.count(2))
        name = next(n for n in itertools.chain([base], numbered) if n not in self._given)
        self._given.add(name)
        return name
