"""Noisy linear imputation: missing pixels as weighted means of their neighbours.

Each missing pixel is to be the mean of its eight neighbours, the four next to it weighing twice the
diagonal ones. Neighbours may be missing too, so all are found together, from one sparse linear
system: the Laplacian of the picture's grid.
"""

from __future__ import annotations

import functools
import itertools
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from scipy import sparse
from scipy.sparse.linalg import spsolve

_WEIGHTS = {1: 1 / 6, 2: 1 / 12}  # by how many steps along an axis it takes to get there


def impute(
    image: Float[np.ndarray, "h w c"], missing: Bool[np.ndarray, "h w"]
) -> Float[np.ndarray, "h w c"]:
    """The image with its missing pixels filled in, without noise.

    Args:
        image: any numbers; what is missing is not looked at.
        missing: which pixels; not all of them.

    References:
        Rong, Leemann, Borisov, Kasneci and Kasneci 2022, https://arxiv.org/abs/2202.00449.
    """
    rows, columns, channels = image.shape
    gone, known = np.flatnonzero(missing), np.flatnonzero(~missing)
    if not len(gone):
        return image.copy()
    flat = image.reshape(-1, channels).astype(np.float64)
    between = _laplacian(rows, columns)[gone]
    right = -(between[:, known] @ flat[known])
    solved = spsolve(between[:, gone].tocsc(), right)
    flat[gone] = np.asarray(solved).reshape(len(gone), channels)
    return flat.reshape(image.shape).astype(image.dtype)


@functools.lru_cache(maxsize=4)
def _laplacian(rows: int, columns: int) -> Any:
    """The sum of each pixel's weights on the diagonal, less its neighbours' weights."""
    numbers = np.arange(rows * columns).reshape(rows, columns)
    here, there, weights = [], [], []
    for down, right in itertools.product((-1, 0, 1), repeat=2):
        if (down, right) != (0, 0):
            ours, theirs = _overlap(numbers, down, right), _overlap(numbers, -down, -right)
            here.append(ours.ravel())
            there.append(theirs.ravel())
            weights.append(np.full(ours.size, _WEIGHTS[abs(down) + abs(right)]))
    places = (np.concatenate(here), np.concatenate(there))
    shape = (numbers.size, numbers.size)
    adjacent = sparse.csr_matrix((np.concatenate(weights), places), shape)
    total = np.asarray(adjacent.sum(1)).ravel()
    return sparse.csr_matrix(sparse.diags(total) - adjacent)


def _overlap(numbers: np.ndarray, down: int, right: int) -> np.ndarray:
    """The pixels that have a neighbour `down` rows below and `right` columns to the right."""
    rows, columns = numbers.shape
    return numbers[max(-down, 0) : rows - max(down, 0), max(-right, 0) : columns - max(right, 0)]
