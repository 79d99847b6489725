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

from ...network import InputError, Network
from ..activations import activations
from ..attribution.method import picture_batch
from ..checks import check_count, check_range
from ..objectives import Objective, directions
from .umap_layout import load_umap, umap_layout

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
        members: int (M,), the number of each value's cell; -1 for those in none.
    """

    layer: str
    layout: str
    grid: int
    places: Float32[np.ndarray, "m 2"]
    sources: Int[np.ndarray, "m 3"]
    cells: Int[np.ndarray, "k 2"]
    counts: Int[np.ndarray, " k"]
    directions: Float32[np.ndarray, "k c"]
    members: Int[np.ndarray, " m"]

    def objectives(self, cosine_power: float = 2.0) -> list[Objective]:
        """One for each cell, for `ascend(net, ..., steps=ICON_STEPS)`."""
        return directions(self.layer, self.directions, cosine_power=cosine_power)


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
    check_grid(grid, least)
    check_count("places", places)
    check_layout(layout)
    numbers = np.random.default_rng(np.asarray(
        jax.random.key_data(jax.random.key(seed) if key is None else key)
    ).tolist())  # fmt: skip
    values, sources = [], []
    for number, image in enumerate(as_images(x)):
        found, at = taken(net, image, number, layer, places, numbers)
        values.append(found)
        sources.append(at)
    plane = spread(layer, np.concatenate(values), np.concatenate(sources), layout, numbers)
    return plane.binned(grid, least)


@dataclass(frozen=True)
class Spread:
    """A layer's values laid out on a plane, before they are binned.

    Attributes:
        layer: its name.
        layout: "pca" or "umap".
        values: float32 (M, C).
        sources: int (M, 3), each value's image, row and column.
        places: float32 (M, 2), down and across, 0 to 1.
    """

    layer: str
    layout: str
    values: Float32[np.ndarray, "m c"]
    sources: Int[np.ndarray, "m 3"]
    places: Float32[np.ndarray, "m 2"]

    def binned(self, grid: int, least: int = 1) -> Atlas:
        """The atlas of so many cells on each side, of those with at least so many values."""
        cells = np.minimum((self.places * grid).astype(int), grid - 1)
        found, member, counts = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
        means = np.zeros((len(found), self.values.shape[1]))
        np.add.at(means, member.reshape(-1), self.values)
        means = (means / counts[:, None]).astype(np.float32)
        kept = (counts >= least) & means.any(1)  # a direction of length zero is none
        number = np.where(kept, np.cumsum(kept) - 1, -1)
        return Atlas(
            self.layer, self.layout, grid, self.places, self.sources, found[kept], counts[kept],
            means[kept], number[member.reshape(-1)],
        )  # fmt: skip


def spread(
    layer: str,
    values: Float32[np.ndarray, "m c"],
    sources: Int[np.ndarray, "m 3"],
    layout: str,
    numbers: np.random.Generator,
) -> Spread:
    """Lay values out on a plane.

    Raises:
        InputError: if there are fewer than three, or none differ.
        ImportError: for "umap", without umap-learn.
    """
    if len(values) < 3 or not values.std(0).any():
        alike = ", all alike" if len(values) > 2 else ""
        raise InputError(f"expected at least three values that differ, got {len(values)}{alike}.")
    if layout == "pca":
        plane = principal_components(values)
    else:
        plane = umap_layout(
            values,
            neighbours=50,
            seed=int(numbers.integers(2**31)),
            missing=MISSING,
            min_dist=0.05,
            metric="cosine",
        )
    return Spread(layer, layout, values, sources, clipped(np.asarray(plane, np.float32)))


def check_grid(grid: int, least: int) -> None:
    """Refuse numbers of which there is no atlas."""
    check_range("grid", grid, 1, 200)
    check_count("least", least)


def check_layout(layout: str) -> None:
    """Refuse a layout that is not known, or that needs what is not installed."""
    if layout not in LAYOUTS:
        raise InputError(f"expected a layout of {LAYOUTS}, got {layout!r}.")
    if layout == "umap":
        load_umap(MISSING)


def taken(
    net: Network, image: Any, number: int, layer: str, places: int, numbers: np.random.Generator
) -> tuple[Float32[np.ndarray, "p c"], Int[np.ndarray, "p 3"]]:
    """A layer's values at random places of one image, and where they are from."""
    batch = picture_batch(net, image)
    value = np.asarray(activations(net, batch, [layer])[layer][0], np.float32)
    rows = value.shape[0] if value.ndim == 3 else 1
    flat = value.reshape(-1, value.shape[-1])
    chosen = numbers.choice(len(flat), min(places, len(flat)), replace=False)
    columns = max(len(flat) // rows, 1)
    sources = [(number, place // columns, place % columns) for place in chosen]
    return flat[chosen], np.asarray(sources, np.int64)


def as_images(x: Any) -> Sequence[Any]:
    """Images one by one: that is what bounds the memory."""
    return [x[number] for number in range(len(x))] if np.ndim(x) == 4 else _listed(x)


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
