"""Gradients gathered on other ways to the image than the straight one from one baseline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
import numpy as np

from ...network import FAST, InputError, Network
from ..baselines import baseline_of, blurred
from ..checks import check_count, check_range
from .method import (
    Attribution,
    Target,
    attribution_method,
    class_scores,
    gradient,
    on_rows,
    picture_batch,
    targets,
    zero_gradient_note,
)


@attribution_method
@on_rows
def expected_gradients(
    net: Network,
    x: Any,
    *,
    target: Target = None,
    references: Any = None,
    samples: int = 50,
    seed: int = 0,
    key: jax.Array | None = None,
) -> Iterator[Attribution]:
    """Integrated gradients averaged over many baselines, one random point of each way.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        target: class index or name, one for all images or one for each; the class that the network
            sees if left out.
        references: a batch of images that stand for what could have been, such as a hundred of the
            training set; images of uniform noise if left out.
        samples: how many random points.
        seed: of the random numbers.
        key: a JAX key in place of `seed`.

    Returns:
        `.values` (N, H, W, C), in units of the logit, signed.

    Raises:
        InputError: if `x` or the references are not what the network takes.
        UnknownTargetError: if there is no such class.

    References:
        Erion, Janizek, Sturmfels, Lundberg and Lee 2021, https://arxiv.org/abs/1906.10670.
    """
    batch = picture_batch(net, x)
    check_count("samples", samples)
    pool = None if references is None else np.asarray(net.batch(references))
    if pool is not None and pool.shape[1:] != batch.shape[1:]:
        raise InputError(f"expected references of {batch.shape[1:]} each, got {pool.shape[1:]}.")
    classes = targets(net, batch, target)
    run, chosen = net.at(batch.shape).run, np.asarray(classes, np.int32)
    key = jax.random.key(seed) if key is None else key
    total = np.zeros(batch.shape, np.float32)
    for done in range(1, samples + 1):
        which, where, noise = jax.random.split(jax.random.fold_in(key, done), 3)
        if pool is None:
            start = np.asarray(baseline_of(net, batch[:1], "noise", noise))
        else:
            start = pool[int(jax.random.randint(which, (), 0, len(pool)))][None]
        share = np.float32(jax.random.uniform(where))
        point = start + share * (batch - start)
        found, _ = run(gradient, point, chosen, rules=FAST, logits=net.logits.name)
        total += np.asarray((batch - start) * found)
        yield Attribution(
            "expected_gradients", total / done, classes,
            samples=done, progress=done / samples, notes=zero_gradient_note(total),
        )  # fmt: skip


@attribution_method
@on_rows
def blur_ig(
    net: Network,
    x: Any,
    *,
    target: Target = None,
    steps: int = 100,
    sigma: float = 50.0,
) -> Iterator[Attribution]:
    """Integrated gradients on the way from a blurred image to the sharp one: no baseline colour.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        target: class index or name, one for all images or one for each; the class that the network
            sees if left out.
        steps: how many blurred images; the defaults are PAIR's.
        sigma: standard deviation of the strongest blur, in pixels.

    Returns:
        `.values` (N, H, W, C), in units of the logit, signed; `.delta` (N,), by how much their sum
        misses the difference to the strongest blur.

    Raises:
        InputError: if `x` is not what the network takes, or a number is out of range.
        UnknownTargetError: if there is no such class.

    References:
        Xu, Venugopalan and Sundararajan 2020, https://arxiv.org/abs/2004.03383.
    """
    batch = picture_batch(net, x)
    check_count("steps", steps)
    check_range("sigma", sigma, 0.01, 1000)
    classes = targets(net, batch, target)
    run, chosen = net.at(batch.shape).run, np.asarray(classes, np.int32)
    logits = net.logits.name
    total, sharper = np.zeros(batch.shape, np.float32), np.asarray(batch)
    last = np.asarray(blurred(batch, sigma))
    sharp, blunt = (
        np.asarray(run(class_scores, each, chosen, logits=logits)) for each in (batch, last)
    )
    for done in range(1, steps + 1):
        softer = last if done == steps else np.asarray(blurred(batch, sigma * done / steps))
        found, _ = run(gradient, (sharper + softer) / 2, chosen, rules=FAST, logits=logits)
        total += (sharper - softer) * np.asarray(found)
        sharper = softer
        yield Attribution(
            "blur_ig", total.copy(), classes, delta=total.sum((1, 2, 3)) - (sharp - blunt),
            samples=done, progress=done / steps, notes=zero_gradient_note(total),
        )  # fmt: skip


@attribution_method
@on_rows
def guided_ig(
    net: Network,
    x: Any,
    *,
    target: Target = None,
    baseline: Any = "black",
    steps: int = 200,
    fraction: float = 0.25,
    farthest: float = 0.02,
    seed: int = 0,
    key: jax.Array | None = None,
) -> Iterator[Attribution]:
    """Integrated gradients on a way that moves the pixels with the smallest gradients first.

    It keeps clear of places where the gradient is large and says little, which leaves less noise.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        target: class index or name, one for all images or one for each; the class that the network
            sees if left out.
        baseline: where the way begins; as for `integrated_gradients`.
        steps: of the way; the defaults are PAIR's.
        fraction: share of the values that move in a step, above 0 and up to 1.
        farthest: how far the way may be from the straight one, as a share of it.
        seed: of "noise".
        key: a JAX key in place of `seed`.

    Returns:
        `.values` (N, H, W, C), in units of the logit, signed; `.delta` (N,).

    Raises:
        InputError: if `x` or the baseline is not what the network takes, or a number is out of
            range.
        UnknownTargetError: if there is no such class.

    References:
        Kapishnikov et al. 2021, https://arxiv.org/abs/2106.09788.
    """
    batch = picture_batch(net, x)
    check_count("steps", steps)
    check_range("fraction", fraction, 1e-6, 1)
    check_range("farthest", farthest, 0, 1)
    start = baseline_of(net, batch, baseline, jax.random.key(seed) if key is None else key)
    classes = targets(net, batch, target)
    run, chosen = net.at(batch.shape).run, np.asarray(classes, np.int32)
    logits = net.logits.name
    ends = [np.asarray(run(class_scores, each, chosen, logits=logits)) for each in (batch, start)]
    ways = [
        _GuidedWay(np.asarray(a, np.float64), np.asarray(b, np.float64), fraction, farthest)
        for a, b in zip(start, batch, strict=True)
    ]
    for done in range(1, steps + 1):
        here = np.stack([way.here for way in ways]).astype(np.float32)
        found, _ = run(gradient, here, chosen, rules=FAST, logits=logits)
        for way, slope in zip(ways, np.asarray(found, np.float64), strict=True):
            way.move(slope, done / steps)
        values = np.stack([way.gathered for way in ways]).astype(np.float32)
        yield Attribution(
            "guided_ig", values, classes, delta=values.sum((1, 2, 3)) - (ends[0] - ends[1]),
            samples=done, progress=done / steps, notes=zero_gradient_note(values),
        )  # fmt: skip


class _GuidedWay:
    """The way of one image from its baseline, and what was gathered on it."""

    def __init__(
        self, start: np.ndarray, end: np.ndarray, fraction: float, farthest: float
    ) -> None:
        self.start, self.end = start, end
        self.fraction, self.farthest = fraction, farthest
        self.here = start.copy()
        self.gathered = np.zeros_like(start)
        self.length = np.abs(end - start).sum()

    def move(self, slope: np.ndarray, share: float) -> None:
        """Go on until only `1 - share` of the way is left, along the smallest slopes."""
        way = self.end - self.start
        low, high = max(share - self.farthest, 0.0), min(share + self.farthest, 1.0)
        least, most = self.start + low * way, self.start + high * way
        left = self.length * (1 - share)
        size = np.where(way == 0, np.inf, np.abs(slope))
        while True:
            before = self.here.copy()
            late = np.abs(self.here - self.start) < np.abs(least - self.start)
            self.here = np.where(late, least, self.here)
            size = np.where(self.here == most, np.inf, size)
            remaining = np.abs(self.end - self.here).sum()
            free = np.isfinite(size)
            if remaining <= left + 1e-9 * self.length or not free.any():
                self.gathered += (self.here - before) * slope
                return
            threshold = np.quantile(size, self.fraction, method="lower")
            chosen = free & (size <= threshold)  # all that are free, once few are left
            room = np.abs(most - self.here)[chosen].sum()
            part = 1.0 if room == 0 else min(1.0, (remaining - left) / room)
            self.here = np.where(chosen, self.here + part * (most - self.here), self.here)
            self.gathered += (self.here - before) * slope
            if part < 1:
                return
            size = np.where(chosen, np.inf, size)  # they are at the end of their room
