"""Random parts of the image left out, and the score explained by which were there.

One pass a sample for all images; sums are kept, so that memory does not grow with the number of
samples.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Int32, PRNGKeyArray

from ...network import FAST, InputError, Network, Replay
from ..baselines import baseline_of
from ..checks import check_count, check_range
from .method import (
    Attribution,
    Target,
    all_scores,
    attribution_method,
    class_scores,
    on_rows,
    picture_batch,
    targets,
    unmoved_note,
)
from .segments import segments_of

RISE_PRESETS = {"live": (2000, 0.5, True), "paper": (6000, 0.1, False)}
"""Number of masks, share of cells that are left to see, and whether to divide by the masks drawn
rather than by how many are expected."""

EXACT = 12
"""Segments up to which all coalitions are gone through where there are samples enough."""


@attribution_method
@on_rows
def rise(
    net: Network,
    x: Any,
    *,
    target: Target = None,
    samples: int | None = None,
    share: float | None = None,
    cells: int = 8,
    preset: str = "live",
    baseline: Any = "black",
    seed: int = 0,
    key: jax.Array | None = None,
) -> Iterator[Attribution]:
    """The mean of random masks, each weighted by the class's probability for what it leaves.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        target: class index or name, one for all images or one for each; the class that the network
            sees if left out.
        samples: number of masks.
        share: of the cells that a mask leaves to see, above 0 and below 1.
        cells: of the coarse grid that a mask is enlarged from, on each side.
        preset: where `samples` and `share` come from if left out: "live" (2000, 0.5; the default)
            or "paper" (6000, 0.1). "live" divides each pixel by the masks that let it be seen,
            "paper" by the number of masks times `share`, which leaves the pattern of the masks in
            the map until there are very many.
        baseline: what is seen through the holes; as for `occlusion`.
        seed: of the random numbers.
        key: a JAX key in place of `seed`.

    Returns:
        `.values` (N, H, W): expected probability of the class when the pixel is seen, 0 to about 1.

    Raises:
        InputError: if `x` is not what the network takes, or a number is out of range.
        UnknownTargetError: if there is no such class.

    References:
        Petsiuk, Das and Saenko 2018, https://arxiv.org/abs/1806.07421.
    """
    if preset not in RISE_PRESETS:
        raise InputError(f"expected a preset of {sorted(RISE_PRESETS)}, got {preset!r}.")
    known_samples, known_share, by_drawn = RISE_PRESETS[preset]
    samples = check_count("samples", known_samples if samples is None else samples)
    share = check_range("share", known_share if share is None else share, 0.001, 0.999)
    cells = int(check_range("cells", cells, 1, 1000))
    batch = picture_batch(net, x)
    key = jax.random.key(seed) if key is None else key
    start = baseline_of(net, batch, baseline, key)
    classes = targets(net, batch, target)
    run, chosen = net.at(batch.shape).run, np.asarray(classes, np.int32)
    total, drawn = np.zeros(batch.shape[:3], np.float32), np.zeros(batch.shape[1:3], np.float32)
    for done in range(1, samples + 1):
        mask, found = run(
            _through_a_mask, batch, start, jax.random.fold_in(key, done), np.float32(share), chosen,
            rules=FAST, logits=net.logits.name, cells=cells,
        )  # fmt: skip
        total += np.asarray(found)[:, None, None] * np.asarray(mask)[None]
        drawn += np.asarray(mask)
        values = total / (np.maximum(drawn, 1e-6) if by_drawn else np.float32(done * share))
        yield Attribution("rise", values, classes, samples=done, progress=done / samples)


@attribution_method
@on_rows
def lime(
    net: Network,
    x: Any,
    *,
    target: Target = None,
    samples: int = 1000,
    segments: Any = "superpixels",
    count: int = 50,
    width: float = 0.25,
    ridge: float = 1.0,
    baseline: Any = "mean",
    seed: int = 0,
    key: jax.Array | None = None,
) -> Iterator[Attribution]:
    """A linear model of the logit in which segments are there, fitted near the image.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        target: class index or name, one for all images or one for each; the class that the network
            sees if left out.
        samples: how many times random halves of the segments are covered.
        segments: "superpixels" (needs scikit-image), "grid", or whole numbers (H, W) or (N, H, W).
        count: about how many superpixels or squares.
        width: of the kernel that lets samples near the image count more, in cosine distance.
        ridge: how much large weights are held back, as in the paper's code.
        baseline: what covers; as for `occlusion`. The mean colour by default.
        seed: of the random numbers.
        key: a JAX key in place of `seed`.

    Returns:
        `.values` (N, H, W), in units of the logit; the same within a segment.

    Raises:
        InputError: if `x` is not what the network takes, or a number is out of range.
        ImportError: for superpixels, without scikit-image.
        UnknownTargetError: if there is no such class.

    References:
        Ribeiro, Singh and Guestrin 2016, https://arxiv.org/abs/1602.04938.
    """
    check_count("samples", samples)
    check_range("width", width, 1e-6, 1e6)
    check_range("ridge", ridge, 0, 1e6)
    key = jax.random.key(seed) if key is None else key

    def draw(parts: int) -> Iterator[Draw]:
        numbers = _numbers(key)
        for _ in range(samples):
            shown = numbers.random(parts) < 0.5
            distance = 1 - math.sqrt(shown.mean())  # cosine, to the whole image
            yield shown, math.exp(-(distance**2) / width**2)

    where = _Where(segments, count, baseline, key)
    yield from _fitted("lime", net, x, target, where, draw, lambda fit, _: fit.ridge(ridge))


@attribution_method
@on_rows
def kernel_shap(
    net: Network,
    x: Any,
    *,
    target: Target = None,
    samples: int = 1000,
    segments: Any = "superpixels",
    count: int = 50,
    baseline: Any = "mean",
    seed: int = 0,
    key: jax.Array | None = None,
) -> Iterator[Attribution]:
    """Shapley values of segments: what each adds, averaged over all orders of adding them.

    Found as the weighted fit whose answer they are. Coalitions come in pairs, each with its
    complement. Where `samples` reaches all coalitions of up to twelve segments, each is taken once
    and the values are exact.

    Args and errors as for `lime`.

    Returns:
        `.values` (N, H, W), in units of the logit; the same within a segment, to each pixel its
        share. `.delta` (N,): by how much their sum misses the difference to the baseline.

    References:
        Lundberg and Lee 2017, https://arxiv.org/abs/1705.07874.
    """
    check_count("samples", samples)
    key = jax.random.key(seed) if key is None else key

    def draw(parts: int) -> Iterator[Draw]:
        numbers = _numbers(key)
        if parts <= EXACT and 2**parts - 2 <= samples:
            everything = np.array(list(itertools.product((False, True), repeat=parts)))[1:-1]
            for shown in numbers.permutation(everything):
                size = int(shown.sum())
                yield shown, 1 / (math.comb(parts, size) * size * (parts - size))
            return
        sizes = np.arange(1, parts)
        odds = 1 / (sizes * (parts - sizes))
        shown = np.zeros(parts, bool)
        for k in range(samples):
            if k % 2:
                shown = ~shown
            else:
                size = numbers.choice(sizes, p=odds / odds.sum())
                shown = np.isin(np.arange(parts), numbers.choice(parts, size, replace=False))
            yield shown, 1.0

    where = _Where(segments, count, baseline, key)
    yield from _fitted("kernel_shap", net, x, target, where, draw, _Fit.to_the_sum)


Draw = tuple[np.ndarray, float]
"""Which segments are there, and how much the sample counts."""


class _Where(NamedTuple):
    """What is left out of an image, and what for."""

    segments: Any
    about: int
    baseline: Any
    key: PRNGKeyArray


class _Fit:
    """A linear model of how the score of one image changes with the segments that are there."""

    def __init__(self, parts: int) -> None:
        self.parts = parts
        self._squares = np.zeros((parts + 1, parts + 1))
        self._products = np.zeros(parts + 1)

    def add(self, shown: np.ndarray, score: float, weight: float) -> None:
        row = np.append(shown, 1.0)  # the last one is the intercept
        self._squares += weight * np.outer(row, row)
        self._products += weight * score * row

    def ridge(self, strength: float) -> np.ndarray:
        """The weights, held back by `strength`; the intercept is free."""
        held = np.diag([*[strength] * self.parts, 0.0])
        return np.linalg.lstsq(self._squares + held, self._products, rcond=None)[0][:-1]

    def to_the_sum(self, total: float) -> np.ndarray:
        """The weights that sum to `total`, without an intercept."""
        squares, products = self._squares[:-1, :-1], self._products[:-1]
        tiny = 1e-9 * max(float(np.trace(squares)) / self.parts, 1e-9)  # while samples are few
        solved = np.linalg.solve(
            squares + tiny * np.eye(self.parts), np.stack([products, np.ones(self.parts)], 1)
        )
        return solved[:, 0] + solved[:, 1] * (total - solved[:, 0].sum()) / solved[:, 1].sum()


def _fitted(
    method: str,
    net: Network,
    x: Any,
    target: Target,
    where: _Where,
    draw: Callable[[int], Iterator[Draw]],
    solve: Callable[[_Fit, float], np.ndarray],
) -> Iterator[Attribution]:
    """Fit each image's model to more and more samples; one pass serves one sample of each."""
    batch = picture_batch(net, x)
    numbers = segments_of(np.asarray(batch), where.segments, check_count("count", where.about))
    start = baseline_of(net, batch, where.baseline, where.key)
    classes = targets(net, batch, target)
    chosen = np.asarray(classes, np.int32)
    run, logits = net.at(batch.shape).run, net.logits.name
    whole, nothing = (
        np.asarray(run(class_scores, each, chosen, rules=FAST, logits=logits), np.float64)
        for each in (batch, start)
    )
    fits = [_Fit(int(each.max()) + 1) for each in numbers]
    draws = [list(draw(fit.parts)) for fit in fits]
    planned = max(1, *map(len, draws))
    for done in range(planned):
        samples = [
            each[done] if done < len(each) else (np.ones(fit.parts, bool), 0.0)
            for each, fit in zip(draws, fits, strict=True)
        ]
        shown = np.stack([s[each] for (s, _), each in zip(samples, numbers, strict=True)])
        seen = jnp.where(shown[..., None], batch, start)
        scores = np.asarray(run(class_scores, seen, chosen, rules=FAST, logits=logits), np.float64)
        for fit, (there, weight), score in zip(fits, samples, scores - nothing, strict=True):
            fit.add(there, score, weight)
        yield _shared_out(method, fits, numbers, whole - nothing, classes, solve, done + 1, planned)


def _shared_out(
    method: str,
    fits: list[_Fit],
    numbers: Int[np.ndarray, "n h w"],
    totals: Float[np.ndarray, " n"],
    classes: tuple[int, ...],
    solve: Callable[[_Fit, float], np.ndarray],
    done: int,
    planned: int,
) -> Attribution:
    found = [solve(fit, total) for fit, total in zip(fits, totals, strict=True)]
    values = np.stack([each[number] for each, number in zip(found, numbers, strict=True)])
    missed = np.array([each.sum() for each in found]) - totals
    return Attribution(
        method, values.astype(np.float32), classes,
        delta=missed.astype(np.float32) if method == "kernel_shap" else None,
        samples=done, progress=done / planned, notes=unmoved_note(values),
    )  # fmt: skip


def _numbers(key: PRNGKeyArray) -> np.random.Generator:
    return np.random.default_rng(np.asarray(jax.random.key_data(key)))


def _through_a_mask(
    replay: Replay,
    x: Float[Array, "n h w c"],
    start: Float[Array, "n h w c"],
    key: PRNGKeyArray,
    share: Float[Array, ""],
    target: Int32[Array, " n"],
    *,
    logits: str,
    cells: int,
) -> tuple[Float[Array, "h w"], Float[Array, " n"]]:
    """A random mask, and the probability of each image's class for what it leaves."""
    coarse_key, place_key = jax.random.split(key)
    rows, columns = x.shape[1:3]
    tall, wide = math.ceil(rows / cells), math.ceil(columns / cells)
    coarse = (jax.random.uniform(coarse_key, (cells + 1, cells + 1)) < share).astype(x.dtype)
    smooth = jax.image.resize(coarse, ((cells + 1) * tall, (cells + 1) * wide), "linear")
    corner = jax.random.randint(place_key, (2,), 0, jnp.array([tall, wide]))
    mask = jax.lax.dynamic_slice(smooth, corner, (rows, columns))
    seen = mask[None, :, :, None] * (x - start) + start
    shares = jax.nn.softmax(all_scores(replay, seen, logits=logits))
    return mask, jnp.take_along_axis(shares, target[:, None], 1)[:, 0]
