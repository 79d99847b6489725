"""The curve of an activation: its piece of the program, replayed on a scan of values.

Whatever the function is, and whether it has a weight a channel, this shows what the network has.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ...network import Replay, TracedProgram
from .elements import Index
from .values import Values

POINTS = 97
"""Samples of a curve; zero is one of them."""


def scan_of(inputs: np.ndarray) -> np.ndarray:
    """Values over the range of an activation's inputs, and some way to both sides of zero."""
    finite = inputs[np.isfinite(inputs)].astype(np.float64)
    low, high = float(finite.min(initial=0)), float(finite.max(initial=0))
    least = 0.25 * max(-low, high) or 1.0
    below = np.linspace(min(low, -least), 0, POINTS // 2 + 1)
    above = np.linspace(0, max(high, least), POINTS - POINTS // 2)
    return np.concatenate([below, above[1:]])


def curve(
    traced: TracedProgram, values: Values, taken: int, given: int, index: Index, axis: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """Samples of an activation.

    Args:
        traced: the program.
        values: of the pass.
        taken: number of the value that goes in.
        given: number of the value that comes out, of the same shape.
        index: of an element of the channel whose curve it is.
        axis: which axis counts the channels, or `None`.

    Returns:
        Inputs and outputs, float64.
    """
    xs = scan_of(values.array(taken))
    shape = values.shape(taken)
    where: list[Any] = [index[k] if k == axis else slice(None) for k in range(len(shape))]
    own = np.arange(int(np.prod(shape)), dtype=np.int32).reshape(shape)[tuple(where)].reshape(-1)
    own = own[:POINTS]  # places of the channel; the scan is written into them, in several rounds
    rounds = -(-len(xs) // len(own))
    scans = np.resize(xs, rounds * len(own)).reshape(rounds, len(own)).astype(np.float32)
    ys = traced.run(_replayed, scans, own, taken=taken, given=given)
    rounded = scans.reshape(-1)[: len(xs)].astype(np.float64)
    return rounded, np.asarray(ys, np.float64).reshape(-1)[: len(xs)]


def _replayed(
    replay: Replay, scans: jax.Array, own: jax.Array, *, taken: int, given: int
) -> jax.Array:
    aval = replay.program.avals[taken]

    def one(scan: jax.Array) -> jax.Array:
        flat = jnp.zeros(aval.size, aval.dtype).at[own].set(scan.astype(aval.dtype))
        known = {**replay.frozen, taken: flat.reshape(aval.shape)}
        (found,) = replay.program.replay(known, [given])
        return found.reshape(-1)[own].astype(jnp.float32)

    return jax.lax.map(one, scans)
