"""What an ascent turns to paint its picture: pixels, or the waves that a picture is made of.

The choice decides which pictures are near. A step on pixels goes to high frequencies first; a step
on scaled Fourier coefficients goes to all alike (Olah, Mordvintsev and Schubert 2017,
https://distill.pub/2017/feature-visualization). Every picture is kept in [0, 1] by a sigmoid.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

# Lucid's square root of the colour covariance of ImageNet, over its largest column norm.
COLOUR_CORRELATION = np.array(
    [[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]], np.float32
)
COLOUR_CORRELATION = COLOUR_CORRELATION / np.linalg.norm(COLOUR_CORRELATION, axis=0).max()


@runtime_checkable
class Parameterisation(Protocol):
    """From parameters to a picture. Instances are hashable: equal ones share compiled code.

    One that paints transparency too gives one channel more, the opacity.
    """

    def init(self, key: jax.Array, shape: tuple[int, ...]) -> Any:
        """Parameters of a grey picture of `shape` (N, H, W, C) with a little noise."""
        ...

    def invert(self, image: Float[Array, "n h w c"]) -> Any:
        """Parameters whose picture is `image`, in [0, 1]."""
        ...

    def image(self, parameters: Any, shape: tuple[int, ...]) -> Float[Array, "n h w c"]:
        """The picture (N, H, W, C) in [0, 1]."""
        ...


def as_picture(waves: Float[Array, "n h w c"], decorrelated: bool) -> Float[Array, "n h w c"]:
    """Any numbers as a picture in [0, 1], where RGB has its colours correlated as photographs have.

    Args:
        waves: numbers around zero, which is grey.
        decorrelated: whether the channels of `waves` stand for independent colours.
    """
    if decorrelated and waves.shape[-1] == 3:
        waves = waves @ COLOUR_CORRELATION.T
    return jax.nn.sigmoid(waves)


def from_picture(image: Float[Array, "n h w c"], decorrelated: bool) -> Float[Array, "n h w c"]:
    """The numbers whose picture is `image`; its ends are one step of 8 bits away."""
    waves = jax.scipy.special.logit(image.clip(0.004, 0.996))
    if decorrelated and image.shape[-1] == 3:
        waves = waves @ np.linalg.inv(COLOUR_CORRELATION).T
    return waves


@dataclass(frozen=True)
class Pixels:
    """Each pixel by itself, through a sigmoid.

    Attributes:
        deviation: standard deviation of the noise at the start, before the sigmoid.
    """

    deviation: float = 0.01

    def init(self, key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
        """Noise, which the sigmoid puts around grey."""
        return self.deviation * jax.random.normal(key, shape)

    def invert(self, image: Float[Array, "n h w c"]) -> jax.Array:
        """What the sigmoid takes to this image."""
        return from_picture(image, decorrelated=False)

    def image(
        self,
        parameters: Float[Array, "n h w c"],
        shape: tuple[int, ...],  # noqa: ARG002
    ) -> Float[Array, "n h w c"]:
        """The picture of these pixels."""
        return as_picture(parameters, decorrelated=False)


@dataclass(frozen=True)
class Fourier:
    """Waves scaled as 1 / frequency, as in Lucid.

    Attributes:
        deviation: standard deviation of the coefficients at the start.
        decay: power of the frequency by which coefficients are scaled down.
        decorrelated: whether the colours are; of RGB only. Saturated colours are then far away.
        flat: by how much the mean colour moves faster than the slowest wave. A unit that looks for
            one plain colour reaches it in the steps that there are.
    """

    deviation: float = 0.01
    decay: float = 1.0
    decorrelated: bool = True
    flat: float = 1.0

    def init(self, key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
        """Noise, which the sigmoid puts around grey."""
        count, rows, columns, channels = shape
        noise = jax.random.normal(key, (2, count, channels, rows, columns // 2 + 1))
        return self.deviation * noise.at[..., 0, 0].divide(self.flat)  # as grey as without it

    def invert(self, image: Float[Array, "n h w c"]) -> jax.Array:
        """The coefficients of this image."""
        waves = 4 * from_picture(image, self.decorrelated)
        spectrum = jnp.fft.rfft2(jnp.moveaxis(waves, -1, 1))
        spectrum = spectrum / self._scale(image.shape[1], image.shape[2])
        return jnp.stack([spectrum.real, spectrum.imag])

    def image(
        self, parameters: Float[Array, "2 n c h f"], shape: tuple[int, ...]
    ) -> Float[Array, "n h w c"]:
        """The picture of these waves."""
        _, rows, columns, _ = shape
        spectrum = jax.lax.complex(*parameters) * self._scale(rows, columns)
        waves = jnp.moveaxis(jnp.fft.irfft2(spectrum, (rows, columns)), 1, -1) / 4
        return as_picture(waves, self.decorrelated)

    def _scale(self, rows: int, columns: int) -> np.ndarray:
        frequency = np.hypot(np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)[None])
        lowest = 1 / max(rows, columns)
        scale = math.sqrt(rows * columns) / np.maximum(frequency, lowest) ** self.decay
        scale[0, 0] *= self.flat
        return scale.astype(np.float32)[None, None]
