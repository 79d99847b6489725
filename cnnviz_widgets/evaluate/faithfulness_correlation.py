"""Faithfulness correlation: do sums of values foretell what the class loses?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import jax

from ..methods.attribution.method import Target
from ..network import InputError, Network
from .baselines import baseline_images
from .judged import Judged, Scores, check_whole, judge
from .metric import metric
from .scores import check_output
from .similarity import pearson
from .subsets import Subset, correlation_with_drops, random_subsets

_SUBSET = 224  # pixels, as in Quantus


@metric(better="higher")
def faithfulness_correlation(
    net: Network,
    x: Any,
    values: Any,
    *,
    target: Target = None,
    subset_size: int | None = None,
    samples: int = 100,
    subsets: Any = None,
    baseline: Any = "black",
    output: str = "logit",
    seed: int = 0,
    key: jax.Array | None = None,
) -> Scores:
    """How well sums of values foretell what the class loses. Higher is better.

    The linear correlation, over random subsets of pixels, between the sum of the values there and
    the drop of the class's score when these pixels are replaced.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        values: an `Attribution`, or (N, H, W) or (N, H, W, C), whose channels are summed.
        target: class index or name, one for all images or one for each; if left out, that of the
            `Attribution`, else the class that the network sees.
        subset_size: pixels replaced at a time; 224 if left out, or a fifth of a small image.
        samples: how many subsets; each is one pass.
        subsets: one's own in place of random ones: masks (H, W) of booleans, two or more.
        baseline: what pixels are replaced by: "black", "white", "mean" (of each channel), "blur",
            or an image or batch of one's own.
        output: "logit" or "probability".
        seed: of the subsets.
        key: a JAX key in place of `seed`.

    Returns:
        float32 (N,), from -1 to 1; 0 for a constant map, or where nothing moves the class.

    Raises:
        InputError: if `x`, the values or an option are not what is expected.
        UnknownTargetError: if there is no such class.

    References:
        Bhatt, Weller and Moura 2020, https://arxiv.org/abs/2005.00631.
    """
    judged = judge(net, x, values, target)
    check_output(net, output)
    if subsets is None:
        check_whole("samples", samples, 2, 10**6)
        chosen = max(1, min(_SUBSET, judged.pixels // 5)) if subset_size is None else subset_size
        check_whole("subset_size", chosen, 1, judged.pixels - 1)
        key = jax.random.key(seed) if key is None else key
        subsets = random_subsets(key, samples, judged.size, judged.size, chosen)
    else:
        subsets = _own(judged, subsets)
    start = baseline_images(judged, baseline)
    return correlation_with_drops(judged, start, subsets, output, pearson)


def _own(judged: Judged, subsets: Iterable[Any]) -> Sequence[Subset]:
    found = [judged.places(each) for each in subsets]
    for each in found:
        if each.shape != judged.size or each.dtype != bool:
            raise InputError(
                f"expected subsets as masks of booleans of shape {judged.size}, got "
                f"{each.dtype} of shape {each.shape}."
            )
    if len(found) < 2:
        raise InputError(f"expected two subsets or more, got {len(found)}.")
    return found
