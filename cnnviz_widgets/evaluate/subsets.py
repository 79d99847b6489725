"""Random subsets of pixels, and how far a map foretells what the class loses with each.

One subset is one pass. Of a pass two numbers for each image are kept, so memory hardly grows with
the number of passes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float32, Int32

from .judged import Judged, Scores
from .scores import score, score_without

Subset = Bool[Array, "h w"] | Bool[np.ndarray, "h w"]


def random_subsets(
    key: jax.Array, count: int, size: tuple[int, int], grid: tuple[int, int], chosen: int
) -> Iterator[Bool[Array, "h w"]]:
    """Masks of an image, each with `chosen` cells of a grid.

    All images of a batch get the same ones, so that an image gets the same alone and in a batch.
    """
    for number in range(count):
        drawn = jax.random.fold_in(key, number)
        yield _random_subset(drawn, np.int32(chosen), grid=grid, size=size)


@functools.partial(jax.jit, static_argnames=("grid", "size"))
def _random_subset(
    key: jax.Array, chosen: Int32[Array, ""], *, grid: tuple[int, int], size: tuple[int, int]
) -> Bool[Array, "h w"]:
    order = jnp.argsort(jnp.argsort(jax.random.uniform(key, (grid[0] * grid[1],))))
    cells = (order < chosen).reshape(grid)
    rows, columns = (np.arange(n) * each // n for n, each in zip(size, grid, strict=True))
    return cells[rows[:, None], columns[None, :]]


def correlation_with_drops(
    judged: Judged,
    baseline: Float32[Array, "n h w c"],
    subsets: Iterable[Subset],
    output: str,
    correlation: Callable[[np.ndarray, np.ndarray], Scores],
) -> Scores:
    """The correlation between a subset's sum of values and what the class loses without it."""
    whole = np.asarray(judged.run(score, judged.batch, judged.classes, output=output))
    drops, sums = [], []
    for subset in subsets:
        left, held = judged.run(
            score_without, judged.batch, baseline, judged.maps, subset, judged.classes,
            output=output,
        )  # fmt: skip
        drops.append(whole - np.asarray(left))
        sums.append(np.asarray(held))
    return correlation(np.stack(drops, 1), np.stack(sums, 1))
