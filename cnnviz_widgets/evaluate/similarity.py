"""How alike two rows of numbers, or two maps, are. Nothing is alike to what is constant: 0."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Float32
from scipy.ndimage import uniform_filter
from scipy.stats import rankdata

Rows = Float[np.ndarray, "n k"]
_CONSTANT = 1e-5  # of the size: what varies less does so by rounding in float32
_WINDOW = 7
_CELL = 16  # pixels of a histogram's side, as in the sanity checks' paper; less on small maps
_C1, _C2 = 0.01**2, 0.03**2  # the paper's, for values from 0 to 1


def pearson(a: Rows, b: Rows) -> Float32[np.ndarray, " n"]:
    """The correlation of each row, from -1 to 1; 0 where one of the two is constant."""
    a, b = (row.astype(np.float64) for row in (a, b))
    constant = _is_constant(a) | _is_constant(b)
    a, b = (row - row.mean(1, keepdims=True) for row in (a, b))
    size = np.sqrt((a * a).sum(1) * (b * b).sum(1))
    found = (a * b).sum(1) / np.where(constant, 1, size)
    return np.where(constant, 0, found).clip(-1, 1).astype(np.float32)


def spearman(a: Rows, b: Rows) -> Float32[np.ndarray, " n"]:
    """The correlation of each row's ranks, from -1 to 1; 0 where one of the two is constant."""
    constant = _is_constant(a) | _is_constant(b)
    found = pearson(rankdata(a, axis=1), rankdata(b, axis=1))
    return np.where(constant, np.float32(0), found)


def _is_constant(rows: Rows) -> np.ndarray:
    return np.ptp(rows, axis=1) <= _CONSTANT * np.abs(rows).max(1)


def ssim(a: Float[np.ndarray, "n ..."], b: Float[np.ndarray, "n ..."]) -> Float32[np.ndarray, " n"]:
    """The structural similarity of maps with values from 0 to 1: from -1 to 1, and 1 for equals.

    Windows of 7x7 pixels, or the largest odd ones that fit; of sequences 7 steps.

    References:
        Wang, Bovik, Sheikh and Simoncelli 2004, https://doi.org/10.1109/TIP.2003.819861.
    """
    a, b = (maps.astype(np.float64) for maps in (a, b))
    side = min(_WINDOW, *((size - 1) // 2 * 2 + 1 for size in a.shape[1:]))
    count = side ** (a.ndim - 1)
    unbiased = count / (count - 1) if count > 1 else 1.0

    def mean(maps: np.ndarray) -> np.ndarray:
        return np.stack([uniform_filter(each, side) for each in maps])

    mean_a, mean_b = mean(a), mean(b)
    variance_a, variance_b, covariance = (
        unbiased * (mean(first * second) - mean_first * mean_second)
        for first, second, mean_first, mean_second in (
            (a, a, mean_a, mean_a), (b, b, mean_b, mean_b), (a, b, mean_a, mean_b),
        )
    )  # fmt: skip
    alike = (2 * mean_a * mean_b + _C1) * (2 * covariance + _C2)
    size = (mean_a**2 + mean_b**2 + _C1) * (variance_a + variance_b + _C2)
    edge = side // 2  # windows that reach over the edge are left out
    inside = tuple(slice(edge, length - edge) for length in a.shape[1:])
    inner = (alike / size)[:, *inside]
    return inner.reshape(len(inner), -1).mean(1).astype(np.float32)


def hog(a: Float[np.ndarray, "n ..."], b: Float[np.ndarray, "n ..."]) -> Float32[np.ndarray, " n"]:
    """The correlation of the maps' histograms of oriented gradients, from -1 to 1.

    Cells of 16x16 pixels, or as large as three fit on a side. NaN for sequences, for maps without
    three pixels on a side, and where scikit-image is not installed (`cnnviz_widgets[segments]`).

    References:
        Dalal and Triggs 2005, https://doi.org/10.1109/CVPR.2005.177; for explanations Adebayo et
        al. 2018, https://arxiv.org/abs/1810.03292.
    """
    cell = min(_CELL, *(size // 3 for size in a.shape[1:]))
    none = np.full(len(a), np.nan, np.float32)
    try:
        from skimage import feature
    except ImportError:
        return none
    if a.ndim != 3 or cell < 1:
        return none

    def rows(maps: np.ndarray) -> np.ndarray:
        return np.stack([feature.hog(each, pixels_per_cell=(cell, cell)) for each in maps])

    return pearson(rows(a), rows(b))
