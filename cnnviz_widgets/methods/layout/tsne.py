"""t-SNE that can be watched, paused and left: places after every few steps.

Others' implementations run to their end in one call. Here each step is compiled and the loop is
Python's, so that a view can show how clusters part, and other views get their turns meanwhile.
Attraction is between near neighbours alone (three times the perplexity, as usual); repulsion is
exact, between all points, in blocks of bounded memory. Steps, rates and the start are those of
scikit-learn, whose results the tests compare with.

References:
    van der Maaten and Hinton 2008, Visualizing Data using t-SNE,
    https://www.jmlr.org/papers/v9/vandermaaten08a.html.
    Belkina et al. 2019, on the learning rate, https://doi.org/10.1038/s41467-019-13055-y.
    Kobak and Berens 2019, on starting from PCA, https://doi.org/10.1038/s41467-019-13056-x.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float32, Int
from scipy.sparse import coo_matrix

from ...network import InputError
from .neighbours import neighbour_blocks
from .projection import leading_parts, pca

STEPS = 750
EXAGGERATED = 250
"""Steps at the beginning in which attraction is twelvefold: clusters form and find their place."""

EXAGGERATION = 12.0
COORDINATES = 50
"""Directions that are kept of the rows: the distances hardly change."""

AT_ONCE = 0.1
"""Seconds between two frames, about."""

CELLS = 1 << 20
"""Pairs of points that are looked at together."""


@dataclass(frozen=True)
class TsneFrame:
    """Where the points are.

    Attributes:
        step: how many steps were made; 0 while neighbours are searched.
        steps: how many there will be.
        places: float32 (N, 2).
        divergence: of the neighbourhoods on the plane from those of the rows, in nats
            (Kullback-Leibler, over near neighbours); NaN before the first step.
    """

    step: int
    steps: int
    places: Float32[np.ndarray, "n 2"]
    divergence: float


class _State(NamedTuple):
    places: Float[Array, "n 2"]
    velocity: Float[Array, "n 2"]
    gains: Float[Array, "n 2"]
    divergence: Float[Array, ""]


class _Pairs(NamedTuple):
    """Points that attract one another: from (rising), to, and how likely they are neighbours."""

    source: Int[Array, " e"]
    target: Int[Array, " e"]
    weight: Float[Array, " e"]


def tsne(
    rows: Float[np.ndarray, "n d"], *, perplexity: float = 30.0, steps: int = STEPS
) -> TsneFrame:
    """Lay rows out on a plane, so that near neighbours stay near.

    Args:
        rows: one vector each; four at least.
        perplexity: how many neighbours each has, about; less than a third of the rows.
        steps: of the descent.

    Raises:
        InputError: if there are fewer than four rows, or none differ.

    Example:
        >>> tsne(layer_vectors(net, images, "relu_4").values).places
    """
    *_, last = tsne_frames(rows, perplexity=perplexity, steps=steps)
    return last


def tsne_frames(
    rows: Float[np.ndarray, "n d"], *, perplexity: float = 30.0, steps: int = STEPS
) -> Iterator[TsneFrame]:
    """The same as it goes: from the plane of largest variance to the end.

    Args and errors as for `tsne`. The frames differ with the speed of the machine, the last one
    does not.
    """
    if len(rows) < 4 or not np.ptp(rows, axis=0).any():
        alike = ", all alike" if len(rows) > 3 else ""
        raise InputError(f"expected at least four vectors that differ, got {len(rows)}{alike}.")
    return _frames(np.asarray(rows, np.float32), min(perplexity, (len(rows) - 1) / 3), steps)


def _frames(rows: np.ndarray, perplexity: float, steps: int) -> Iterator[TsneFrame]:
    places, _ = pca(rows)
    yield TsneFrame(0, steps, places, float("nan"))
    near, squares = [], []
    small = leading_parts(rows - rows.mean(0), COORDINATES)
    for _, found, far in neighbour_blocks(small, min(len(rows) - 1, int(3 * perplexity) + 1)):
        near.append(found)
        squares.append(far)
        yield TsneFrame(0, steps, places, float("nan"))
    pairs = _pairs(np.concatenate(near), np.concatenate(squares), perplexity)
    start = places / (places[:, 0].std() or 1) * 1e-4
    state = _State(jnp.asarray(start), jnp.zeros_like(start), jnp.ones_like(start), jnp.zeros(()))
    rate = max(len(rows) / EXAGGERATION / 4, 50.0)
    step, count = 0, 1
    while step < steps:
        early = step < EXAGGERATED
        count = min(count, (EXAGGERATED if early else steps) - step, steps - step)
        begin = time.monotonic()
        state = _advance(
            state, pairs, EXAGGERATION if early else 1.0, 0.5 if early else 0.8, rate, count,
            block=_block(len(rows)),
        )  # fmt: skip
        step += count
        yield TsneFrame(step, steps, np.asarray(state.places), float(state.divergence))
        count = max(1, min(25, round(count * AT_ONCE / max(time.monotonic() - begin, 1e-3))))


def _pairs(
    near: Int[np.ndarray, "n k"], squares: Float[np.ndarray, "n k"], perplexity: float
) -> _Pairs:
    """How likely any two are neighbours, symmetric, one in total.

    Filled up to a multiple of a round number, so that other data of that size compile nothing.
    """
    count, k = near.shape
    likely = _likely(squares.astype(np.float64), perplexity).reshape(-1)
    rows = np.repeat(np.arange(count), k)
    one_way = coo_matrix((likely, (rows, near.reshape(-1))), (count, count)).tocsr()
    both = (one_way + one_way.T).tocsr().tocoo()
    round_to = max(1, count * k // 4)
    spare = -len(both.data) % round_to
    return _Pairs(
        _filled(both.row.astype(np.int32), count - 1, spare),
        _filled(both.col.astype(np.int32), count - 1, spare),
        _filled((both.data / both.data.sum()).astype(np.float32), 0, spare),
    )


def _filled(values: np.ndarray, last: int, spare: int) -> jax.Array:
    return jnp.asarray(np.concatenate([values, np.full(spare, last, values.dtype)]))


def _likely(squares: Float[np.ndarray, "n k"], perplexity: float) -> Float[np.ndarray, "n k"]:
    """Of each row its neighbours' probabilities, of a Gaussian as wide as gives the perplexity."""
    squares = squares - squares.min(1, keepdims=True)
    low, high = np.full((len(squares), 1), -60.0), np.full((len(squares), 1), 60.0)
    scale = np.log(np.maximum(squares.mean(1, keepdims=True), 1e-30))
    likely = squares
    for _ in range(50):  # halves the range of the logarithm of the width each time
        middle = (low + high) / 2
        likely = np.exp(-squares * np.exp(middle - scale))
        likely /= likely.sum(1, keepdims=True)
        entropy = -(likely * np.log(np.maximum(likely, 1e-300))).sum(1, keepdims=True)
        wide = entropy > np.log(perplexity)
        low, high = np.where(wide, middle, low), np.where(wide, high, middle)
    return likely


def _block(count: int) -> int:
    """Rows that are looked at together against all others."""
    return max(1, min(count, CELLS // count))


@functools.partial(jax.jit, static_argnames=("block",))
def _advance(
    state: _State,
    pairs: _Pairs,
    exaggeration: Float[Array, ""] | float,
    momentum: Float[Array, ""] | float,
    rate: Float[Array, ""] | float,
    count: Int[Array, ""] | int,
    *,
    block: int,
) -> _State:
    def step(_: Int[Array, ""], state: _State) -> _State:
        gradient, divergence = _gradient(state.places, pairs, exaggeration, block)
        turned = state.velocity * gradient < 0
        gains = jnp.maximum(jnp.where(turned, state.gains + 0.2, state.gains * 0.8), 0.01)
        velocity = momentum * state.velocity - rate * gains * gradient
        return _State(state.places + velocity, velocity, gains, divergence)

    return jax.lax.fori_loop(0, count, step, state)


def _gradient(
    places: Float[Array, "n 2"], pairs: _Pairs, exaggeration: Float[Array, ""] | float, block: int
) -> tuple[Float[Array, "n 2"], Float[Array, ""]]:
    count = places.shape[0]
    apart = places[pairs.source] - places[pairs.target]
    near = 1 / (1 + jnp.sum(apart * apart, 1))
    pull = jax.ops.segment_sum(
        (pairs.weight * near)[:, None] * apart, pairs.source, count, indices_are_sorted=True
    )
    push, total = _repulsion(places, block)
    likely = jnp.maximum(pairs.weight, 1e-12)
    divergence = jnp.sum(pairs.weight * jnp.log(likely * total / near))
    return 4 * (exaggeration * pull - push / total), divergence


def _repulsion(
    places: Float[Array, "n 2"], block: int
) -> tuple[Float[Array, "n 2"], Float[Array, ""]]:
    """The sum of q² (y_i - y_j) over all j for each i, and the sum of all q but those of i = j."""
    count = places.shape[0]
    blocks = -(-count // block)
    filled = jnp.pad(places, ((0, blocks * block - count), (0, 0)))
    with_one = jnp.concatenate([places, jnp.ones((count, 1))], 1)

    def one(part: Float[Array, "b 2"]) -> tuple[Float[Array, "b 2"], Float[Array, " b"]]:
        across = part[:, :1] - places[:, 0][None]
        down = part[:, 1:] - places[:, 1][None]
        q = 1 / (1 + across * across + down * down)
        sums = (q * q) @ with_one
        return part * sums[:, 2:] - sums[:, :2], q.sum(1)

    push, total = jax.lax.map(one, filled.reshape(blocks, block, 2))
    return push.reshape(-1, 2)[:count], total.reshape(-1)[:count].sum() - count
