"""An activation atlas: many values of a layer laid out on a plane, binned, each cell to be painted.

It shows what a layer tells apart, and what lies beside what.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jaxtyping import Float, Float32, Int

from ..network import InputError, Network
from .activations import activations
from .attribution import picture_batch
from .checks import check_count, check_range
from .direction_objectives import direction
from .objectives import Objective

ICON_STEPS = 128
"""Steps of an ascent for a cell's picture, as in the article."""

LAYOUTS = ("pca", "umap")

MISSING = (
    "the layout 'umap' needs umap-learn, which is not installed: pip install "
    "'cnnviz_widgets[atlas]'. Or pass layout=\"pca\"."
)


@dataclass(frozen=True)
class Atlas:
    """A layer's values on a plane.

    Attributes:
        layer: its name.
        layout: "pca" or "umap".
        grid: cells on each side.
        places: float32 (M, 2), down and across, each value's place, 0 to 1.
        sources: int (M, 3), each value's image, row and column.
        cells: int (K, 2), row and column of each cell that is not too empty.
        counts: int (K,), how many values are in each.
        directions: float32 (K, C), the mean of each.
    """

    layer: str
    layout: str
    grid: int
    places: Float32[np.ndarray, "m 2"]
    sources: Int[np.ndarray, "m 3"]
    cells: Int[np.ndarray, "k 2"]
    counts: Int[np.ndarray, " k"]
    directions: Float32[np.ndarray, "k c"]

    def objectives(self, cosine_power: float = 2.0) -> list[Objective]:
        """One for each cell, for `ascend(net, ..., steps=ICON_STEPS)`."""
        return [
            direction(self.layer, vector, cosine_power=cosine_power) for vector in self.directions
        ]


def activation_atlas(
    net: Network,
    x: Any,
    *,
    layer: str,
    grid: int = 10,
    places: int = 4,
    layout: str = "pca",
    least: int = 1,
    seed: int = 0,
    key: jax.Array | None = None,
) -> Atlas:
    """Lay out a layer's values for many images.

    Args:
        net: the network.
        x: images, NHWC or a sequence of HWC, uint8 or float in [0, 1]; the more the better.
        layer: its name.
        grid: cells on each side, 1 to 200.
        places: values taken at random places of each image; a layer without places has one.
        layout: "pca", or "umap" (50 neighbours, minimal distance 0.05, cosine), which needs
            `pip install 'cnnviz_widgets[atlas]'`.
        least: values that a cell must have.
        seed: of the random numbers.
        key: a JAX key in place of `seed`.

    Returns:
        The values' places, the outermost hundredth on each side brought to the edge, and the cells.

    Raises:
        InputError: if there are fewer than three values, or a number is out of range.
        ImportError: for "umap", without umap-learn.
        UnknownLayerError: if there is no such layer.

    References:
        Carter, Armstrong, Schubert, Johnson and Olah 2019, https://distill.pub/2019/activation-atlas.

    Example:
        >>> atlas = activation_atlas(net, pictures, layer="relu_4")
        >>> *_, last = ascend(net, atlas.objectives(), steps=ICON_STEPS)
    """
    check_range("grid", grid, 1, 200)
    check_count("places", places)
    check_count("least", least)
    if layout not in LAYOUTS:
        raise InputError(f"expected a layout of {LAYOUTS}, got {layout!r}.")
    umap = _umap() if layout == "umap" else None
    numbers = np.random.default_rng(np.asarray(
        jax.random.key_data(jax.random.key(seed) if key is None else key)
    ).tolist())  # fmt: skip
    values, sources = _taken(net, x, layer, places, numbers)
    if len(values) < 3 or not values.std(0).any():
        raise InputError(f"expected at least three values that differ, got {len(values)}.")
    if umap is None:
        plane = principal_components(values)
    else:
        near = min(50, len(values) - 1)
        plane = umap.UMAP(
            n_neighbors=near,
            min_dist=0.05,
            metric="cosine",
            random_state=int(numbers.integers(2**31)),
        ).fit_transform(values)
    plane = clipped(np.asarray(plane, np.float32))
    cells = np.minimum((plane * grid).astype(int), grid - 1)
    found, member, counts = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
    kept = counts >= least
    means = np.zeros((len(found), values.shape[1]))
    np.add.at(means, member.reshape(-1), values)
    means = (means / counts[:, None]).astype(np.float32)
    kept &= means.any(1)  # a direction of length zero is none
    return Atlas(
        layer, layout, grid, plane, sources, found[kept], counts[kept], means[kept],
    )  # fmt: skip


def _taken(
    net: Network, x: Any, layer: str, places: int, numbers: np.random.Generator
) -> tuple[Float32[np.ndarray, "m c"], Int[np.ndarray, "m 3"]]:
    """Values at random places, and where they are from. Images go one by one: memory is bounded."""
    images = [x[number] for number in range(len(x))] if np.ndim(x) == 4 else list(_listed(x))
    values, sources = [], []
    for number, image in enumerate(images):
        batch = picture_batch(net, image)
        value = np.asarray(activations(net, batch, [layer])[layer][0], np.float32)
        rows = value.shape[0] if value.ndim == 3 else 1
        flat = value.reshape(-1, value.shape[-1])
        chosen = numbers.choice(len(flat), min(places, len(flat)), replace=False)
        values.append(flat[chosen])
        columns = max(len(flat) // rows, 1)
        sources.extend((number, place // columns, place % columns) for place in chosen)
    return np.concatenate(values), np.asarray(sources, np.int64)


def _listed(x: Any) -> Sequence[Any]:
    if isinstance(x, (list, tuple)) and x:
        return x
    raise InputError("expected several images: an array (N, H, W, C) or a list of (H, W, C).")


def principal_components(values: Float[np.ndarray, "m c"]) -> Float[np.ndarray, "m 2"]:
    """The places on the plane of largest variance; the larger part of each axis is positive."""
    centred = values - values.mean(0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    axes = axes[:2] * np.sign(axes[np.arange(len(axes[:2])), np.abs(axes[:2]).argmax(1)])[:, None]
    plane = centred @ axes.T
    return plane if plane.shape[1] == 2 else np.pad(plane, ((0, 0), (0, 1)))


def clipped(plane: Float[np.ndarray, "m 2"]) -> Float32[np.ndarray, "m 2"]:
    """Places from 0 to 1, the outermost hundredth on each side brought to the edge."""
    low, high = np.percentile(plane, [1, 99], axis=0)
    span = np.where(high > low, high - low, 1)
    return np.clip((plane - low) / span, 0, 1).astype(np.float32)


def _umap() -> Any:
    try:
        import umap  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise ImportError(MISSING) from error
    return umap
