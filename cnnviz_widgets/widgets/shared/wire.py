"""What travels between a view and its page, and how it is checked when it arrives."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ...methods.examples.tiles import tile_shape
from ...network import Layer


class MalformedMessageError(ValueError):
    """A message that no page of ours sends."""


def pack(frame: Mapping[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
    """A frame as a custom message: its binary values apart, and named in `buffers`."""
    buffers = {key: value for key, value in frame.items() if isinstance(value, bytes)}
    plain = {key: value for key, value in frame.items() if key not in buffers}
    return {"type": "frame", **plain, "buffers": list(buffers)}, list(buffers.values())


def floats(values: Any) -> bytes:
    """Numbers as little-endian float32."""
    return np.asarray(values).astype("<f4").tobytes()


def integers(values: Any) -> bytes:
    """Numbers as little-endian int32."""
    return np.asarray(values).astype("<i4").tobytes()


def whole(content: Mapping[str, Any], key: str, low: int = 0, high: int = 2**31 - 1) -> int:
    """A whole number out of a message.

    Raises:
        MalformedMessageError: if it is missing, no whole number, or out of range.
    """
    value = content.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise MalformedMessageError(f"expected {key} from {low} to {high}, got {value!r}")
    return value


def text(content: Mapping[str, Any], key: str, longest: int = 200) -> str:
    """A string out of a message, cut to a bearable length.

    Raises:
        MalformedMessageError: if it is missing or no string.
    """
    value = content.get(key)
    if not isinstance(value, str):
        raise MalformedMessageError(f"expected words for {key}, got {value!r}")
    return value[:longest]


def layer_info(layer: Layer) -> dict[str, Any]:
    """A layer as the page's controls need it."""
    channels, rows, columns = tile_shape(layer)
    return {
        "name": layer.name,
        "kind": layer.kind,
        "channels": channels,
        "rows": rows,
        "cols": columns,
        "receptive": _receptive(layer),
    }


def _receptive(layer: Layer) -> dict[str, list[float]] | None:
    """Which input pixels a cell sees, where cells and pixels both have rows and columns."""
    field = layer.receptive_field
    if field is None or len(field.size) != 2:
        return None
    found = {"size": list(field.size), "stride": list(field.stride), "start": list(field.start)}
    return found if all(math.isfinite(n) for pair in found.values() for n in pair) else None
