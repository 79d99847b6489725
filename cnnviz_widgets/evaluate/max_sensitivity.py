"""Max-sensitivity: how far an explanation jumps when the image hardly changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import jax
import numpy as np
from jaxtyping import Float32

from ..methods.attribution.method import Target, targets, value_batch
from ..network import InputError, Network
from .explaining import Method, check_method, explain
from .judged import Scores, check_between, check_whole
from .metric import metric


@metric(better="lower", needs="method")
def max_sensitivity(
    net: Network,
    x: Any,
    method: Method,
    *,
    target: Target = None,
    radius: float = 0.02,
    samples: int = 10,
    noise: Any = None,
    seed: int = 0,
    key: jax.Array | None = None,
    **options: Any,
) -> Scores:
    """How far the explanation jumps at most when the image hardly changes. Lower is better.

    The largest ‖method(x + noise) - method(x)‖ / ‖method(x)‖ over some samples of uniform noise.
    The noisy image is clipped to the network's range; the class stays.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        method: the name of an attribution method, or a function `method(net, x, target=…)` that
            gives an `Attribution` or an array.
        target: class index or name, one for all images or one for each; the class that the network
            sees in `x` if left out.
        radius: the largest noise, in units of the input's range 0 to 1.
        samples: how many noisy images; the method runs once for each.
        noise: one's own in place of random noise: arrays of (N, H, W, C) or (H, W, C).
        seed: of the noise.
        key: a JAX key in place of `seed`.
        options: of the method.

    Returns:
        float32 (N,), at least 0. Where the explanation of `x` is zero everywhere, 0 if it stays
        so, else infinite.

    Raises:
        InputError: if `x`, the method, what it gives or an option are not what is expected.
        UnknownTargetError: if there is no such class.

    References:
        Yeh, Hsieh, Suggala, Inouye and Ravikumar 2019, https://arxiv.org/abs/1901.09392.
    """
    batch = value_batch(net, x)
    classes = targets(net, batch, target)
    method = check_method(method)
    images = np.asarray(batch)
    if noise is None:
        check_between("radius", radius, 0, 1)
        check_whole("samples", samples, 1, 10**6)
        key = jax.random.key(seed) if key is None else key
        noise = _uniform(key, samples, radius, images.shape[1:])
    else:
        noise = _own(noise, images.shape)
    plain = explain(method, net, batch, classes, **options)
    largest = np.zeros(len(images))
    for added in noise:
        noisy = images + added
        noisy = noisy if net.value_range is None else np.clip(noisy, *net.value_range)
        jump = explain(method, net, noisy, classes, **options) - plain
        largest = np.maximum(largest, _norm(jump))
    size = _norm(plain)
    unlimited = np.where(largest > 0, np.inf, 0)
    return np.where(size > 0, largest / np.where(size > 0, size, 1), unlimited).astype(np.float32)


def _norm(values: np.ndarray) -> np.ndarray:
    return np.linalg.norm(values.reshape(len(values), -1).astype(np.float64), axis=1)


def _uniform(
    key: jax.Array, samples: int, radius: float, shape: tuple[int, ...]
) -> Iterator[Float32[np.ndarray, "1 ..."]]:
    for number in range(samples):  # one noise for all images
        drawn = jax.random.uniform(jax.random.fold_in(key, number), shape, minval=-1, maxval=1)
        yield np.asarray(radius * drawn, np.float32)[None]


def _own(noise: Iterable[Any], shape: tuple[int, ...]) -> Iterator[Float32[np.ndarray, "n ..."]]:
    arrays = list(noise)
    if not arrays:
        raise InputError("expected at least one array of noise, got none.")
    for each in arrays:
        array = np.asarray(each, np.float32)
        if array.shape not in (shape, shape[1:]) or not np.isfinite(array).all():
            raise InputError(
                f"expected noise of finite numbers of shape {shape} or {shape[1:]}, got one of "
                f"shape {array.shape}."
            )
        yield np.broadcast_to(array, shape)
