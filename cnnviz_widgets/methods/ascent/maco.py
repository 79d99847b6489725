"""MACO: the strengths of the waves are those of photographs, and only their phases are turned.

The picture cannot leave what photographs look like in the mean, so that no other penalty is needed.
The strengths come from the bundled photographs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float32
from PIL import Image

from ...network import InputError
from ...zoo.images import PHOTOGRAPHS, image
from .parameterisations import COLOUR_CORRELATION, as_picture


@dataclass(frozen=True)
class Maco:
    """Waves of fixed strength whose phases are the parameters.

    The picture at the start has random phases: it is noise with the spectrum of photographs, not
    grey. The opacity that comes with it is where the picture made a difference: the sum of the
    absolute gradients to each pixel over all steps.

    Attributes:
        deviation: standard deviation of the phases at the start.

    References:
        Fel et al. 2023, Unlocking feature visualization for deeper networks with magnitude
        constrained optimization, https://arxiv.org/abs/2306.06805.
    """

    deviation: float = 1.0

    def init(self, key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
        """Random phases.

        Raises:
            InputError: for a sequence.
        """
        count, rows, columns, channels = shape
        if rows == 1:
            raise InputError(
                "expected pictures for Maco(), whose waves are as strong as those of photographs, "
                "got a sequence. Take Fourier() or Pixels()."
            )
        return self.deviation * jax.random.normal(key, (count, channels, rows, columns // 2 + 1))

    def invert(self, image: Float[Array, "n h w c"]) -> Any:  # noqa: ARG002
        """An image has other strengths of waves than the mean photograph.

        Raises:
            InputError: always.
        """
        raise InputError(
            "Maco() cannot begin from an image. Leave out start, or take Fourier() or Pixels()."
        )

    def image(
        self, parameters: Float[Array, "n c h f"], shape: tuple[int, ...]
    ) -> Float[Array, "n h w c"]:
        """The picture of these phases."""
        _, rows, columns, channels = shape
        phase = _standardised(parameters)
        strength = jnp.asarray(photographs_spectrum(rows, columns, channels))[None]
        spectrum = jax.lax.complex(jnp.cos(phase) * strength, jnp.sin(phase) * strength)
        waves = jnp.moveaxis(jnp.fft.irfft2(spectrum, (rows, columns)), 1, -1)
        return as_picture(_standardised(waves), decorrelated=True)


def _standardised(values: jax.Array) -> jax.Array:
    """Each picture's values with mean 0 and standard deviation 1."""
    axes = tuple(range(1, values.ndim))
    values = values - values.mean(axes, keepdims=True)
    return values / (values.std(axes, keepdims=True) + 1e-5)


@lru_cache(maxsize=8)
def photographs_spectrum(
    rows: int, columns: int, channels: int
) -> Float32[np.ndarray, "channels rows f"]:
    """How strong each wave is in the mean bundled photograph, brought to this size.

    Of three channels those of decorrelated colours; of any other number that of grey, for each.
    """
    total = np.zeros((channels, rows, columns // 2 + 1))
    for name in PHOTOGRAPHS:
        pixels = _square(name, rows, columns)
        pixels = pixels - pixels.mean((0, 1))
        if channels == 3:
            waves = pixels @ np.linalg.inv(COLOUR_CORRELATION).T
        else:
            waves = np.repeat(pixels.mean(2, keepdims=True), channels, 2)
        total += np.abs(np.fft.rfft2(np.moveaxis(waves, -1, 0)))
    return (total / len(PHOTOGRAPHS)).astype(np.float32)


def _square(name: str, rows: int, columns: int) -> np.ndarray:
    """The middle of a photograph, its proportions kept."""
    picture = image(name)
    height, width = picture.shape[:2]
    share = min(height / rows, width / columns)
    down, across = round(rows * share), round(columns * share)
    top, left = (height - down) // 2, (width - across) // 2
    piece = np.uint8(picture[top : top + down, left : left + across] * 255)
    scaled = Image.fromarray(piece).resize((columns, rows), Image.Resampling.BICUBIC)
    return np.asarray(scaled, np.float64) / 255
