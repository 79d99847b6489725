"""Deletion and insertion: does the class go, or come, with the pixels that a map points at?"""

from __future__ import annotations

from typing import Any

from ..methods.attribution.method import Target
from ..network import Network
from .baselines import baseline_images
from .curves import area, counts_of, curve
from .judged import Scores, check_whole, judge
from .metric import metric


@metric(better="lower")
def deletion(
    net: Network,
    x: Any,
    values: Any,
    *,
    target: Target = None,
    steps: int = 100,
    baseline: Any = "black",
) -> Scores:
    """How long the class survives while its most important pixels are taken away. Lower is better.

    The area under the class's softmax probability over the share of pixels that are gone, the
    largest values first, by the trapezoid rule.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        values: an `Attribution`, or (N, H, W) or (N, H, W, C), whose channels are summed. Equal
            values are in one random order, so a constant map counts as a random one.
        target: class index or name, one for all images or one for each; if left out, that of the
            `Attribution`, else the class that the network sees.
        steps: in how many steps all pixels go; each is one pass, and at most one for each pixel.
        baseline: what is left: "black", "white", "mean" (of each channel), "blur", or an image or
            batch of one's own.

    Returns:
        float32 (N,), from 0 to 1.

    Raises:
        InputError: if `x`, the values or an option are not what is expected.
        UnknownTargetError: if there is no such class.

    References:
        Petsiuk, Das and Saenko 2018, https://arxiv.org/abs/1806.07421.

    Example:
        >>> found = cw.methods.saliency(net, x, target="cat")
        >>> cw.evaluate.deletion(net, x, found)
    """
    judged = judge(net, x, values, target)
    check_whole("steps", steps, 1, 10**6)
    counts = counts_of(judged.pixels, steps)
    scores = curve(judged, judged.batch, baseline_images(judged, baseline), counts, "probability")
    return area(scores, counts)


@metric(better="higher")
def insertion(
    net: Network,
    x: Any,
    values: Any,
    *,
    target: Target = None,
    steps: int = 100,
    baseline: Any = "blur",
) -> Scores:
    """How soon the class is there when its most important pixels come first. Higher is better.

    The area under the class's softmax probability over the share of pixels that have come, the
    largest values first, by the trapezoid rule. Args and errors as for `deletion`, but that the
    baseline is what the image starts from: blurred by a Gaussian of 11x11 pixels and sigma 5,
    which shows no edges where pixels come in.

    Returns:
        float32 (N,), from 0 to 1.

    References:
        Petsiuk, Das and Saenko 2018, https://arxiv.org/abs/1806.07421.
    """
    judged = judge(net, x, values, target)
    check_whole("steps", steps, 1, 10**6)
    counts = counts_of(judged.pixels, steps)
    scores = curve(judged, baseline_images(judged, baseline), judged.batch, counts, "probability")
    return area(scores, counts)
