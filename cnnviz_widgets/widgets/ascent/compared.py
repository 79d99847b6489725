"""Two presets that climb the same side by side, step by step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from ...methods import AscentDivergedError, AscentFrame, Objective, ascend
from ...network import Network


def presets_of(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """The preset of a run, and the one that it is compared with if there is one."""
    return tuple(filter(None, (settings["preset"], settings["compare"])))


def climb(
    net: Network, target: Objective | list[Objective], *, compare: str, **settings: Any
) -> Iterator[AscentFrame]:
    """The frames of an ascent, or of two whose pictures stand beside each other.

    Both have the size of the first, the same start and the same steps; all else is their preset's.

    Args:
        net: the network.
        target: as in `methods.ascend`.
        compare: name of the second preset, or "" for one ascent alone.
        settings: of `methods.ascend`.

    Raises:
        AscentDivergedError: names the preset that could not go on.
    """
    if not compare:
        yield from ascend(net, target, **settings)
        return
    # else each finds its own pace, and they drift apart
    settings["steps_per_frame"] = settings.get("steps_per_frame") or 1
    first = _blaming(net, target, settings)
    start = next(first)
    if settings.get("start") is None:
        shape = start.image.shape
        settings["size"] = shape[:2] if len(shape) == 3 else shape[0]  # of a sequence its steps
    second = _blaming(net, target, {**settings, "preset": compare})
    yield _joined(start, next(second))
    for one, other in zip(first, second, strict=True):
        yield _joined(one, other)


def _blaming(
    net: Network, target: Objective | list[Objective], settings: Mapping[str, Any]
) -> Iterator[AscentFrame]:
    try:
        yield from ascend(net, target, **settings)
    except AscentDivergedError as error:
        raise AscentDivergedError(f"preset {settings['preset']}: {error}", error.last) from error


def _joined(one: AscentFrame, other: AscentFrame) -> AscentFrame:
    images = np.concatenate([one.images, other.images])
    scores = np.concatenate([one.scores, other.scores])
    return AscentFrame(one.step, one.image, one.score, images, scores)
