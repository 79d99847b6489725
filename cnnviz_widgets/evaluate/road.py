"""ROAD: remove and debias. Pixels are not blackened but made unreadable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from ..methods.attribution.method import Target
from ..network import InputError, Network
from .imputation import impute
from .judged import Judged, Scores, check_between, judge
from .metric import metric
from .order import ranks
from .scores import check_output, score

PERCENTILES = tuple(range(10, 100, 10))


@metric(better="higher")
def road(
    net: Network,
    x: Any,
    values: Any,
    *,
    target: Target = None,
    percentiles: Sequence[float] = PERCENTILES,
    noise: float = 0.01,
    seed: int = 0,
    key: jax.Array | None = None,
) -> Scores:
    """How much more the most important pixels are missed than the least. Higher is better.

    For each percentile, so many pixels are replaced by noisy weighted means of their neighbours:
    once those with the least values (LeRF), once those with the largest (MoRF). The result is the
    mean of (LeRF - MoRF) / 2, of the class's softmax probability. Black pixels would give away
    where something was; means of neighbours don't.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        values: an `Attribution`, or (N, H, W) or (N, H, W, C), whose channels are summed. Equal
            values are in one random order, so a constant map counts as a random one.
        target: class index or name, one for all images or one for each; if left out, that of the
            `Attribution`, else the class that the network sees.
        percentiles: shares of pixels to replace, in percent.
        noise: standard deviation of the noise on them, in units of the input's range 0 to 1.
        seed: of the noise.
        key: a JAX key in place of `seed`.

    Returns:
        float32 (N,), from -0.5 to 0.5; near 0 for a map that says nothing.

    Raises:
        InputError: if `x`, the values or an option are not what is expected.
        UnknownTargetError: if there is no such class.

    References:
        Rong, Leemann, Borisov, Kasneci and Kasneci 2022, https://arxiv.org/abs/2202.00449.
    """
    judged = judge(net, x, values, target)
    check_output(net, "probability")
    check_between("noise", noise, -1e-9, 100)
    if not len(percentiles):
        raise InputError("expected at least one percentile, got none.")
    for each in percentiles:
        check_between("percentiles", each, 0, 100)
    key = jax.random.key(seed) if key is None else key
    most = ranks(judged.maps)
    least = judged.pixels - 1 - most
    total = np.zeros(len(most), np.float64)
    for number, percentile in enumerate(percentiles):
        count = int(judged.pixels * percentile / 100)
        drawn = jax.random.normal(jax.random.fold_in(key, number), judged.batch.shape[1:])
        added = np.asarray(noise * drawn, np.float32)
        kept, lost = (_score(judged, order < count, added) for order in (least, most))
        total += (kept - lost) / 2
    return (total / len(percentiles)).astype(np.float32)


def _score(judged: Judged, missing: np.ndarray, noise: np.ndarray) -> np.ndarray:
    images = np.stack(
        [
            impute(image, gone) + noise * gone[..., None]
            for image, gone in zip(np.asarray(judged.batch), missing, strict=True)
        ]
    )
    return np.asarray(judged.run(score, images, judged.classes, output="probability"))
