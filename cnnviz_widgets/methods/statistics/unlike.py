"""Which images are unlike those that a network knows: nearest neighbours among its features.

The features are what the last layer with classes takes. They are brought to length one, and an
image's distance is that to the k-th nearest reference image. An image is far if it is beyond 99 of
100 reference images, each measured against the others, by a quarter more: new images of the same
kind lie a little farther from those that a network was trained on than these from one another.

References:
    Sun, Ming, Zhu and Li 2022, https://arxiv.org/abs/2204.06507.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float64
from scipy.stats import binom

from ...network import InputError, Network, Replay
from ..in_batches import in_batches

NEIGHBOURS = 5
AT_ONCE = 64
FEWEST = 50
BEYOND = 0.99
MARGIN = 1.25


@dataclass(frozen=True)
class Unlike:
    """How far images are from a reference.

    Attributes:
        layer: whose input the features are.
        distances: of each image, from 0 (the same direction) to 2.
        limit: a quarter more than 99 of 100 reference images have.
        chance: how likely it is that so many images or more are beyond by chance.
    """

    layer: str
    distances: Float64[np.ndarray, " n"]
    limit: float
    chance: float

    @property
    def far(self) -> np.ndarray:
        """Numbers of the images beyond the limit, the farthest first."""
        order = np.argsort(-self.distances, kind="stable")
        return order[self.distances[order] > self.limit]


def unlike(net: Network, x: Any, reference: Any) -> Unlike:
    """How far images are from the reference, in the network's own features.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        reference: images like those that it was trained on; 50 at least.

    Raises:
        InputError: if there are fewer, or the network cannot take the images.
    """
    images, known = np.asarray(net.batch(x)), np.asarray(net.batch(reference))
    if len(known) < FEWEST:
        raise InputError(f"expected {FEWEST} reference images or more, got {len(known)}.")
    own = _features(net, known)
    # of a reference image, the nearest is itself
    among = _kth_distance(own, own, NEIGHBOURS + 1)
    limit = MARGIN * float(np.quantile(among, BEYOND))
    distances = _kth_distance(_features(net, images), own, NEIGHBOURS)
    count = int((distances > limit).sum())
    chance = float(binom.sf(count - 1, len(images), 1 - BEYOND))
    return Unlike(net.logits.name, distances, limit, chance)


def _features(net: Network, images: np.ndarray) -> np.ndarray:
    parts = []
    for batch in in_batches(net, images, AT_ONCE):
        found = net.at(batch.x.shape).run(_taken, batch.x, logits=net.logits.name)
        parts.append(np.asarray(found, np.float64)[: batch.count])
    rows = np.concatenate(parts)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def _taken(replay: Replay, x: Any, *, logits: str) -> Any:
    """What the product behind the logits takes, (N, F)."""
    program, value = replay.program, replay.layer(logits).value
    while value in program.producer:
        operation = program.producer[value]
        taken = [number for number in operation.inputs if number in program.live]
        if not taken:
            break
        value = taken[0]
        if operation.name in ("dot_general", "conv_general_dilated"):
            break
    return replay.values(x, [value])[0].reshape(x.shape[0], -1)


def _kth_distance(rows: np.ndarray, others: np.ndarray, k: int) -> np.ndarray:
    """The distance of each row to the k-th nearest of others."""
    found = []
    for at in range(0, len(rows), 1024):
        cosines = rows[at : at + 1024] @ others.T
        nearest = np.partition(-cosines, k - 1, axis=1)[:, k - 1]
        found.append(np.sqrt(np.maximum(2 + 2 * nearest, 0)))
    return np.concatenate(found)
