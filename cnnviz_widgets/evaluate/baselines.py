"""What stands in for a pixel that is taken away."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float32

from ..methods.baselines import known_range
from ..network import InputError
from .judged import Judged

BASELINES = ("black", "white", "mean", "blur")
KERNEL, SIGMA = 11, 5.0
"""Size and standard deviation, in pixels, of the blur from which insertion starts."""


def baseline_images(judged: Judged, baseline: Any) -> Float32[Array, "n h w c"]:
    """The images that pixels are taken from.

    Args:
        judged: the images.
        baseline: "black", "white", "mean" (of each channel), "blur" (an 11x11 Gaussian of sigma 5),
            or an image or batch of one's own.

    Raises:
        InputError: if it is none of these, or of another size.
    """
    batch = judged.batch
    if not isinstance(baseline, str):
        own = judged.images(baseline)
        if own.shape[0] not in (1, batch.shape[0]) or own.shape[1:] != batch.shape[1:]:
            raise InputError(
                f"expected a baseline of one image or of {batch.shape[0]}, of "
                f"{batch.shape[1:]} each, got {own.shape}."
            )
        return jnp.broadcast_to(own, batch.shape)
    if baseline == "black":
        return jnp.zeros_like(batch)
    if baseline == "white":
        return jnp.full_like(batch, known_range(judged.given)[1])
    if baseline == "mean":
        return jnp.broadcast_to(batch.mean((1, 2), keepdims=True), batch.shape)
    if baseline == "blur":
        return blurred(batch)
    raise InputError(f"expected a baseline of {BASELINES} or an image, got {baseline!r}.")


@jax.jit
def blurred(batch: Float32[Array, "n h w c"]) -> Float32[Array, "n h w c"]:
    """Convolved with a Gaussian; edges are continued, so that no dark frame appears."""
    reach = KERNEL // 2
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / SIGMA) ** 2)
    weights = (weights / weights.sum()).astype(np.float32)
    for axis in (1, 2):
        pad = [(reach, reach) if k == axis else (0, 0) for k in range(4)]
        padded, size = jnp.pad(batch, pad, mode="edge"), batch.shape[axis]
        shifted = (jax.lax.slice_in_dim(padded, k, k + size, axis=axis) for k in range(KERNEL))
        batch = sum(
            (w * part for w, part in zip(weights, shifted, strict=True)), jnp.zeros_like(batch)
        )
    return batch
