"""The score of a class while pixels are replaced in the order of a map: one batch a step."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from jaxtyping import Array, Float32

from .judged import Judged, Scores
from .order import ranks
from .scores import check_output, score_of_mixture

Counts = list[int]


def counts_of(pixels: int, steps: int) -> Counts:
    """How many pixels are replaced at each step, from none to all."""
    return sorted({round(k * pixels / steps) for k in range(steps + 1)})


def curve(
    judged: Judged,
    start: Float32[Array, "n h w c"],
    end: Float32[Array, "n h w c"],
    counts: Counts,
    output: str,
) -> Float32[np.ndarray, "n s"]:
    """The score of each image's class after each number of replaced pixels.

    Args:
        judged: whose maps give the order, the largest value first.
        start: what the images begin as.
        end: where pixels are taken from.
        counts: how many pixels are replaced, step by step.
        output: "probability" or "logit".
    """
    return np.stack(list(curve_steps(judged, start, end, counts, output)), 1)


def curve_steps(
    judged: Judged,
    start: Float32[Array, "n h w c"],
    end: Float32[Array, "n h w c"],
    counts: Counts,
    output: str,
) -> Iterator[Float32[np.ndarray, " n"]]:
    """The points of `curve`, one by one: each is a pass."""
    check_output(judged.net, output)
    order = ranks(judged.maps)
    for count in counts:
        found = judged.run(
            score_of_mixture, start, end, order, np.int32(count), judged.classes, output=output
        )
        yield np.asarray(found).astype(np.float32)


def area(scores: Float32[np.ndarray, "n s"], counts: Counts) -> Scores:
    """The area under a curve by the trapezoid rule, over the share of pixels from 0 to 1."""
    widths = np.diff(np.asarray(counts, np.float64))
    heights = (scores[:, 1:].astype(np.float64) + scores[:, :-1]) / 2
    return ((heights * widths).sum(1) / widths.sum()).astype(np.float32)
