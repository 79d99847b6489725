"""Winograd's algorithm F(2x2, 3x3): a 3x3 convolution with 4/9 of the multiplications.

XLA computes a convolution on a CPU as one product of matrices. Here every tile of 4 x 4 pixels and
the kernel are brought into a basis in which their convolution is 16 products, each of which is a
product of matrices over all tiles. The kernel is transformed once. With many channels the products
are worth the sums around them: at 28 x 28 and 512 channels it takes half the time.

All factors are powers of two, so that what is lost is rounding (about 1e-6), and nothing on small
whole numbers.

References:
    Lavin and Gray 2016, Fast algorithms for convolutional neural networks,
    https://arxiv.org/abs/1509.09308.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Float

Padding = Sequence[Sequence[Any]]  # of whole numbers, which are NumPy's before JAX 0.9

_KERNEL = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]], np.float32)
# Where it is the faster way, as measured by benchmarks: enough channels on either side to make the
# products worth the sums, and tiles that leave room in the cache.
_CHANNELS = 64
_PIXELS = 12**2
_VALUES = 112**2 * 256


def suits(x: Any, kernel: Any, params: dict[str, Any]) -> bool:
    """Whether a convolution can be computed this way, and is faster for it on this machine.

    Args:
        x: the input, or its shape and dtype.
        kernel: likewise.
        params: of the equation; `window_strides`, `padding` and so on.
    """
    dims = params["dimension_numbers"]
    plain = (
        tuple(map(tuple, dims)) == ((0, 3, 1, 2), (3, 2, 0, 1), (0, 3, 1, 2))  # NHWC, HWIO
        and kernel.shape[:2] == (3, 3)
        and {*params["window_strides"], *params["lhs_dilation"], *params["rhs_dilation"]} == {1}
        and params["feature_group_count"] == params["batch_group_count"] == 1
        and min(min(pair) for pair in params["padding"]) >= 0
        and x.dtype == kernel.dtype == jnp.float32
    )
    if not plain or jax.default_backend() != "cpu":
        return False
    pixels, channels = x.shape[1] * x.shape[2], kernel.shape[2:]
    return (
        min(channels) >= _CHANNELS
        and pixels >= _PIXELS
        and x.shape[0] * pixels * sum(channels) <= _VALUES
    )


def transformed(kernel: Float[Array, "3 3 i o"]) -> Float[Array, "4 4 i o"]:
    """The kernel in Winograd's basis."""
    return jnp.einsum("ah,bw,hwio->abio", _KERNEL, _KERNEL, kernel)


def convolve(
    x: Float[Array, "n h w i"], kernel: Float[Array, "4 4 i o"], padding: Padding, precision: Any
) -> Float[Array, "n y x o"]:
    """The convolution of `x`, padded with zeros, with a transformed kernel."""
    rows, columns = (size + sum(pad) - 2 for size, pad in zip(x.shape[1:3], padding, strict=True))
    (top, bottom), (left, right) = padding
    x = jnp.pad(x, ((0, 0), (top, bottom + rows % 2), (left, right + columns % 2), (0, 0)))
    products = [
        _output([_product(tile, kernel[a, b], precision) for b, tile in enumerate(_tiles(row, 2))])
        for a, row in enumerate(_tiles(x, 1))
    ]
    corners = [_output([product[side] for product in products]) for side in (0, 1)]
    y = jnp.stack([jnp.stack(row, 3) for row in zip(*corners, strict=True)], 2)
    n, down, _, across, _, channels = y.shape
    return y.reshape(n, 2 * down, 2 * across, channels)[:, :rows, :columns]


def _tiles(x: jax.Array, axis: int) -> list[jax.Array]:
    """Every window of four along an axis, two apart, in Winograd's basis."""
    last = x.shape[axis] - 3
    a, b, c, d = (lax.slice_in_dim(x, start, start + last, 2, axis) for start in range(4))
    return [a - c, b + c, c - b, b - d]


def _output(products: Sequence[jax.Array]) -> list[jax.Array]:
    """From the basis back: the two outputs of every window."""
    a, b, c, d = products
    return [a + b + c, b - c - d]


def _product(
    tiles: Float[Array, "n y x i"], kernel: Float[Array, "i o"], precision: Any
) -> Float[Array, "n y x o"]:
    # of two matrices, which is what the CPU is fast at
    flat = jnp.matmul(tiles.reshape(-1, tiles.shape[-1]), kernel, precision=precision)
    return flat.reshape(*tiles.shape[:-1], kernel.shape[-1])
