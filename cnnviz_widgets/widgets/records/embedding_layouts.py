"""How vectors are laid out on the plane of `Embedding`, step by step."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...methods.layout.neighbours import Metric
from ...methods.layout.projection import pca, umap, unit_rows
from ...methods.layout.tsne import tsne_frames
from ...network import InputError

PATIENCE = 0.05
"""Seconds that other views wait at most for a look whether a thread is done."""


@dataclass(frozen=True)
class Placed:
    """Where the images are so far.

    Attributes:
        places: float32 (N, 2), across and up.
        step: of `steps`.
        words: what to know of this plane.
    """

    places: np.ndarray
    step: int
    steps: int
    words: str


def lay_out(rows: np.ndarray, projection: str, metric: Metric, seed: int) -> Iterator[Placed]:
    """Places of vectors.

    Args:
        rows: one for each image.
        projection: "pca", "tsne" or "umap".
        metric: for t-SNE and UMAP, whose neighbours are those of this metric.
        seed: of UMAP's random numbers.

    Raises:
        InputError: if none of them differ.
        ImportError: for "umap", without umap-learn.
    """
    known = np.nan_to_num(rows, posinf=0, neginf=0)
    if not np.ptp(known, axis=0).any():
        raise InputError("expected vectors that differ: this layer gives the same for all images.")
    if projection == "pca":
        places, explained = pca(known)
        yield Placed(places, 1, 1, f"The plane holds {explained:.0%} of the variance.")
        return
    known = unit_rows(known) if metric == "cosine" else known
    if projection == "tsne":
        yield from _tsne(known)
        return
    start, _ = pca(known)
    waiting = Placed(start, 0, 0, "UMAP is at work; until it is done, this is PCA.")
    found: list[np.ndarray] = []
    for _ in in_a_thread(lambda: umap(known, seed), found):
        yield waiting
    yield Placed(np.asarray(found[0], np.float32), 1, 1, DISTANCES)


DISTANCES = (
    "Near means alike; far says little: sizes of clusters and gaps between them mean nothing."
)


def _tsne(rows: np.ndarray) -> Iterator[Placed]:
    for frame in tsne_frames(rows):
        known = "" if np.isnan(frame.divergence) else f" Divergence {frame.divergence:.2f} nats."
        yield Placed(frame.places, frame.step, frame.steps, DISTANCES + known)


def in_a_thread(work: Callable[[], Any], found: list[Any]) -> Iterator[None]:
    """Work that cannot be left half done, beside the worker of all views.

    Yields:
        Nothing, now and then, until it is done and its result in `found`. If the iterator is left
        before, the result is dropped when it comes.

    Raises:
        Exception: what `work` raised.
    """
    failed: list[BaseException] = []

    def run() -> None:
        try:
            found.append(work())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, name="cnnviz-projection", daemon=True)
    thread.start()
    while thread.is_alive():
        yield
        thread.join(PATIENCE)
    if failed:
        raise failed[0]
