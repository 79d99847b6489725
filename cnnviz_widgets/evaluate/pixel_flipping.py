"""Pixel flipping: the class's score while pixels are flipped one after the other."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float32

from ..methods.attribution.method import Target
from ..network import Network
from .baselines import baseline_images
from .curves import Counts, area, counts_of, curve
from .judged import Scores, check_whole, judge
from .metric import metric


@metric(better="lower")
def pixel_flipping(
    net: Network,
    x: Any,
    values: Any,
    *,
    target: Target = None,
    pixels_in_step: int | None = None,
    baseline: Any = "black",
    output: str = "logit",
) -> Scores:
    """The class's mean score while pixels are flipped, the most important first. Lower is better.

    The area under `pixel_flipping_curve` over the share of flipped pixels. It is what `deletion`
    is, but of the logit, which falls on when the probability is near 0 already.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        values: an `Attribution`, or (N, H, W) or (N, H, W, C), whose channels are summed. Equal
            values are in one random order, so a constant map counts as a random one.
        target: class index or name, one for all images or one for each; if left out, that of the
            `Attribution`, else the class that the network sees.
        pixels_in_step: how many pixels flip in one pass; 1 as in the paper, or, if left out, so
            many that there are about 100 passes.
        baseline: what they flip to: "black", "white", "mean" (of each channel), "blur", or an
            image or batch of one's own.
        output: "logit" or "probability".

    Returns:
        float32 (N,), in units of the logit.

    Raises:
        InputError: if `x`, the values or an option are not what is expected.
        UnknownTargetError: if there is no such class.

    References:
        Bach, Binder, Montavon, Klauschen, Müller and Samek 2015,
        https://doi.org/10.1371/journal.pone.0130140.
    """
    return area(*_curve(net, x, values, target, pixels_in_step, baseline, output))


def pixel_flipping_curve(
    net: Network,
    x: Any,
    values: Any,
    *,
    target: Target = None,
    pixels_in_step: int | None = None,
    baseline: Any = "black",
    output: str = "logit",
) -> Float32[np.ndarray, "n s"]:
    """The class's score before the first flip and after each; args as for `pixel_flipping`.

    Returns:
        float32 (N, steps + 1).
    """
    return _curve(net, x, values, target, pixels_in_step, baseline, output)[0]


def _curve(
    net: Network,
    x: Any,
    values: Any,
    target: Target,
    pixels_in_step: int | None,
    baseline: Any,
    output: str,
) -> tuple[Float32[np.ndarray, "n s"], Counts]:
    judged = judge(net, x, values, target)
    pixels = judged.pixels
    if pixels_in_step is None:
        counts = counts_of(pixels, 100)
    else:
        check_whole("pixels_in_step", pixels_in_step, 1, pixels)
        counts = [*range(0, pixels, pixels_in_step), pixels]
    end = baseline_images(judged, baseline)
    return curve(judged, judged.batch, end, counts, output), counts
