"""Gradients averaged over noise, or over the way from a baseline.

One sample is one pass; the sums are kept, so that memory does not grow with their number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float, Int32

from ...network import FAST, InputError, Network, Replay
from ..baselines import baseline_of
from ..checks import check_count, check_range
from .method import (
    Attribution,
    Target,
    attribution_method,
    gradient,
    targets,
    value_batch,
    zero_gradient_note,
)
from .spread import spread

NOISE_PRESETS = {"paper": (0.15, 50), "pair": (0.15, 25), "captum": (1.0, 5), "xplique": (0.2, 50)}
"""Standard deviation, as a share of the input's range 0 to 1, and number of samples."""


@attribution_method
def smooth_grad(
    net: Network,
    x: Any,
    *,
    target: Target = None,
    sigma: float | None = None,
    samples: int | None = None,
    preset: str = "paper",
    seed: int = 0,
    key: jax.Array | None = None,
) -> Iterator[Attribution]:
    """The mean gradient over copies of the image with noise: less grain than one gradient.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1]; or sequences (T, C) or (N, T, C).
        target: class index or name, one for all images or one for each; the class that the network
            sees if left out.
        sigma: standard deviation of the noise, in units of the input's range.
        samples: how many copies.
        preset: where `sigma` and `samples` come from if left out: "paper" (0.15, 50; the paper's
            code, and the default), "pair" (0.15, 25), "captum" (1.0, 5), "xplique" (0.2, 50).
        seed: of the random numbers.
        key: a JAX key in place of `seed`.

    Returns:
        `.values` (N, H, W, C), logit per unit of input, signed.

    Raises:
        InputError: if `x` is not what the network takes, or a number is out of range.
        UnknownTargetError: if there is no such class.

    References:
        Smilkov, Thorat, Kim, Viégas and Wattenberg 2017, https://arxiv.org/abs/1706.03825.
    """
    moments = _noisy(net, x, target, sigma, samples, preset, seed, key)
    yield from _estimates("smooth_grad", moments, lambda mean, _: mean)


@attribution_method
def square_grad(
    net: Network,
    x: Any,
    *,
    target: Target = None,
    sigma: float | None = None,
    samples: int | None = None,
    preset: str = "paper",
    seed: int = 0,
    key: jax.Array | None = None,
) -> Iterator[Attribution]:
    """The mean of the squared gradients over copies with noise; args as for `smooth_grad`.

    What PAIR's SmoothGrad does by default.

    Returns:
        `.values` (N, H, W, C), at least 0.

    References:
        Hooker, Erhan, Kindermans and Kim 2019, https://arxiv.org/abs/1806.10758.
    """
    moments = _noisy(net, x, target, sigma, samples, preset, seed, key)
    yield from _estimates("square_grad", moments, lambda _, square: square)


@attribution_method
def var_grad(
    net: Network,
    x: Any,
    *,
    target: Target = None,
    sigma: float | None = None,
    samples: int | None = None,
    preset: str = "paper",
    seed: int = 0,
    key: jax.Array | None = None,
) -> Iterator[Attribution]:
    """The variance of the gradient over copies with noise; args as for `smooth_grad`.

    Returns:
        `.values` (N, H, W, C), at least 0.

    References:
        Adebayo, Gilmer, Goodfellow and Kim 2018, https://arxiv.org/abs/1810.03307.
    """
    moments = _noisy(net, x, target, sigma, samples, preset, seed, key)
    yield from _estimates(
        "var_grad", moments, lambda mean, square: np.maximum(square - mean * mean, 0)
    )


@attribution_method
def integrated_gradients(
    net: Network,
    x: Any,
    *,
    target: Target = None,
    baseline: Any = "black",
    steps: int = 50,
    seed: int = 0,
    key: jax.Array | None = None,
) -> Iterator[Attribution]:
    """The gradient averaged along the straight way from a baseline, times the way.

    The values of an image sum to the difference of the logits at its two ends; `.delta` says by
    how much they miss it, which falls with `steps`. The points are those of Gauss and Legendre, as
    in Captum, and are gone through in the order that makes early frames good estimates.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1]; or sequences (T, C) or (N, T, C).
        target: class index or name, one for all images or one for each; the class that the network
            sees if left out.
        baseline: what stands for nothing: "black", "white", "mean" (of each channel), "blur",
            "noise" (uniform), or an image or batch of one's own.
        steps: how many points of the way.
        seed: of "noise".
        key: a JAX key in place of `seed`.

    Returns:
        `.values` (N, H, W, C), in units of the logit, signed; `.delta` (N,).

    Raises:
        InputError: if `x` or the baseline is not what the network takes, or `steps` is not
            positive.
        UnknownTargetError: if there is no such class.

    References:
        Sundararajan, Taly and Yan 2017, https://arxiv.org/abs/1703.01365.
    """
    batch = value_batch(net, x)
    check_count("steps", steps)
    start = baseline_of(net, batch, baseline, jax.random.key(seed) if key is None else key)
    classes = targets(net, batch, target)
    run, chosen = net.at(batch.shape).run, np.asarray(classes, np.int32)
    logits = net.logits.name

    def on_the_way(share: float) -> tuple[np.ndarray, np.ndarray]:
        at = np.float32(share)
        found = run(_on_the_way, start, batch, at, chosen, rules=FAST, logits=logits)
        return np.asarray(found[0]), np.asarray(found[1])

    # the ends by the program of all points, though no gradient is needed there: a program more
    # takes more memory and time than two passes back
    ends = on_the_way(1.0)[1] - on_the_way(0.0)[1]
    points, weights = np.polynomial.legendre.leggauss(steps)
    way = np.asarray(batch - start)
    total, seen = np.zeros(batch.shape, np.float32), 0.0
    for done, at in enumerate(spread(steps), 1):
        total += np.float32(weights[at]) * on_the_way((points[at] + 1) / 2)[0]
        seen += weights[at]
        values = way * total / np.float32(seen)
        yield Attribution(
            "integrated_gradients",
            values,
            classes,
            delta=values.reshape(len(values), -1).sum(1) - ends,
            samples=done,
            progress=done / steps,
            notes=zero_gradient_note(values),
        )


def _noisy(
    net: Network,
    x: Any,
    target: Target,
    sigma: float | None,
    samples: int | None,
    preset: str,
    seed: int,
    key: jax.Array | None,
) -> Iterator[tuple[np.ndarray, np.ndarray, tuple[int, ...], int, int]]:
    """Mean and mean square of the gradients so far, the classes, and how many of how many."""
    if preset not in NOISE_PRESETS:
        raise InputError(f"expected a preset of {sorted(NOISE_PRESETS)}, got {preset!r}.")
    known_sigma, known_samples = NOISE_PRESETS[preset]
    sigma = known_sigma if sigma is None else sigma
    samples = known_samples if samples is None else samples
    check_range("sigma", sigma, 0, 100)
    check_count("samples", samples)
    batch = value_batch(net, x)
    classes = targets(net, batch, target)
    key = jax.random.key(seed) if key is None else key
    run, chosen = net.at(batch.shape).run, np.asarray(classes, np.int32)
    mean, square = (np.zeros(batch.shape, np.float32) for _ in range(2))
    for done in range(1, samples + 1):
        found = run(
            _with_noise, batch, chosen, jax.random.fold_in(key, done), np.float32(sigma),
            rules=FAST, logits=net.logits.name,
        )  # fmt: skip
        one = np.asarray(found)
        mean += (one - mean) / np.float32(done)
        square += (one * one - square) / np.float32(done)
        yield mean, square, classes, done, samples


def _estimates(
    method: str,
    moments: Iterator[tuple[np.ndarray, np.ndarray, tuple[int, ...], int, int]],
    estimate: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> Iterator[Attribution]:
    for mean, square, classes, done, samples in moments:
        values = np.array(estimate(mean, square))  # a copy: the sums go on
        yield Attribution(
            method, values, classes, samples=done, progress=done / samples,
            notes=zero_gradient_note(mean),
        )  # fmt: skip


def _with_noise(
    replay: Replay,
    x: Float[Array, "n ..."],
    target: Int32[Array, " n"],
    key: jax.Array,
    sigma: Float[Array, ""],
    *,
    logits: str,
) -> Float[Array, "n ..."]:
    # one noise for all images, so that an image gets the same alone and in a batch
    noise = sigma * jax.random.normal(key, x.shape[1:])
    return gradient(replay, x + noise[None], target, logits=logits)[0]


def _on_the_way(
    replay: Replay,
    start: Float[Array, "n ..."],
    x: Float[Array, "n ..."],
    share: Float[Array, ""],
    target: Int32[Array, " n"],
    *,
    logits: str,
) -> tuple[Float[Array, "n ..."], Float[Array, " n"]]:
    return gradient(replay, start + share * (x - start), target, logits=logits)
