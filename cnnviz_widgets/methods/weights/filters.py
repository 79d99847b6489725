"""How the filters of a layer lie to one another: likeness, a map of them, singular values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64, Int

from ...network import InputError
from ..layout.projection import (
    EXACT,
    check_projection,
    leading_parts,
    pca,
    randomised,
    sklearn_tsne,
    umap,
    unit_rows,
)

MOST, LEAST = 1024, 256
"""Filters that are laid out at most, and at most of those with very many weights: of more, those of
the largest norm."""

LEADING = 24
"""Singular values that are computed of a larger one."""


@dataclass(frozen=True, eq=False)
class FilterMap:
    """Filters on a plane.

    Attributes:
        method: "pca", "tsne" or "umap".
        filters: int (M,), their numbers: all, or those of the largest norm.
        places: float32 (M, 2), across and down, in units of the method.
        explained: the share of the variance that the plane holds, for "pca"; else `None`.
    """

    method: str
    filters: Int[np.ndarray, " m"]
    places: Float32[np.ndarray, "m 2"]
    explained: float | None


@dataclass(frozen=True, eq=False)
class SingularValues:
    """Singular values of a matrix of filters.

    Attributes:
        values: float64 (K,), the largest first.
        complete: whether these are all.
        energy: the sum of the squares of all, known also where only some were computed.
        most: how many there are.
    """

    values: Float64[np.ndarray, " k"]
    complete: bool
    energy: float
    most: int

    def needed(self, share: float = 0.9) -> int | None:
        """How many of the largest hold a share of the energy; `None` if more than are known."""
        reached = np.cumsum(np.square(self.values)) >= share * self.energy * (1 - 1e-9)
        return int(reached.argmax()) + 1 if reached.any() else None


def filter_similarity(filters: Float[np.ndarray, "m w"]) -> Float32[np.ndarray, "m m"]:
    """The cosine between every two filters, from -1 (opposite) to 1 (alike but for a factor).

    Args:
        filters: one row each. A filter of zeros is like no other, and what is not finite counts
            as 0.

    Example:
        >>> filter_similarity(kernels(net)["conv2"].filters())
    """
    known = np.nan_to_num(filters, posinf=0, neginf=0).astype(np.float64)
    unit = unit_rows(known)
    return np.clip(unit @ unit.T, -1, 1).astype(np.float32)


def strongest_filters(
    filters: Float[np.ndarray, "m w"], most: int | None = None
) -> Int[np.ndarray, " k"]:
    """The numbers of the filters of the largest norm, in their order; all if they are few."""
    if most is None:
        most = min(MOST, max(LEAST, 2 * EXACT // filters.shape[1]))
    if len(filters) <= most:
        return np.arange(len(filters))
    squares = np.einsum("mw,mw->m", filters, filters)
    return np.sort(np.argsort(-np.nan_to_num(squares), kind="stable")[:most])


def project_filters(
    filters: Float[np.ndarray, "m w"], method: str = "pca", *, seed: int = 0
) -> FilterMap:
    """Lay filters out on a plane, those that are alike beside one another.

    Args:
        filters: one row each. Of more than 1024 (256 if they have very many weights), those of the
            largest norm are taken.
        method: "pca"; "tsne" (scikit-learn) or "umap" (umap-learn), which need
            `pip install 'cnnviz_widgets[projections]'`. Filters are scaled to length one for those
            two, so that neighbours are alike in shape, not in size.
        seed: of the random numbers.

    Raises:
        InputError: for an unknown method, or fewer than four filters.
        ImportError: if the method's package is not installed; says what to install.

    References:
        van der Maaten and Hinton 2008, Visualizing data using t-SNE. McInnes, Healy and Melville
        2018, UMAP, https://arxiv.org/abs/1802.03426.

    Example:
        >>> project_filters(kernels(net)["conv2"].filters(), "tsne").places
    """
    check_projection(method)
    if len(filters) < 4:
        raise InputError(f"expected at least four filters to lay out, got {len(filters)}.")
    numbers = strongest_filters(filters)
    known = np.nan_to_num(filters[numbers], posinf=0, neginf=0).astype(np.float32)
    if method == "pca":
        return FilterMap(method, numbers, *pca(known))
    lay_out = sklearn_tsne if method == "tsne" else umap
    places = lay_out(leading_parts(unit_rows(known), 50), seed)
    return FilterMap(method, numbers, np.asarray(places, np.float32), None)


def singular_values(matrix: Float[np.ndarray, "m w"]) -> SingularValues:
    """Singular values: along how many directions a layer really looks.

    Args:
        matrix: one row for each filter. Of one of more than four million entries the 24 largest
            values are computed, by projection onto random directions.

    References:
        Halko, Martinsson and Tropp 2011, Finding structure with randomness,
        https://arxiv.org/abs/0909.4061.

    Example:
        >>> singular_values(kernels(net)["conv2"].filters()).needed(0.9)
    """
    most = min(matrix.shape)
    if matrix.size <= EXACT:
        known = np.nan_to_num(matrix, posinf=0, neginf=0).astype(np.float64)
        values = np.linalg.svd(known, compute_uv=False)
        return SingularValues(values, True, float(np.square(known).sum()), most)
    _, values = randomised(matrix, LEADING)
    energy = float(np.einsum("mw,mw->", matrix, matrix, dtype=np.float64))
    return SingularValues(values.astype(np.float64), False, energy, most)
