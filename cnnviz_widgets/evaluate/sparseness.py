"""Sparseness: is the explanation about few pixels?"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..methods.attribution.method import Target
from ..network import Network
from .judged import Scores, judge
from .metric import metric


@metric(better="higher")
def sparseness(net: Network, x: Any, values: Any, *, target: Target = None) -> Scores:
    """The Gini index of the absolute values: on how few pixels they sit. Higher is better.

    A sparse map is easier to read, which does not make it right: judge faithfulness too.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        values: an `Attribution`, or (N, H, W) or (N, H, W, C), whose channels are summed before
            their absolute value is taken.
        target: of no effect here; every metric has it.

    Returns:
        float32 (N,), from 0 (constant, or zero everywhere) to 1 - 1 / pixels (a single pixel).

    Raises:
        InputError: if `x` or the values are not what is expected.

    References:
        Chalasani, Chen, Chowdhury, Jha and Wu 2020, https://arxiv.org/abs/1810.06583.
    """
    judged = judge(net, x, values, target)
    sizes = np.sort(np.abs(judged.maps.reshape(len(judged.maps), -1)).astype(np.float64), 1)
    count = sizes.shape[1]
    weights = 2 * np.arange(1, count + 1) - count - 1
    total = sizes.sum(1)
    return (sizes @ weights / (count * np.where(total > 0, total, 1))).astype(np.float32)
