"""What stands for "nothing to see" in a picture."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.ndimage import gaussian_filter

from ..network import InputError, Network

BASELINES = ("black", "white", "mean", "blur", "noise")


def known_range(net: Network) -> tuple[float, float]:
    """The least and the largest value of an input; from -1 to 1 where the network has none."""
    return net.value_range or (-1.0, 1.0)


def baseline_of(
    net: Network, batch: Float[Array, "n ..."], baseline: Any, key: jax.Array
) -> Float[Array, "n ..."]:
    """The baseline of each image, from its name or as an image or a batch.

    Raises:
        InputError: if there is no such name, or the images are not of the batch's shape.
    """
    if not isinstance(baseline, str):
        start = net.batch(baseline)
        if start.shape[0] not in (1, batch.shape[0]) or start.shape[1:] != batch.shape[1:]:
            raise InputError(
                f"expected a baseline of one image or of {batch.shape[0]}, of "
                f"{batch.shape[1:]} each, got {start.shape}."
            )
        return jnp.broadcast_to(start, batch.shape)
    if baseline == "black":
        return jnp.zeros_like(batch)
    if baseline == "white":
        return jnp.full_like(batch, known_range(net)[1])
    if baseline == "mean":
        places = tuple(range(1, max(batch.ndim - 1, 2)))  # a vector's features are places
        return jnp.broadcast_to(batch.mean(places, keepdims=True), batch.shape)
    if baseline == "blur":
        return blurred(batch)
    if baseline == "noise":
        low, high = known_range(net)
        noise = low + (high - low) * jax.random.uniform(key, batch.shape[1:])
        return jnp.broadcast_to(noise[None], batch.shape)
    raise InputError(f"expected a baseline of {BASELINES} or an image, got {baseline!r}.")


def blurred(batch: Float[Array, "n ..."], deviation: float | None = None) -> Float[Array, "n ..."]:
    """Gaussian blur; a tenth of the shorter side for its standard deviation if left out.

    Of a sequence, or a picture of one row, the length; of a vector, the number of features.
    """
    if batch.ndim == 2:
        return blurred(batch[..., None], deviation)[..., 0]
    if deviation is None:
        sides = [side for side in batch.shape[1:-1] if side > 1] or [1]
        deviation = max(min(sides) / 10, 0.5)
    sigma = (0, *([deviation] * (batch.ndim - 2)), 0)
    return jnp.asarray(gaussian_filter(np.asarray(batch), sigma, mode="nearest", truncate=3.0))
