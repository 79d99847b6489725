"""Objectives of the picture itself, mostly there to be subtracted, and of values whatever layer.

All are means, so that a weight does not depend on the picture's size; sums, as published by some,
are these times the number of values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from ...network import InputError
from .algebra import Objective
from .form import INPUT, OF_THE_PICTURE, OPACITY, Place, Scores, Values
from .scores import only, per_image


def total_variation() -> Objective:
    """The mean absolute difference of neighbouring pixels, downwards plus across.

    References:
        Mahendran and Vedaldi 2015, Understanding deep image representations by inverting them,
        https://arxiv.org/abs/1412.0035.
    """
    return Objective("total variation", (INPUT,), _total_variation)


def l1(layer: str = INPUT, constant: float = 0.5) -> Objective:
    """The mean absolute distance from a constant.

    Args:
        layer: the picture if left out.
        constant: grey if left out.
    """
    return Objective(f"L1 of {layer}", (layer,), _l1, (float(constant),), places=_places(layer))


def l2(layer: str = INPUT, constant: float = 0.5) -> Objective:
    """The mean squared distance from a constant.

    Args as for `l1`.
    """
    return Objective(f"L2 of {layer}", (layer,), _l2, (float(constant),), places=_places(layer))


def blur() -> Objective:
    """Half the squared distance to the blurred picture, which is held fixed.

    To subtract k times its sum moves the picture to (1 - k) itself + k blurred at each step of
    plain gradients.
    """
    return Objective("blur", (INPUT,), _distance_to_blurred)


def boundary_complexity(width: int = 20, grey: float = 0.5) -> Objective:
    """How much goes on at the picture's edge: details, and what is not grey.

    Args:
        width: of the edge, in pixels; where the picture is not larger than two of them, all of it
            is edge.
        grey: what an edge without complexity is.

    Raises:
        InputError: if the width is below 1.
    """
    if width < 1:
        raise InputError(f"expected width from 1, got {width}.")
    return Objective("boundary complexity", (INPUT,), _Edge(int(width)), (float(grey),))


def input_difference(image: Any) -> Objective:
    """The root of the mean squared difference to an image.

    Args:
        image: float (H, W, C) in [0, 1], of the picture's size.

    Raises:
        InputError: if it has other than three axes; if it has another size than the picture, when
            the ascent begins.
    """
    array = np.asarray(image, np.float32)
    if array.ndim != 3:
        raise InputError(f"expected an image (rows, columns, channels), got shape {array.shape}.")
    return Objective("input difference", (INPUT,), _difference, (array,))


def opacity() -> Objective:
    """The mean opacity of a picture with transparency, 0 to 1; to be subtracted, or multiplied by.

    An ascent whose parameterisation has no transparency refuses it.

    Example:
        >>> ascend(net, channel("conv4", 5) * (1 - opacity()), parameterisation=Alpha())
    """
    return Objective("opacity", (OPACITY,), _mean)


def _places(layer: str) -> tuple[Place, ...]:
    return () if layer in OF_THE_PICTURE else (Place(layer),)


def _total_variation(values: Values, _: Any) -> Scores:
    x = only(values)
    down, across = jnp.abs(x[:, 1:] - x[:, :-1]), jnp.abs(x[:, :, 1:] - x[:, :, :-1])
    return sum((per_image(part) for part in (down, across) if part.size), jnp.zeros(x.shape[0]))


def _mean(values: Values, _: Any) -> Scores:
    return per_image(only(values))


def _l1(values: Values, arguments: Any) -> Scores:
    return per_image(jnp.abs(only(values) - arguments[0]))


def _l2(values: Values, arguments: Any) -> Scores:
    return per_image(jnp.square(only(values) - arguments[0]))


def _distance_to_blurred(values: Values, _: Any) -> Scores:
    x = only(values)
    return per_image(0.5 * jnp.square(x - jax.lax.stop_gradient(box_blurred(x, 3))))


def _difference(values: Values, arguments: Any) -> Scores:
    x, (image,) = only(values), arguments
    if x.shape[1:] != image.shape:
        raise InputError(f"expected an image of shape {x.shape[1:]}, got {image.shape}.")
    return jnp.sqrt(1e-12 + per_image(jnp.square(x - image[None])))


@dataclass(frozen=True)
class _Edge:
    width: int

    def __call__(self, values: Values, arguments: Any) -> Scores:
        x, (grey,) = only(values), arguments
        edge = np.ones((1, *x.shape[1:3], 1), np.float32)
        if min(x.shape[1:3]) > 2 * self.width:
            edge[:, self.width : -self.width, self.width : -self.width] = 0
        complexity = jnp.square(box_blurred(x, 5) - x) + 0.8 * jnp.square(x - grey)
        return per_image(complexity * edge)


def box_blurred(x: Float[Array, "n h w c"], side: int) -> Float[Array, "n h w c"]:
    """The mean over a square of pixels, whose outermost count half; those outside do not count."""
    kernel = np.full((side, side, 1, 1), 0.5, np.float32)
    kernel[1:-1, 1:-1] = 1
    planes = jnp.moveaxis(x, -1, 1).reshape(-1, *x.shape[1:3], 1)

    def convolve(planes: jax.Array) -> jax.Array:
        return jax.lax.conv_general_dilated(
            planes, jnp.asarray(kernel), (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
        )

    blurred = convolve(planes) / convolve(jnp.ones_like(planes))
    return jnp.moveaxis(blurred.reshape(x.shape[0], x.shape[3], *x.shape[1:3]), 1, -1)
