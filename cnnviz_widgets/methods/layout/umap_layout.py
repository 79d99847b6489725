"""UMAP: many values on a plane, neighbours beside one another. Needs umap-learn, an extra."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np


def load_umap(missing: str) -> Any:
    """The package umap.

    Args:
        missing: what to say where it is not installed.

    Raises:
        ImportError: if it is not.
    """
    with warnings.catch_warnings():
        if "umap" not in sys.modules:  # it regrets aloud that there is no TensorFlow
            warnings.simplefilter("ignore")
        try:
            import umap  # pyright: ignore[reportMissingImports]
        except ImportError as error:
            raise ImportError(missing) from error
    return umap


def umap_layout(
    rows: np.ndarray, *, neighbours: int, seed: int, missing: str, **options: Any
) -> np.ndarray:
    """Rows laid out on a plane, (M, 2); the same for the same seed.

    Args:
        rows: (M, W), four or more.
        neighbours: how many of each count, at most.
        seed: of the random numbers.
        missing: what to say where umap-learn is not installed.
        options: further ones of `umap.UMAP`.

    Raises:
        ImportError: if umap-learn is not installed.

    References:
        McInnes, Healy and Melville 2018, https://arxiv.org/abs/1802.03426.
    """
    near = min(neighbours, len(rows) - 1)
    # A seed and several threads exclude each other; UMAP warns of it unless it is told so.
    made = load_umap(missing).UMAP(n_neighbors=near, random_state=seed, n_jobs=1, **options)
    return np.asarray(made.fit_transform(rows), np.float32)
