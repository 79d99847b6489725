"""What is left of a picture in a layer: painted anew from its values, plainly or exaggerated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import jax
import numpy as np

from ...network import InputError, Network
from ..attribution.method import picture_batch
from ..checks import check_range
from ..objectives import activation_difference, likeness
from .ascend import ascend
from .frame import AscentFrame
from .parameterisations import Fourier, Parameterisation

INVERSION_STEPS = 256
SMOOTHNESS = 0.05


def invert_features(
    net: Network,
    x: Any,
    *,
    layer: str | Sequence[str],
    steps: int = INVERSION_STEPS,
    parameterisation: Parameterisation = Fourier(),  # noqa: B008 (frozen)
    learning_rate: float = 0.05,
    smoothness: float = SMOOTHNESS,
    seed: int = 0,
    key: jax.Array | None = None,
) -> Iterator[AscentFrame]:
    """Paint a picture that a layer cannot tell from an image.

    What the layer has kept of the image comes back; what it has lost is grey, or anything.

    Args:
        net: the network.
        x: one image, HWC, uint8 or float in [0, 1].
        layer: its name, or several.
        steps: of the ascent.
        parameterisation: what is turned.
        learning_rate: of Adam.
        smoothness: weight of total variation, from 0; the difference in the layers is about 1 at
            the start.
        seed: of the random numbers.
        key: a JAX key in place of `seed`.

    Yields:
        `AscentFrame`s; the score is minus the difference in the layers, 0 where nothing is lost.

    Raises:
        InputError: if `x` is not one image that the network takes, or a number is out of range.
        UnknownLayerError: if there is no such layer.

    References:
        Mahendran and Vedaldi 2015, Understanding deep image representations by inverting them,
        https://arxiv.org/abs/1412.0035.

    Example:
        >>> *_, last = invert_features(net, image, layer="conv3")
    """
    check_range("smoothness", smoothness, 0, 1e6)
    sides = _sides(net, x)
    return ascend(
        net, -activation_difference(net, x, layer), size=sides, steps=steps, transforms=(),
        parameterisation=parameterisation, learning_rate=learning_rate,
        total_variation=smoothness, seed=seed, key=key,
    )  # fmt: skip


def caricature(
    net: Network,
    x: Any,
    *,
    layer: str,
    steps: int = INVERSION_STEPS,
    cosine_power: float = 1.0,
    parameterisation: Parameterisation = Fourier(),  # noqa: B008 (frozen)
    learning_rate: float = 0.05,
    smoothness: float = 0.0,
    seed: int = 0,
    key: jax.Array | None = None,
) -> Iterator[AscentFrame]:
    """Paint a picture in which a layer sees what it sees in an image, only more of it.

    Args and errors as for `invert_features`, and:
        cosine_power: the larger, the nearer to the image's own mixture of features.

    Yields:
        `AscentFrame`s; the score is the product with the image's values, over their length.

    References:
        Olah et al. 2018, The building blocks of interpretability,
        https://distill.pub/2018/building-blocks.
    """
    check_range("cosine_power", cosine_power, 0, 100)
    check_range("smoothness", smoothness, 0, 1e6)
    sides = _sides(net, x)
    return ascend(
        net, likeness(net, x, layer, cosine_power=cosine_power), size=sides, steps=steps,
        transforms=(), parameterisation=parameterisation, learning_rate=learning_rate,
        total_variation=smoothness, seed=seed, key=key,
    )  # fmt: skip


def _sides(net: Network, x: Any) -> tuple[int, int]:
    batch = picture_batch(net, x)
    if batch.shape[0] != 1:
        raise InputError(f"expected one image, got a batch of {batch.shape[0]}. Pass x[0].")
    rows, columns = np.shape(batch)[1:3]
    return int(rows), int(columns)
