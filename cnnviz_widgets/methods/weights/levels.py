"""A large matrix by levels: blocks of 1, 2, 4, … cells a side, each with its mean and its extreme.

Nobody can see a million cells. Zoomed out, a tile shows blocks; zoomed in, the cells themselves. A
mean alone would hide what is rare and strong, so the value of the largest magnitude stands beside
it. A first pass over the memory, in pieces that fit a cache, keeps blocks of 16 x 16; finer levels
are read from the matrix, a tile at a time.
"""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

from ...network import InputError

TILE = 256
"""Blocks on a side of a tile at most."""

BASE = 4
"""The level (blocks of 16 x 16) that is kept of a large matrix."""

SMALL = 1 << 20
"""Cells of a matrix that is read anew for every tile."""


@dataclass(frozen=True, eq=False)
class MatrixTile:
    """A part of a matrix in blocks.

    Attributes:
        top: first row of the matrix that it shows.
        left: first column.
        block: cells on a side of a block; the last ones may be smaller.
        mean: float32 (rows, columns) of the finite values of each block.
        extreme: float32 (rows, columns), the value of largest magnitude in each block.
    """

    top: int
    left: int
    block: int
    mean: Float32[np.ndarray, "rows columns"]
    extreme: Float32[np.ndarray, "rows columns"]


class Blocks(NamedTuple):
    """Sums and bounds of the finite values of each block."""

    total: np.ndarray
    low: np.ndarray
    high: np.ndarray


class MatrixLevels:
    """A matrix that is looked at by levels.

    Args:
        matrix: (rows, columns); not copied. What is not finite counts as 0.

    Attributes:
        shape: its rows and columns.
        top_level: the level at which all of it is one tile.
        nonfinite: how many values are NaN or infinite.

    Raises:
        InputError: if it is no matrix, or empty.

    Example:
        >>> levels = MatrixLevels(kernels(net)["dense1"].values)
        >>> levels.tile(levels.top_level, 0, 0).extreme
    """

    def __init__(self, matrix: Float32[np.ndarray, "rows columns"]) -> None:
        if matrix.ndim != 2 or matrix.size == 0:
            raise InputError(f"expected a matrix, got an array of shape {matrix.shape}.")
        self.shape = matrix.shape
        self._turned = abs(matrix.strides[0]) < abs(matrix.strides[1])  # columns lie together
        self._matrix = matrix.T if self._turned else matrix
        self.top_level = max(0, math.ceil(math.log2(max(matrix.shape) / TILE)))
        self._base, self._squares, self.nonfinite = _base(self._matrix)

    @property
    def totals(self) -> tuple[float, float, float, float]:
        """Sum, sum of squares, least and largest of the finite values."""
        total, low, high = self._base
        summed = float(total.sum(dtype=np.float64))
        return summed, self._squares, float(low.min()), float(high.max())

    def tile(self, level: int, row: int, column: int) -> MatrixTile:
        """One tile of a level.

        Args:
            level: blocks have 2 ** level cells a side.
            row: number of the tile from the top.
            column: from the left.

        Raises:
            InputError: if there is no such tile.
        """
        side = TILE << level if 0 <= level <= self.top_level else 0
        rows, columns = (math.ceil(n / side) if side else 0 for n in self.shape)
        if not (0 <= row < rows and 0 <= column < columns):
            raise InputError(
                f"expected a tile of level 0 to {self.top_level} within {self.shape}, got "
                f"{(level, row, column)}."
            )
        at = (column, row) if self._turned else (row, column)
        blocks, block = self._blocks(at, level)
        mean = blocks.total / _counts(self._matrix.shape, at, side, block)
        extreme = np.where(-blocks.low > blocks.high, blocks.low, blocks.high)
        parts = [each.T if self._turned else each for each in (mean, extreme)]
        mean, extreme = (np.ascontiguousarray(each, np.float32) for each in parts)
        return MatrixTile(row * side, column * side, block, mean, extreme)

    def _blocks(self, at: tuple[int, int], level: int) -> tuple[Blocks, int]:
        kept = self._matrix.size > SMALL and level >= BASE
        size = TILE << (level - BASE if kept else level)
        where = tuple(slice(k * size, (k + 1) * size) for k in at)
        if kept:
            parts = Blocks(*(each[where] for each in self._base))
            return _joined(parts, 1 << (level - BASE)), 1 << level
        cells = _known(self._matrix[where])[0]
        return _joined(Blocks(cells, cells, cells), 1 << level), 1 << level


def _counts(shape: tuple[int, ...], at: tuple[int, int], side: int, block: int) -> np.ndarray:
    """How many cells each block of a tile has."""
    down, across = (
        np.diff([*range(k * side, min((k + 1) * side, n), block), min((k + 1) * side, n)])
        for k, n in zip(at, shape, strict=True)
    )
    return np.multiply.outer(down, across)


def _base(matrix: np.ndarray) -> tuple[Blocks, float, int]:
    """Blocks of 16 x 16, the sum of all squares, and how many values are not finite."""
    step = 1 << BASE
    starts = range(0, len(matrix), step)

    def band(start: int) -> tuple[Blocks, float, int]:
        cells, nonfinite = _known(matrix[start : start + step])
        flat = cells.reshape(-1)
        squares = float(np.vdot(flat, flat))
        return _joined(Blocks(cells, cells, cells), step), squares, nonfinite

    # NumPy lets other threads run; memory is the limit, and a few threads reach it
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        bands, squares, nonfinite = zip(*pool.map(band, starts), strict=True)
    blocks = Blocks(*(np.concatenate(parts) for parts in zip(*bands, strict=True)))
    return blocks, math.fsum(squares), sum(nonfinite)


def _known(cells: np.ndarray) -> tuple[np.ndarray, int]:
    """Cells with 0 where they are not finite, and how many are not."""
    # A sum tells of NaN and infinity without an array of truths as large as the cells.
    with np.errstate(all="ignore"):
        if np.isfinite(cells.sum()):
            return cells, 0
    finite = np.isfinite(cells)
    return np.where(finite, cells, np.float32(0)), int((~finite).sum())


def _joined(parts: Blocks, block: int) -> Blocks:
    """Blocks of so many parts a side; those at the ends may have fewer."""
    if block == 1:
        return parts
    return Blocks(
        _reduced(np.add, parts.total, block),
        _reduced(np.minimum, parts.low, block),
        _reduced(np.maximum, parts.high, block),
    )


def _reduced(ufunc: np.ufunc, values: np.ndarray, block: int) -> np.ndarray:
    """Rows first, where whole rows are taken at once; then columns, turned for the same reason."""
    return _down(ufunc, np.ascontiguousarray(_down(ufunc, values, block).T), block).T


def _down(ufunc: np.ufunc, values: np.ndarray, block: int) -> np.ndarray:
    """Every `block` rows become one."""
    whole = len(values) // block * block
    found = ufunc.reduce(values[:whole].reshape(-1, block, values.shape[1]), 1)
    if whole == len(values):
        return found
    return np.concatenate([found, ufunc.reduce(values[whole:], 0, keepdims=True)])
