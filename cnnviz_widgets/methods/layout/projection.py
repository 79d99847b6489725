"""Rows of numbers on a plane: what filters, activations and images are laid out with."""

from __future__ import annotations

import importlib.util

import numpy as np
from jaxtyping import Float, Float32

from ...network import InputError
from .atlas import principal_components
from .umap_layout import umap_layout

PROJECTIONS = ("pca", "tsne", "umap")

EXACT = 1 << 22
"""Entries of a matrix up to which it is taken apart with care."""

FEW = 256
"""Rows or columns up to which the leading directions are computed exactly."""

_NEEDS = {"tsne": ("sklearn", "scikit-learn"), "umap": ("umap", "umap-learn")}
_PIP = "pip install 'cnnviz_widgets[projections]'"


def available_projections() -> tuple[str, ...]:
    """The methods of `project_filters` for which all is installed."""
    return tuple(name for name in PROJECTIONS if is_installed(name))


def is_installed(method: str) -> bool:
    """Whether the package is there that a projection needs."""
    return method not in _NEEDS or importlib.util.find_spec(_NEEDS[method][0]) is not None


def check_projection(method: str) -> str:
    """Refuse a projection that there is not.

    Raises:
        InputError: names those that there are.
    """
    if method not in PROJECTIONS:
        raise InputError(f"expected a projection of {PROJECTIONS}, got {method!r}.")
    return method


def pca(rows: Float[np.ndarray, "m w"]) -> tuple[Float32[np.ndarray, "m 2"], float]:
    """Places on the plane of largest variance, and the share of the variance that it holds."""
    centred = rows - rows.mean(0)
    spread = float(np.square(centred).sum())
    places = principal_components(leading_parts(centred, 2)).astype(np.float32)
    explained = float(np.square(places).sum()) / spread if spread else 1.0
    return places, min(1.0, explained)


def unit_rows(rows: Float[np.ndarray, "m w"]) -> Float[np.ndarray, "m w"]:
    """Rows of length one, whose distances tell of their angles alone; zeros stay zeros."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(length > 0, length, 1)


def leading_parts(rows: np.ndarray, count: int) -> np.ndarray:
    """Rows in the coordinates of their `count` leading directions, or as they are if few."""
    if min(rows.shape) <= count:
        return rows
    if min(rows.shape) <= FEW:
        left, values, _ = np.linalg.svd(rows, full_matrices=False)
        return left[:, :count] * values[:count]
    left, values = randomised(rows, count)
    return left * values


def randomised(matrix: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
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


def sklearn_tsne(rows: np.ndarray, seed: int) -> np.ndarray:
    """Places by scikit-learn's t-SNE.

    Raises:
        ImportError: without scikit-learn; says what to install.
    """
    try:
        from sklearn.manifold import TSNE
    except ImportError as error:
        raise ImportError(missing("tsne")) from error
    near = min(30.0, (len(rows) - 1) / 3)
    return TSNE(perplexity=near, init="pca", random_state=seed).fit_transform(rows)


def umap(rows: np.ndarray, seed: int) -> np.ndarray:
    """Places by umap-learn.

    Raises:
        ImportError: without it; says what to install.
    """
    return umap_layout(rows, neighbours=15, seed=seed, missing=missing("umap"))


def missing(method: str) -> str:
    """Words for a projection whose package is not there."""
    return (
        f"the projection {method!r} needs {_NEEDS[method][1]}, which is not installed: {_PIP}. "
        'Or pass "pca".'
    )
