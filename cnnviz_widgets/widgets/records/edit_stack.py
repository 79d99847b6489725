"""Edits of a network one upon the other, with a way back and forth through what was done."""

from __future__ import annotations

import dataclasses
from typing import Any

from ...network import Edit, InputError

MOST = 24
"""Edits at most: more are not to be kept apart by eye."""

Edits = tuple[Edit, ...]


class EditStack:
    """The edits that there are, and those that there were.

    Args:
        edits: the first ones; there is no way back from them.
    """

    def __init__(self, edits: Edits = ()) -> None:
        self.edits = edits
        self._past: list[Edits] = []
        self._future: list[Edits] = []
        self._last: object = None  # what is changed; a slider on its way is one thing done

    @property
    def can_undo(self) -> bool:
        """Whether there is something to take back."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether something was taken back."""
        return bool(self._future)

    def add(self, edit: Edit) -> None:
        """Put an edit after the others.

        Raises:
            InputError: if there are too many.
        """
        if len(self.edits) >= MOST:
            raise InputError(f"expected at most {MOST} edits: remove some first.")
        self._become((*self.edits, edit))

    def change(self, at: int, **changes: Any) -> None:
        """Change an edit's value, name, or whether it is on.

        Raises:
            InputError: if there is no such edit, or the value makes no sense for it.
        """
        edits = list(self.edits)
        edits[at] = dataclasses.replace(self._at(at), **changes)
        what = at, tuple(changes)
        if what == self._last and "on" not in changes:
            self.edits = tuple(edits)
        else:
            self._become(tuple(edits))
            self._last = what

    def remove(self, at: int) -> None:
        """Take an edit out.

        Raises:
            InputError: if there is no such edit.
        """
        gone = self._at(at)
        self._become(tuple(each for each in self.edits if each is not gone))

    def clear(self) -> None:
        """Take all out."""
        if self.edits:
            self._become(())

    def undo(self) -> None:
        """Take back what was done last."""
        if self._past:
            self._future.append(self.edits)
            self.edits, self._last = self._past.pop(), None

    def redo(self) -> None:
        """Do again what was taken back last."""
        if self._future:
            self._past.append(self.edits)
            self.edits, self._last = self._future.pop(), None

    def _at(self, at: int) -> Edit:
        if not 0 <= at < len(self.edits):
            raise InputError(f"expected the number of an edit below {len(self.edits)}, got {at}.")
        return self.edits[at]

    def _become(self, edits: Edits) -> None:
        self._past.append(self.edits)
        self._future.clear()
        self.edits, self._last = edits, None
