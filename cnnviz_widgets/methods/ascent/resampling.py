"""Pictures read at other places than their pixels: bilinear, differentiable, places traced.

Where the rows and columns are read apart from each other, the reading is a product with a matrix
on either side, whose gradient is a product too. Only a rotation has to gather pixel by pixel.

Beyond the picture lies a constant; half-way over the edge the value is half-way towards it (the
"grid-constant" of `scipy.ndimage`), so that nothing jumps when a number changes a little.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

GREY = 0.5

LONG = 512
"""Places on a line above which it is not read by a matrix."""


def tent(places: Float[Array, "*k m"], size: int) -> Float[Array, "*k m n"]:
    """The weights of `size` pixels for values read at `places`, in pixels from the first one."""
    pixels = jnp.broadcast_to(jnp.arange(size, dtype=places.dtype), (*places.shape, size))
    return jnp.maximum(0, 1 - jnp.abs(places[..., None] - pixels))


def read(
    x: Float[Array, "n h w c"], rows: Float[Array, "r h"], columns: Float[Array, "s w"],
    fill: float = GREY,
) -> Float[Array, "n r s c"]:  # fmt: skip
    """A picture by the weights of its rows and of its columns."""
    down = jnp.einsum("rh,nhwc->nrwc", rows, x - fill)
    return jnp.einsum("sw,nrwc->nrsc", columns, down) + fill


def read_line(
    x: Float[Array, "n 1 w c"], places: Float[Array, " s"], fill: float = GREY
) -> Float[Array, "n 1 s c"]:
    """A line read at places on it, as by `tent`: what a matrix would be too large for."""
    first = jnp.floor(places)
    total = jnp.zeros(())
    for at, weight in ((first, 1 - (places - first)), (first + 1, places - first)):
        there = (at >= 0) & (at < x.shape[2])
        index = jnp.clip(at, 0, x.shape[2] - 1).astype(jnp.int32)
        taken = jnp.take(x, index, 2) - fill
        total = total + jnp.where(there, weight, 0)[None, None, :, None] * taken
    return total + fill


def scaled(x: Float[Array, "n h w c"], factor: Any, fill: float = GREY) -> Float[Array, "n h w c"]:
    """A picture made larger or smaller about its middle, on a canvas of the same size.

    Args:
        x: the pictures.
        factor: above 1 for larger; may be traced.
        fill: what is beyond the picture.
    """
    places = [_about_the_middle(size) / factor + (size - 1) / 2 for size in x.shape[1:3]]
    if x.shape[1] == 1 and x.shape[2] > LONG:
        return read_line(x, places[1], fill)
    rows, columns = (tent(place, size) for place, size in zip(places, x.shape[1:3], strict=True))
    return read(x, rows, columns, fill)


def resized(x: Float[Array, "n h w c"], sides: tuple[int, int]) -> Float[Array, "n r s c"]:
    """A picture brought to another size; pixels are areas, as in most image libraries."""
    if x.shape[1:3] == sides:
        return x
    weights = []
    for old, new in zip(x.shape[1:3], sides, strict=True):
        places = (jnp.arange(new, dtype=jnp.float32) + 0.5) * (old / new) - 0.5
        weights.append(tent(jnp.clip(places, 0, old - 1), old))
    return read(x, *weights)


def middle(x: Float[Array, "n h w c"], sides: tuple[int, int]) -> Float[Array, "n r s c"]:
    """The middle of a picture, as many rows and columns of it."""
    top, left = ((old - new) // 2 for old, new in zip(x.shape[1:3], sides, strict=True))
    return x[:, top : top + sides[0], left : left + sides[1]]


def rotated(
    x: Float[Array, "n h w c"], degrees: Any, fill: float = GREY, factor: Any = 1.0
) -> Float[Array, "n h w c"]:
    """A picture turned anticlockwise about its middle, on a canvas of the same size.

    Args:
        x: the pictures.
        degrees: may be traced.
        fill: what is beyond the picture.
        factor: by which it is made larger as well; likewise.
    """
    n, height, width, channels = x.shape
    angle = jnp.deg2rad(jnp.asarray(degrees, jnp.float32))
    down = _about_the_middle(height)[:, None] / factor
    right = _about_the_middle(width)[None] / factor
    y = jnp.cos(angle) * down + jnp.sin(angle) * right + (height - 1) / 2
    x_ = jnp.cos(angle) * right - jnp.sin(angle) * down + (width - 1) / 2
    top, left = jnp.floor(y), jnp.floor(x_)
    flat = (x - fill).reshape(n, height * width, channels)
    total = jnp.zeros(())
    for row, by_row in ((top, 1 - (y - top)), (top + 1, y - top)):
        for column, by_column in ((left, 1 - (x_ - left)), (left + 1, x_ - left)):
            there = (row >= 0) & (row < height) & (column >= 0) & (column < width)
            weight = jnp.where(there, by_row * by_column, 0)
            index = jnp.clip(row, 0, height - 1) * width + jnp.clip(column, 0, width - 1)
            taken = flat[:, index.astype(jnp.int32).reshape(-1)].reshape(x.shape)
            total = total + weight[None, :, :, None] * taken
    return total + fill


def blurred(
    x: Float[Array, "n h w c"], deviation: Any, reach: int | None = None
) -> Float[Array, "n h w c"]:
    """A Gaussian blur, cut off at four standard deviations; beyond the picture its edge goes on.

    Args:
        x: the pictures.
        deviation: in pixels, above 0; may be traced, and then `reach` must be given.
        reach: pixels on each side at most.
    """
    reach = int(4 * float(deviation) + 0.5) if reach is None else reach
    weights = []
    for size in x.shape[1:3]:
        apart = jnp.asarray(np.arange(size + 2 * reach)[None] - np.arange(size)[:, None] - reach)
        cut = jnp.floor(4 * deviation + 0.5)
        bell = jnp.exp(-0.5 * jnp.square(apart / deviation)) * (jnp.abs(apart) <= cut)
        weights.append(bell / bell.sum(1, keepdims=True))
    wide = jnp.pad(x, ((0, 0), (reach, reach), (reach, reach), (0, 0)), "edge")
    return read(wide, *weights, fill=0.0)


def boxes(
    x: Float[Array, "n h w c"], centres: Float[Array, "k 2"], side: Float[Array, " k"],
    fill: float = GREY,
) -> Float[Array, "n k h w c"]:  # fmt: skip
    """Square pieces of each picture, each enlarged to the picture's size.

    Args:
        x: the pictures.
        centres: row and column of each piece's middle, as shares of the picture, 0 to 1.
        side: of each piece, likewise.
        fill: what is beyond the picture.
    """
    weights = []
    for axis, size in enumerate(x.shape[1:3]):
        across = jnp.linspace(-0.5, 0.5, size)[None]
        places = (centres[:, axis, None] + side[:, None] * across) * (size - 1)
        weights.append(tent(places, size))
    down = jnp.einsum("krh,nhwc->nkrwc", weights[0], x - fill)
    return jnp.einsum("ksw,nkrwc->nkrsc", weights[1], down) + fill


def _about_the_middle(size: int) -> jax.Array:
    return jnp.arange(size, dtype=jnp.float32) - (size - 1) / 2
