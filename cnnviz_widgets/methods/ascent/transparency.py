"""Pictures with transparent parts: what a unit does not care about is left out.

Behind the transparent parts lies another random picture at each step, so that only what is painted
can be counted on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from .parameterisations import Fourier, Parameterisation

BACKGROUND = Fourier(deviation=0.5)
"""What random pictures behind a transparent one are drawn from, as in Lucid."""


@dataclass(frozen=True)
class Alpha:
    """A picture and its opacity.

    Attributes:
        colour: how the picture is made.
        opacity: how its opacity, a picture of one channel, is made.

    References:
        Mordvintsev, Pezzotti, Schubert and Olah 2018,
        https://distill.pub/2018/differentiable-parameterizations.
    """

    colour: Parameterisation = Fourier()  # noqa: RUF009 (frozen)
    opacity: Parameterisation = Fourier()  # noqa: RUF009 (frozen)

    def init(self, key: jax.Array, shape: tuple[int, ...]) -> Any:
        """Half-transparent grey with a little noise."""
        first, second = jax.random.split(key)
        return self.colour.init(first, shape), self.opacity.init(second, (*shape[:3], 1))

    def invert(self, image: Float[Array, "n h w c"]) -> Any:
        """This image, nine tenths opaque."""
        return self.colour.invert(image), self.opacity.invert(jnp.full_like(image[..., :1], 0.9))

    def image(self, parameters: Any, shape: tuple[int, ...]) -> Float[Array, "n h w d"]:
        """The picture with the opacity as its last channel."""
        colour, opacity = parameters
        painted = self.colour.image(colour, shape)
        return jnp.concatenate([painted, self.opacity.image(opacity, (*shape[:3], 1))], -1)


def over(
    painted: Float[Array, "n h w d"], behind: Float[Array, "n h w c"]
) -> Float[Array, "n h w c"]:
    """A picture with opacity laid over another one."""
    colour, opacity = painted[..., :-1], painted[..., -1:]
    return opacity * colour + (1 - opacity) * behind


def random_background(key: jax.Array, shape: tuple[int, ...]) -> Float[Array, "n h w c"]:
    """A random picture with a spectrum like that of photographs."""
    return BACKGROUND.image(BACKGROUND.init(key, shape), shape)
