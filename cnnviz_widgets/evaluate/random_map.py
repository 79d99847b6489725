"""A map that knows nothing: the floor that every method has to beat."""

from __future__ import annotations

import zlib
from typing import Any

import jax
import numpy as np

from ..methods.attribution.method import Attribution, Target, targets, value_batch
from ..network import Network


def random_map(
    net: Network,
    x: Any,
    *,
    target: Target = None,
    seed: int = 0,
    key: jax.Array | None = None,
) -> Attribution:
    """Uniform random values in the place of an explanation.

    The same image gets the same map, alone and in a batch. The slightest change of the image gives
    another one, so that it is no robust explanation either.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        target: class index or name, one for all images or one for each; the class that the network
            sees if left out. It changes nothing.
        seed: of the random numbers.
        key: a JAX key in place of `seed`.

    Returns:
        `.values` (N, H, W), from 0 to 1; of sequences (N, T), of vectors (N, C).

    Raises:
        InputError: if `x` is not what the network takes.
        UnknownTargetError: if there is no such class.
    """
    batch = value_batch(net, x)
    classes = targets(net, batch, target)
    key = jax.random.key(seed) if key is None else key
    maps = [
        jax.random.uniform(jax.random.fold_in(key, zlib.crc32(image.tobytes())), _places(image))
        for image in np.asarray(batch)
    ]
    return Attribution("random_map", np.stack([np.asarray(each) for each in maps]), classes)


def _places(image: np.ndarray) -> tuple[int, ...]:
    """The shape of what has one number for each place; a vector's features are places."""
    return image.shape[:-1] or image.shape
