"""Average drop and average increase: what the class is when only what a map shows is left."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Array, Float, Int32

from ..methods.attribution.method import Target
from ..network import Network, Replay
from .judged import Judged, Scores, judge
from .metric import metric
from .scores import check_output, score


@metric(better="lower")
def average_drop(net: Network, x: Any, values: Any, *, target: Target = None) -> Scores:
    """Which share of its probability the class loses behind the map. Lower is better.

    The image is multiplied by the map, of which negative values are dropped and which is divided
    by its largest value. The mean over images, in percent, is the paper's figure.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        values: an `Attribution`, or (N, H, W) or (N, H, W, C), whose channels are summed. A
            constant positive map hides nothing: 0. A map with nothing positive leaves black.
        target: class index or name, one for all images or one for each; if left out, that of the
            `Attribution`, else the class that the network sees.

    Returns:
        float32 (N,), max(0, before - after) / before of the softmax probability, from 0 to 1.

    Raises:
        InputError: if `x` or the values are not what is expected.
        UnknownTargetError: if there is no such class.

    References:
        Chattopadhyay, Sarkar, Howlader and Balasubramanian 2018,
        https://arxiv.org/abs/1710.11063.
    """
    before, after = _before_and_after(judge(net, x, values, target))
    lost = np.maximum(before - after, 0)
    return np.where(lost > 0, lost / np.where(before > 0, before, 1), 0).astype(np.float32)


@metric(better="higher")
def average_increase(net: Network, x: Any, values: Any, *, target: Target = None) -> Scores:
    """Whether the class is more probable behind the map than before. Higher is better.

    Args and errors as for `average_drop`. The mean over images, in percent, is the paper's figure.

    Returns:
        float32 (N,), 1 for images whose probability rises, else 0.

    References:
        Chattopadhyay, Sarkar, Howlader and Balasubramanian 2018,
        https://arxiv.org/abs/1710.11063.
    """
    before, after = _before_and_after(judge(net, x, values, target))
    return (after > before).astype(np.float32)


def _before_and_after(judged: Judged) -> tuple[np.ndarray, np.ndarray]:
    check_output(judged.net, "probability")
    positive = np.maximum(judged.maps, 0)
    largest = positive.max((1, 2), keepdims=True)
    shown = positive / np.where(largest > 0, largest, 1)
    before, after = (
        np.asarray(judged.run(_score_behind, judged.batch, mask, judged.classes))
        for mask in (np.ones_like(shown), shown)
    )
    return before, after


def _score_behind(
    replay: Replay,
    x: Float[Array, "n h w c"],
    mask: Float[Array, "n h w"],
    target: Int32[Array, " n"],
    *,
    logits: str,
) -> Float[Array, " n"]:
    return score(replay, x * mask[..., None], target, logits=logits, output="probability")
