"""Completeness: do the values sum to what they claim to explain?"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..methods.attribution.method import Target
from ..network import Network
from .baselines import baseline_images
from .judged import Scores, judge
from .metric import metric
from .scores import score


@metric(better="lower")
def completeness(
    net: Network, x: Any, values: Any, *, target: Target = None, baseline: Any = "black"
) -> Scores:
    """By how much the values' sum misses the logit's difference to a baseline. Lower is better.

    |sum of values - (logit of x - logit of baseline)|. Only values that claim to share the logit
    out, such as integrated gradients, can be near 0.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        values: an `Attribution`, or (N, H, W) or (N, H, W, C), all of which are summed.
        target: class index or name, one for all images or one for each; if left out, that of the
            `Attribution`, else the class that the network sees.
        baseline: what stands for nothing: "black", "white", "mean" (of each channel), "blur", or
            an image or batch of one's own.

    Returns:
        float32 (N,), at least 0, in units of the logit.

    Raises:
        InputError: if `x`, the values or the baseline are not what is expected.
        UnknownTargetError: if there is no such class.

    References:
        Sundararajan, Taly and Yan 2017, https://arxiv.org/abs/1703.01365.
    """
    judged = judge(net, x, values, target)
    here, there = (
        np.asarray(judged.run(score, images, judged.classes, output="logit"), np.float64)
        for images in (judged.batch, baseline_images(judged, baseline))
    )
    total = judged.maps.sum((1, 2), dtype=np.float64)
    return np.abs(total - (here - there)).astype(np.float32)
