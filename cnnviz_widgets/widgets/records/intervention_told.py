"""The stack of edits as the page takes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...network import Edit
from .edit_stack import EditStack


def told_stack(edits: Sequence[Edit]) -> list[dict[str, Any]]:
    """Each edit with its words; a value only where there is one number that can be changed."""
    return [
        {
            "kind": edit.kind,
            "layer": edit.layer,
            "channels": None if edit.channels is None else list(_channels(edit)),
            "region": None if edit.region is None else list(edit.region),
            "place": edit.place,
            "name": edit.name,
            "title": edit.title,
            "on": edit.on,
            "value": edit.value if _is_number(edit) else None,
        }
        for edit in edits
    ]


def told_history(stack: EditStack) -> dict[str, bool]:
    """What the buttons can do."""
    return {"undo": stack.can_undo, "redo": stack.can_redo, "clear": bool(stack.edits)}


def _channels(edit: Edit) -> tuple[int, ...]:
    assert isinstance(edit.channels, tuple)
    return edit.channels


def _is_number(edit: Edit) -> bool:
    return edit.kind in ("boost", "replace") and np.ndim(edit.value) == 0
