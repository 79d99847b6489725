"""MuFidelity: faithfulness correlation with the cells of a grid in the place of pixels."""

from __future__ import annotations

from typing import Any

import jax

from ..methods.attribution.method import Target
from ..network import Network
from .baselines import baseline_images
from .judged import Scores, check_between, check_whole, judge
from .metric import metric
from .scores import check_output
from .similarity import spearman
from .subsets import correlation_with_drops, random_subsets


@metric(better="higher")
def mu_fidelity(
    net: Network,
    x: Any,
    values: Any,
    *,
    target: Target = None,
    grid: int = 9,
    share: float = 0.2,
    samples: int = 200,
    baseline: Any = "black",
    output: str = "logit",
    seed: int = 0,
    key: jax.Array | None = None,
) -> Scores:
    """How well sums of values foretell what the class loses. Higher is better.

    The rank correlation, over random subsets of the cells of a grid, between the sum of the values
    there and the drop of the class's score when these cells are replaced.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        values: an `Attribution`, or (N, H, W) or (N, H, W, C), whose channels are summed.
        target: class index or name, one for all images or one for each; if left out, that of the
            `Attribution`, else the class that the network sees.
        grid: cells on a side; at most as many as there are pixels.
        share: of the cells that are replaced at a time.
        samples: how many subsets; each is one pass.
        baseline: what cells are replaced by: "black", "white", "mean" (of each channel), "blur",
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
        Bhatt, Weller and Moura 2020, https://arxiv.org/abs/2005.00631; with a grid: Novello, Fel
        and Vigouroux 2022, https://arxiv.org/abs/2206.06219.
    """
    judged = judge(net, x, values, target)
    check_output(net, output)
    check_whole("grid", grid, 2, 10**4)
    check_whole("samples", samples, 2, 10**6)
    check_between("share", share, 0, 1)
    cells = (min(grid, judged.size[0]), min(grid, judged.size[1]))
    chosen = min(max(round(share * cells[0] * cells[1]), 1), cells[0] * cells[1] - 1)
    key = jax.random.key(seed) if key is None else key
    subsets = random_subsets(key, samples, judged.size, cells, chosen)
    start = baseline_images(judged, baseline)
    return correlation_with_drops(judged, start, subsets, output, spearman)
