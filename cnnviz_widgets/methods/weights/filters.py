"""How the filters of a layer lie to one another: likeness, a map of them, singular values."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Float64, Int

from ...network import InputError
from ..atlas import principal_components
from ..umap_layout import umap_layout

PROJECTIONS = ("pca", "tsne", "umap")

MOST, LEAST = 1024, 256
"""Filters that are laid out at most, and at most of those with very many weights: of more, those of
the largest norm."""

EXACT = 1 << 22
"""Entries of a matrix up to which all singular values are computed."""

FEW = 256
"""Rows or columns up to which the leading directions are computed exactly."""

LEADING = 24
"""Singular values that are computed of a larger one."""

_NEEDS = {"tsne": ("sklearn", "scikit-learn"), "umap": ("umap", "umap-learn")}
_PIP = "pip install 'cnnviz_widgets[projections]'"


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
    length = np.linalg.norm(known, axis=1, keepdims=True)
    unit = known / np.where(length > 0, length, 1)
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


def available_projections() -> tuple[str, ...]:
    """The methods of `project_filters` for which all is installed."""
    return tuple(
        name for name in PROJECTIONS
        if name not in _NEEDS or importlib.util.find_spec(_NEEDS[name][0])
    )  # fmt: skip


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
    if method not in PROJECTIONS:
        raise InputError(f"expected a projection of {PROJECTIONS}, got {method!r}.")
    if len(filters) < 4:
        raise InputError(f"expected at least four filters to lay out, got {len(filters)}.")
    numbers = strongest_filters(filters)
    known = np.nan_to_num(filters[numbers], posinf=0, neginf=0).astype(np.float32)
    if method == "pca":
        small = _leading_parts(known - known.mean(0), 2)
        spread = float(np.square(known - known.mean(0)).sum())
        places = principal_components(small).astype(np.float32)
        explained = float(np.square(places).sum()) / spread if spread else 1.0
        return FilterMap(method, numbers, places, min(1.0, explained))
    length = np.linalg.norm(known, axis=1, keepdims=True)
    unit = _leading_parts(known / np.where(length > 0, length, 1), 50)
    places = (_tsne if method == "tsne" else _umap)(unit, seed)
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
    _, values = _randomised(matrix, LEADING)
    energy = float(np.einsum("mw,mw->", matrix, matrix, dtype=np.float64))
    return SingularValues(values.astype(np.float64), False, energy, most)


def _leading_parts(rows: np.ndarray, count: int) -> np.ndarray:
    """Rows in the coordinates of their `count` leading directions, or as they are if few."""
    if min(rows.shape) <= count:
        return rows
    if min(rows.shape) <= FEW:
        left, values, _ = np.linalg.svd(rows, full_matrices=False)
        return left[:, :count] * values[:count]
    left, values = _randomised(rows, count)
    return left * values


def _randomised(matrix: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The leading left singular vectors and values, by subspace iteration."""
    numbers = np.random.default_rng(0)
    wide = min(count + 10, *matrix.shape)
    basis = matrix @ numbers.standard_normal((matrix.shape[1], wide), np.float32)
    for _ in range(4 if matrix.size <= EXACT else 1):
        basis, _ = np.linalg.qr(basis)
        basis = matrix @ np.linalg.qr(matrix.T @ basis)[0]
    basis, _ = np.linalg.qr(basis)
    left, values, _ = np.linalg.svd(basis.T @ matrix, full_matrices=False)
    return (basis @ left)[:, :count], values[:count]


def _tsne(rows: np.ndarray, seed: int) -> np.ndarray:
    try:
        from sklearn.manifold import TSNE
    except ImportError as error:
        raise ImportError(_missing("tsne")) from error
    near = min(30.0, (len(rows) - 1) / 3)
    return TSNE(perplexity=near, init="pca", random_state=seed).fit_transform(rows)


def _umap(rows: np.ndarray, seed: int) -> np.ndarray:
    return umap_layout(rows, neighbours=15, seed=seed, missing=_missing("umap"))


def _missing(method: str) -> str:
    return (
        f"the projection {method!r} needs {_NEEDS[method][1]}, which is not installed: {_PIP}. "
        'Or pass "pca".'
    )
