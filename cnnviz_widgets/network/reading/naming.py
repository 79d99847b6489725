"""Unique names for layers."""

from __future__ import annotations

import itertools
from collections.abc import Set


class Namer:
    """Gives names out once: the second `relu` is `relu_2`.

    Args:
        reserved: the modules' own names, which no other layer may take.
    """

    def __init__(self, reserved: Set[str] = frozenset()) -> None:
        self._reserved = reserved
        self._given: set[str] = set()

    def __call__(self, base: str, *, own: bool = False) -> str:
        """`base`, or the first of `base_2`, `base_3`, … that is free.

        Args:
            base: the name wanted.
            own: whether it is a module's own name.
        """
        if own and base not in self._given:
            name = base
        else:
            candidates = itertools.chain([base], (f"{base}_{k}" for k in itertools.count(2)))
            name = next(n for n in candidates if n not in self._given | self._reserved)
        self._given.add(name)
        return name
