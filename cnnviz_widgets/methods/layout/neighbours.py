"""Which rows lie nearest to which, by angle or by distance; exact, in blocks of bounded size."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float, Float32, Int

from ...network import InputError
from .projection import unit_rows

Metric = Literal["cosine", "euclidean"]
METRICS: tuple[Metric, ...] = get_args(Metric)

BLOCK = 1 << 22
"""Distances that are held at the same time."""


def nearest_neighbours(
    rows: Float[np.ndarray, "n d"], number: int, count: int = 12, metric: Metric = "cosine"
) -> tuple[Int[np.ndarray, " k"], Float32[np.ndarray, " k"]]:
    """The rows nearest to one of them.

    Args:
        rows: one vector each.
        number: of the row that is asked about.
        count: how many to find at most.
        metric: "cosine" (one less the cosine, 0 to 2; a row of zeros is at 1 from all others) or
            "euclidean".

    Returns:
        Their numbers, the nearest first (of equals the one that comes first), and how far they are.

    Raises:
        InputError: if there is no such metric or row.

    Example:
        >>> nearest_neighbours(layer_vectors(net, images, "relu_4").values, 7)
    """
    if metric not in METRICS:
        raise InputError(f"expected a metric of {METRICS}, got {metric!r}.")
    if not 0 <= number < len(rows):
        raise InputError(f"expected a row from 0 to {len(rows) - 1}, got {number}.")
    if metric == "cosine":
        unit = unit_rows(rows)
        far = 1 - unit @ unit[number]
    else:
        far = np.linalg.norm(rows - rows[number], axis=1)
    order = np.argsort(far, kind="stable")
    found = order[order != number][:count]
    return found, np.maximum(far[found], 0).astype(np.float32)


def neighbour_blocks(
    rows: Float[np.ndarray, "n d"], count: int
) -> Iterator[tuple[int, Int[np.ndarray, "b k"], Float[np.ndarray, "b k"]]]:
    """The nearest others of every row, a block of rows at a time.

    Args:
        rows: one vector each.
        count: how many for each row, less than there are rows.

    Yields:
        The number of the block's first row, the numbers of its rows' neighbours, in no order, and
        their squared distances.
    """
    squares = np.square(rows).sum(1)
    size = max(1, BLOCK // len(rows))
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        far = squares[start : start + size, None] + squares[None] - 2 * part @ rows.T
        far[np.arange(len(part)), start + np.arange(len(part))] = np.inf  # itself
        found = np.argpartition(far, count - 1, axis=1)[:, :count]
        yield start, found, np.maximum(np.take_along_axis(far, found, 1), 0)
