"""What one axis of a value means: the batch, a place in the picture, time, or a channel.

A spatial axis also carries its receptive field: output `i` sees the input places
`start + i * stride` to `start + i * stride + size - 1` (Araujo, Norris and Sim 2019,
https://distill.pub/2019/computing-receptive-fields).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Axis:
    """The role of one axis.

    Attributes:
        role: "batch", "channel", "time", "token" (places joined into one axis), or "spatial".
        source: which spatial axis of the input a spatial axis comes from (0 is the rows).
        start: first input place that output 0 sees; negative where padding is seen.
        stride: input places between neighbouring outputs.
        size: how many input places an output sees; of a batch axis, how many of its rows belong to
            one example.
    """

    role: str
    source: int = -1
    start: float = 0
    stride: float = 1
    size: float = 1


BATCH, CHANNEL, TIME, TOKEN = (Axis(role) for role in ("batch", "channel", "time", "token"))
Axes = tuple[Axis | None, ...]


def merged(all_axes: Sequence[Axes]) -> Axes | None:
    """Roles of values that are combined place by place; fields of view are joined."""
    if not all_axes:
        return None
    return tuple(union(group) for group in zip(*all_axes, strict=True))


def union(axes: Sequence[Axis | None]) -> Axis | None:
    """One axis that sees what any of `axes` sees; `None` where they do not lie alike."""
    known = [axis for axis in axes if axis is not None]
    if not known or len({(a.role, a.source, a.stride) for a in known}) > 1:
        return None
    start = min(axis.start for axis in known)
    size = max(axis.start + axis.size for axis in known) - start
    return replace(known[0], start=start, size=size)


def windowed(
    axis: Axis | None,
    window: int,
    stride: int,
    padding: tuple[int, int],
    dilation: int,
    base_dilation: int = 1,
) -> Axis | None:
    """The axis after a window has moved over it."""
    if axis is None or axis.role != "spatial":
        return axis
    step = axis.stride / base_dilation
    reach = (window - 1) * dilation * step
    return replace(
        axis,
        start=axis.start - padding[0] * step,
        stride=step * stride,
        size=reach + axis.size,
    )
