"""Infidelity: by how much values miss what happens when the image changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float32, Int32

from ..methods.attribution.method import Target
from ..network import InputError, Network, Replay, to_row
from .judged import Judged, Scores, check_between, check_whole, judge
from .metric import metric
from .scores import score

CHANGES = ("square", "gaussian")
Change = Float[Array, "n h w c"]


@metric(better="lower")
def infidelity(
    net: Network,
    x: Any,
    values: Any,
    *,
    target: Target = None,
    changes: Any = "square",
    side: int | None = None,
    sigma: float = 0.2,
    samples: int = 50,
    scaled: bool = False,
    seed: int = 0,
    key: jax.Array | None = None,
) -> Scores:
    """The mean squared error of values as a forecast of the logit's drop. Lower is better.

    For random changes I that are taken off the image, the mean of (I · values - drop)², where the
    drop is that of the class's logit. Values of (N, H, W) are shared out equally to the channels.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        values: an `Attribution`, or (N, H, W) or (N, H, W, C), logit per unit of input as those of
            `saliency`, not of `input_x_gradient`.
        target: class index or name, one for all images or one for each; if left out, that of the
            `Attribution`, else the class that the network sees.
        changes: "square" (a square goes black), "gaussian" (noise on every value), or arrays of
            one's own that are taken off, each of (N, H, W, C) or (H, W, C).
        side: of the square, in pixels; a quarter of the image's shorter side if left out.
        sigma: standard deviation of the noise, in units of the input's range 0 to 1.
        samples: how many changes; each is one pass.
        scaled: whether values are multiplied, image by image, by the number that makes the error
            least. Methods whose values have different units can be compared only so.
        seed: of the changes.
        key: a JAX key in place of `seed`.

    Returns:
        float32 (N,), at least 0, in squared units of the logit; for a map of zeros the mean
        squared drop.

    Raises:
        InputError: if `x`, the values or an option are not what is expected.
        UnknownTargetError: if there is no such class.

    References:
        Yeh, Hsieh, Suggala, Inouye and Ravikumar 2019, https://arxiv.org/abs/1901.09392.
    """
    judged = judge(net, x, values, target)
    per_channel = judged.values
    if per_channel.ndim == 3:
        channels = judged.batch.shape[-1]
        per_channel = np.repeat(per_channel[..., None] / np.float32(channels), channels, -1)
    key = jax.random.key(seed) if key is None else key
    drawn = _changes(judged, changes, side, sigma, samples, key)
    whole = np.asarray(judged.run(score, judged.batch, judged.classes, output="logit"), np.float64)
    count, products = 0, np.zeros((3, len(whole)))
    for change in drawn:
        left, forecast = judged.run(_after, judged.batch, change, per_channel, judged.classes)
        drop = whole - np.asarray(left)
        forecast = np.asarray(forecast, np.float64)
        error = drop * drop if scaled else (forecast - drop) ** 2
        products += np.stack([error, forecast * drop, forecast * forecast])
        count += 1
    if not count:
        raise InputError("expected at least one change, got none.")
    error, mixed, square = products / count
    if scaled:  # least squares: the error with the best factor mixed / square
        error = error - mixed * mixed / np.where(square > 0, square, 1)
    return np.maximum(error, 0).astype(np.float32)


def _after(
    replay: Replay,
    x: Change,
    change: Change,
    values: Change,
    target: Int32[Array, " n"],
    *,
    logits: str,
) -> tuple[Float[Array, " n"], Float[Array, " n"]]:
    left = score(replay, x - change, target, logits=logits, output="logit")
    return left, (values * change).sum((1, 2, 3))


def _changes(
    judged: Judged, changes: Any, side: int | None, sigma: float, samples: int, key: jax.Array
) -> Iterator[Any]:
    if not isinstance(changes, str):
        return _own(judged, changes)
    if changes not in CHANGES:
        raise InputError(f"expected changes of {CHANGES} or arrays, got {changes!r}.")
    check_whole("samples", samples, 1, 10**6)
    check_between("sigma", sigma, 0, 100)
    shorter = min((size for size in judged.size if size > 1), default=1)  # a line has its length
    side = max(1, shorter // 4) if side is None else side
    check_whole("side", side, 1, shorter)
    return _drawn(judged, changes, side, sigma, samples, key)


def _drawn(
    judged: Judged, changes: str, side: int, sigma: float, samples: int, key: jax.Array
) -> Iterator[Change]:
    for number in range(samples):
        drawn = jax.random.fold_in(key, number)
        if changes == "square":
            yield _square(drawn, judged.batch, np.int32(side))
        else:
            yield _noise(drawn, judged.batch, np.float32(sigma))


# one draw for all images, so that an image gets the same alone and in a batch


@jax.jit
def _square(key: jax.Array, x: Change, side: Int32[Array, ""]) -> Change:
    places = []
    for each, size in zip(jax.random.split(key), x.shape[1:3], strict=True):
        first = jax.random.randint(each, (), 0, jnp.maximum(size - side, 0) + 1)
        places.append((jnp.arange(size) >= first) & (jnp.arange(size) < first + side))
    inside = places[0][:, None] & places[1][None, :]
    return jnp.where(inside[None, :, :, None], x, 0)


@jax.jit
def _noise(key: jax.Array, x: Change, sigma: Float32[Array, ""]) -> Change:
    return jnp.broadcast_to(sigma * jax.random.normal(key, x.shape[1:])[None], x.shape)


def _own(judged: Judged, changes: Iterable[Any]) -> Iterator[Float32[np.ndarray, "n h w c"]]:
    shape = judged.batch.shape
    for change in changes:
        array = to_row(np.asarray(change, np.float32), len(judged.given.input_shape))
        if array.shape not in (shape, shape[1:]) or not np.isfinite(array).all():
            raise InputError(
                f"expected changes of finite numbers of shape {shape} or {shape[1:]}, got one of "
                f"shape {array.shape}."
            )
        yield np.broadcast_to(array, shape)
