"""Errors that say what was expected, what came, and the mend.

Each derives from the built-in error that a caller would catch, so no one has to know these names.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


class InputError(ValueError):
    """An image, batch or model that a network cannot take."""


class ModelError(RuntimeError):
    """A model that fails while it is traced; says in which layer."""


class UnknownOperationError(NotImplementedError):
    """An operation for which a set of gradient rules has no rule."""


class UnknownLayerError(KeyError):
    """A layer name that the network does not have; names the nearest ones."""

    def __str__(self) -> str:  # KeyError would show the repr, with quotes and escapes
        return str(self.args[0])


class UnknownTargetError(ValueError):
    """A class, channel or position that the network does not have."""


def nearest(name: object, known: Iterable[str], count: int = 3) -> Sequence[str]:
    """The `count` known names most like `name`; the first ones where none is like it."""
    known = list(known)
    found = difflib.get_close_matches(str(name), known, n=count, cutoff=0.4)
    return found or known[:count]


def suggest(name: object, known: Iterable[str]) -> str:
    """The end of an error message: ``did you mean 'conv1', 'conv2'?``."""
    names = ", ".join(repr(each) for each in nearest(name, known))
    return f"did you mean {names}?" if names else "there are none"
