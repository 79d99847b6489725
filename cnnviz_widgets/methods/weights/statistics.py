"""Numbers about many weights: moments, bounds, a histogram."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64, Int

from ...network import InputError
from .levels import MatrixLevels

SAMPLE = 1 << 20
"""Weights at most that a histogram counts; of more, so many are drawn."""

NEAR = 0.01
"""Share of the largest magnitude up to which a weight counts as near zero."""


@dataclass(frozen=True, eq=False)
class WeightStatistics:
    """What the weights of a layer are like.

    Attributes:
        count: how many there are.
        nonfinite: how many are NaN or infinite; they are left out of all else.
        mean: of all.
        std: their standard deviation.
        low: the least.
        high: the largest.
        norm: the square root of the sum of squares.
        near_zero: the share whose magnitude is at most a hundredth of the largest one.
        counts: int (bins,), the histogram.
        edges: float64 (bins + 1,), where its bins begin and end.
        sampled: how many weights the histogram and `near_zero` count; fewer than `count` if drawn.
    """

    count: int
    nonfinite: int
    mean: float
    std: float
    low: float
    high: float
    norm: float
    near_zero: float
    counts: Int[np.ndarray, " bins"]
    edges: Float64[np.ndarray, " edges"]
    sampled: int


def weight_statistics(
    values: Float[np.ndarray, "*_"], *, bins: int = 60, levels: MatrixLevels | None = None
) -> WeightStatistics:
    """Count, moments, bounds and histogram of weights.

    Args:
        values: the weights, of any shape.
        bins: of the histogram.
        levels: of the same weights, if there are any: what they know is not computed anew.

    Returns:
        The numbers. Of more than a million weights the histogram counts a million drawn ones.

    Raises:
        InputError: if there are no weights.

    Example:
        >>> weight_statistics(kernels(net)["conv1"].values).std
    """
    if values.size == 0:
        raise InputError("expected weights, got none.")
    levels = MatrixLevels(values.reshape(len(values), -1)) if levels is None else levels
    total, squares, low, high = levels.totals
    known = values.size - levels.nonfinite
    if not known:
        low = high = math.nan
    mean = total / known if known else math.nan
    if known and values.size <= SAMPLE:  # a difference of large sums loses digits
        finite = values[np.isfinite(values)].astype(np.float64)
        variance, squares = float(finite.var()), float(np.square(finite).sum())
        low, high, mean = float(finite.min()), float(finite.max()), float(finite.mean())
    else:
        finite = _drawn(values)
        variance = max(0.0, squares / known - mean**2) if known else math.nan
    counts, edges = np.histogram(finite, bins, _range(low, high))
    near = np.abs(finite) <= NEAR * max(abs(low), abs(high))
    return WeightStatistics(
        values.size, levels.nonfinite, mean, math.sqrt(variance), low, high, math.sqrt(squares),
        float(near.mean()) if len(finite) else math.nan, counts, edges.astype(np.float64),
        len(finite),
    )  # fmt: skip


def _range(low: float, high: float) -> tuple[float, float]:
    """Bounds of a histogram, also of weights that are all alike, or all broken."""
    if not math.isfinite(high - low):
        return -1.0, 1.0
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _drawn(values: np.ndarray) -> np.ndarray:
    """Weights drawn evenly, always the same ones; those that are not finite are left out."""
    numbers = np.random.default_rng(0)
    flat = values.T.reshape(-1) if values.T.flags.c_contiguous else values.reshape(-1)
    drawn = flat[numbers.integers(flat.size, size=min(SAMPLE, flat.size))]
    return drawn[np.isfinite(drawn)].astype(np.float64)
