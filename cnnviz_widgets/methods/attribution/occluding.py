"""What the score loses when a part of the image is covered, part after part."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int32

from ...network import FAST, InputError, Network, Replay
from ..baselines import baseline_of
from ..checks import check_count
from .method import (
    Attribution,
    Target,
    attribution_method,
    class_scores,
    on_rows,
    picture_batch,
    targets,
    unmoved_note,
)
from .segments import segments_of
from .spread import spread


@attribution_method
@on_rows
def occlusion(
    net: Network,
    x: Any,
    *,
    target: Target = None,
    window: int | Sequence[int] | None = None,
    stride: int | Sequence[int] | None = None,
    baseline: Any = "black",
    seed: int = 0,
    key: jax.Array | None = None,
) -> Iterator[Attribution]:
    """What the logit loses when a window that slides over the image is covered.

    One pass a place of the window. A pixel gets the mean of all windows that cover it. Places are
    gone through evenly spread, so that early frames show the whole image.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        target: class index or name, one for all images or one for each; the class that the network
            sees if left out.
        window: side of the window, or (rows, columns), in pixels; an eighth of the image's sides if
            left out. Of a sequence, in steps.
        stride: how far it moves, in pixels; half the window if left out.
        baseline: what it covers with: "black", "white", "mean", "blur", "noise", or an image or
            batch of one's own.
        seed: of "noise".
        key: a JAX key in place of `seed`.

    Returns:
        `.values` (N, H, W), in units of the logit; positive where the class is helped.

    Raises:
        InputError: if `x`, the baseline or a size is not what the network takes.
        UnknownTargetError: if there is no such class.

    References:
        Zeiler and Fergus 2014, https://arxiv.org/abs/1311.2901.
    """
    batch = picture_batch(net, x)
    size = _pair("window", window, [max(1, side // 8) for side in batch.shape[1:3]])
    step = _pair("stride", stride, [max(1, side // 2) for side in size])
    if any(side > whole for side, whole in zip(size, batch.shape[1:3], strict=True)):
        raise InputError(f"expected a window within {batch.shape[1:3]}, got {size}.")
    counts = [
        math.ceil((whole - side) / by) + 1
        for whole, side, by in zip(batch.shape[1:3], size, step, strict=True)
    ]
    places = [
        (row * step[0], column * step[1])
        for row in range(counts[0]) for column in range(counts[1])
    ]  # fmt: skip
    start = baseline_of(net, batch, baseline, jax.random.key(seed) if key is None else key)
    classes = targets(net, batch, target)
    chosen = np.asarray(classes, np.int32)
    run, logits = net.at(batch.shape).run, net.logits.name
    whole = np.asarray(run(class_scores, batch, chosen, rules=FAST, logits=logits))
    total, covered = np.zeros(batch.shape[:3], np.float32), np.zeros(batch.shape[1:3], np.float32)
    for done, index in enumerate(spread(len(places)), 1):
        row, column = places[index]
        corners = np.asarray((row, column, row + size[0], column + size[1]), np.int32)
        found = run(_with_a_window, batch, start, corners, chosen, rules=FAST, logits=logits)
        lost = whole - np.asarray(found)
        area = np.s_[row : row + size[0], column : column + size[1]]
        total[:, *area] += lost[:, None, None]
        covered[area] += 1
        yield Attribution(
            "occlusion", _means(total, covered), classes,
            samples=done, progress=done / len(places), notes=unmoved_note(total),
        )  # fmt: skip


@attribution_method
@on_rows
def feature_ablation(
    net: Network,
    x: Any,
    *,
    target: Target = None,
    segments: Any = "superpixels",
    count: int = 50,
    baseline: Any = "black",
    seed: int = 0,
    key: jax.Array | None = None,
) -> Iterator[Attribution]:
    """What the logit loses when a segment of the image is covered, one pass a segment.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        target: class index or name, one for all images or one for each; the class that the network
            sees if left out.
        segments: "superpixels" (needs scikit-image), "grid", or whole numbers (H, W) or (N, H, W),
            the same for all pixels of a segment.
        count: about how many superpixels or squares.
        baseline: what covers a segment; as for `occlusion`.
        seed: of "noise".
        key: a JAX key in place of `seed`.

    Returns:
        `.values` (N, H, W), in units of the logit; the same within a segment.

    Raises:
        InputError: if `x`, the baseline or the segments are not what the network takes.
        ImportError: for superpixels, without scikit-image.
        UnknownTargetError: if there is no such class.

    References:
        Kokhlikyan et al. 2020 (Captum), https://arxiv.org/abs/2009.07896.
    """
    batch = picture_batch(net, x)
    numbers = segments_of(np.asarray(batch), segments, check_count("count", count))
    start = baseline_of(net, batch, baseline, jax.random.key(seed) if key is None else key)
    classes = targets(net, batch, target)
    chosen = np.asarray(classes, np.int32)
    run, logits = net.at(batch.shape).run, net.logits.name
    whole = np.asarray(run(class_scores, batch, chosen, rules=FAST, logits=logits))
    values, planned = np.zeros(batch.shape[:3], np.float32), int(numbers.max()) + 1
    for segment in range(planned):
        kept = (numbers != segment)[..., None]
        seen = jnp.where(kept, batch, start)
        found = run(class_scores, seen, chosen, rules=FAST, logits=logits)
        lost = whole - np.asarray(found)
        values = np.where(kept[..., 0], values, lost[:, None, None]).astype(np.float32)
        yield Attribution(
            "feature_ablation", values, classes,
            samples=segment + 1, progress=(segment + 1) / planned, notes=unmoved_note(values),
        )  # fmt: skip


def _pair(name: str, given: Any, default: Sequence[int]) -> tuple[int, int]:
    pair = default if given is None else (given, given) if np.ndim(given) == 0 else tuple(given)
    if len(pair) != 2 or any(int(side) != side or side < 1 for side in pair):
        raise InputError(f"expected {name} as one or two whole numbers from 1, got {given!r}.")
    return int(pair[0]), int(pair[1])


def _means(total: np.ndarray, covered: np.ndarray) -> np.ndarray:
    """The mean of the windows over each pixel; for a pixel without one, of those that are there."""
    seen = covered > 0
    found = total / np.where(seen, covered, 1)
    rest = found[:, seen].mean(1) if seen.any() else np.zeros(len(total))
    return np.where(seen, found, rest[:, None, None]).astype(np.float32)


def _with_a_window(
    replay: Replay,
    x: Float[Array, "n h w c"],
    start: Float[Array, "n h w c"],
    corners: Int32[Array, " 4"],
    target: Int32[Array, " n"],
    *,
    logits: str,
) -> Float[Array, " n"]:
    top, left, bottom, right = corners
    rows, columns = jnp.arange(x.shape[1])[:, None], jnp.arange(x.shape[2])[None]
    inside = (rows >= top) & (rows < bottom) & (columns >= left) & (columns < right)
    return class_scores(
        replay, jnp.where(inside[None, :, :, None], start, x), target, logits=logits
    )
