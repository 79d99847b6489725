"""Pictures made of other numbers than pixels: enlarged ones, sums of sizes, textures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from ..checks import check_range
from .parameterisations import as_picture, from_picture
from .resampling import resized


@dataclass(frozen=True)
class LowResolution:
    """A small picture, enlarged bilinearly.

    Attributes:
        factor: how many times smaller it is on either axis, 1 to 64; at least one pixel is left.
        deviation: standard deviation of the noise at the start, before enlarging and the sigmoid.
        decorrelated: whether the colours are; of RGB only.
    """

    factor: int = 4
    deviation: float = 0.01
    decorrelated: bool = True

    def __post_init__(self) -> None:
        check_range("factor", self.factor, 1, 64)

    def init(self, key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
        """Noise, which the sigmoid puts around grey."""
        return self.deviation * jax.random.normal(key, _smaller(shape, self.factor))

    def invert(self, image: Float[Array, "n h w c"]) -> jax.Array:
        """The small picture of this image: what is finer is lost."""
        waves = from_picture(image, self.decorrelated)
        return jax.image.resize(waves, _smaller(image.shape, self.factor), "linear")

    def image(
        self, parameters: Float[Array, "n s t c"], shape: tuple[int, ...]
    ) -> Float[Array, "n h w c"]:
        """The enlarged picture."""
        return as_picture(resized(parameters, (shape[1], shape[2])), self.decorrelated)


@dataclass(frozen=True)
class LaplacianPyramid:
    """The sum of pictures each half as large as the one before, enlarged bilinearly.

    Attributes:
        levels: how many, 1 to 12; the first has the picture's own size.
        deviation: standard deviation of the noise at the start, in each.
        decorrelated: whether the colours are; of RGB only.

    References:
        Burt and Adelson 1983, The Laplacian pyramid as a compact image code.
    """

    levels: int = 4
    deviation: float = 0.01
    decorrelated: bool = True

    def __post_init__(self) -> None:
        check_range("levels", self.levels, 1, 12)

    def init(self, key: jax.Array, shape: tuple[int, ...]) -> tuple[jax.Array, ...]:
        """Noise, which the sigmoid puts around grey."""
        keys = jax.random.split(key, self.levels)
        return tuple(
            self.deviation * jax.random.normal(keys[level], _smaller(shape, 2**level))
            for level in range(self.levels)
        )

    def invert(self, image: Float[Array, "n h w c"]) -> tuple[jax.Array, ...]:
        """The coarsest level as it is, and in each finer one what the coarser ones lack."""
        left = from_picture(image, self.decorrelated)
        found = []
        for level in reversed(range(self.levels)):
            part = jax.image.resize(left, _smaller(image.shape, 2**level), "linear")
            left = left - resized(part, (image.shape[1], image.shape[2]))
            found.append(part)
        return tuple(reversed(found))

    def image(
        self, parameters: tuple[jax.Array, ...], shape: tuple[int, ...]
    ) -> Float[Array, "n h w c"]:
        """The sum of all levels."""
        sides = (shape[1], shape[2])
        first, *rest = (resized(part, sides) for part in parameters)
        return as_picture(sum(rest, first), self.decorrelated)


@dataclass(frozen=True)
class Bilinear:
    """A texture without borders, read bilinearly at the middles of the pixels.

    Attributes:
        rows: of the texture, 1 to 4096.
        columns: likewise.
        deviation: standard deviation of the noise at the start.
        decorrelated: whether the colours are; of RGB only.
    """

    rows: int = 64
    columns: int = 64
    deviation: float = 0.01
    decorrelated: bool = True

    def __post_init__(self) -> None:
        check_range("rows", self.rows, 1, 4096)
        check_range("columns", self.columns, 1, 4096)

    def init(self, key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
        """Noise, which the sigmoid puts around grey."""
        sizes = (shape[0], self.rows, self.columns, shape[3])
        return self.deviation * jax.random.normal(key, sizes)

    def invert(self, image: Float[Array, "n h w c"]) -> jax.Array:
        """The texture nearest to this image."""
        waves = from_picture(image, self.decorrelated)
        sizes = (image.shape[0], self.rows, self.columns, image.shape[3])
        return jax.image.resize(waves, sizes, "linear")

    def image(
        self, parameters: Float[Array, "n s t c"], shape: tuple[int, ...]
    ) -> Float[Array, "n h w c"]:
        """The texture as seen flat on."""
        down = (jnp.arange(shape[1]) + 0.5) / shape[1]
        across = (jnp.arange(shape[2]) + 0.5) / shape[2]
        places = jnp.stack(jnp.meshgrid(down, across, indexing="ij"), -1)
        return as_picture(read_texture(parameters, places), self.decorrelated)


def read_texture(
    texture: Float[Array, "n h w c"], places: Float[Array, "*p 2"]
) -> Float[Array, "n *p c"]:
    """A texture read bilinearly at any places; it repeats beyond its edges.

    Args:
        texture: of any size.
        places: rows and columns as shares of the texture, 0 to 1; 0 is the upper or left edge.
    """
    sizes = texture.shape[1:3]
    at = [places[..., axis] * size - 0.5 for axis, size in enumerate(sizes)]
    first = [jnp.floor(place) for place in at]
    total: Any = 0
    for down in (0, 1):
        for right in (0, 1):
            step = (down, right)
            part = [a - f if s else 1 - (a - f) for a, f, s in zip(at, first, step, strict=True)]
            row, column = (
                (f + s).astype(jnp.int32) % size
                for f, s, size in zip(first, step, sizes, strict=True)
            )
            total = total + (part[0] * part[1])[None, ..., None] * texture[:, row, column]
    return total


def _smaller(shape: tuple[int, ...], factor: int) -> tuple[int, ...]:
    n, rows, columns, channels = shape
    return n, max(rows // factor, 1), max(columns // factor, 1), channels
