"""What may be looked at: checks with words, and a picture brought to a network's size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import core
from jaxtyping import Float32
from PIL import Image

from .errors import InputError

MAX_SIDE = 4096
"""Pixels on a side above which an image is refused: activations of all layers would not fit."""


def check_shape(shape: Any) -> tuple[int, ...]:
    """The shape of one example as a tuple.

    Raises:
        InputError: if it is missing or not made of positive integers.
    """
    if shape is None:
        raise InputError(
            "expected input_shape, the shape of one example with channels last, such as "
            "input_shape=(224, 224, 3); this model does not say it by itself."
        )
    sizes = tuple(shape) if isinstance(shape, Sequence) else ()
    if not sizes or not all(isinstance(n, (int, np.integer)) and n > 0 for n in sizes):
        raise InputError(
            "expected input_shape to be positive integers without the batch, such as "
            f"(224, 224, 3); got {shape!r}."
        )
    return tuple(int(n) for n in sizes)


def check_batch(
    x: Any, input_shape: tuple[int, ...], pictures: bool | None = None
) -> np.ndarray | jax.Array:
    """Check one example or a batch, and bring it to float32 with a batch axis.

    Pictures (rows, columns, channels) must be uint8, or other numbers within their range: integers
    from 0 to 255, floats from 0 to 1. Other inputs need only be finite.

    Args:
        x: the example, or the batch.
        input_shape: of one example.
        pictures: whether they are pictures, and no sequences that are laid out as such; if left
            out, they are with three axes.

    Raises:
        InputError: says what was expected, what came, and the mend.
    """
    array = as_array(x)
    rank = len(input_shape)
    pictures = rank == 3 if pictures is None else pictures
    if array.ndim == rank:
        array = array[None]
    if array.ndim != rank + 1:
        raise InputError(_expected(input_shape, f"an array of shape {tuple(np.shape(x))}"))
    if 0 in array.shape:
        came = "an empty batch" if array.shape[0] == 0 else f"an array of shape {array.shape}"
        raise InputError(_expected(input_shape, came) + " Give at least one example.")
    if array.shape[-1] != input_shape[-1]:
        mend = _channel_mend(array.shape, input_shape) if pictures else ""
        raise InputError(_expected(input_shape, f"{array.shape[-1]} channels") + mend)
    if pictures:
        _check_size(array.shape[1:3])
    if isinstance(array, core.Tracer):
        # inside jax.grad or jax.jit there are no values to look at
        whole = pictures and jnp.issubdtype(array.dtype, jnp.integer)
        return array.astype(np.float32) / np.float32(255 if whole else 1)
    if pictures:
        return _picture_values(array)
    return _finite(array.astype(np.float32))


def as_array(x: Any) -> np.ndarray | jax.Array:
    """`x` as an array of numbers.

    Raises:
        InputError: if it is none.
    """
    try:
        array = x if isinstance(x, jax.Array) else np.asarray(x)
    except (TypeError, ValueError) as error:
        raise InputError(f"expected an array of numbers, got {type(x).__name__}.") from error
    if not (jnp.issubdtype(array.dtype, jnp.integer) or jnp.issubdtype(array.dtype, jnp.floating)):
        raise InputError(
            f"expected numbers (uint8, or floats in [0, 1]), got {type(x).__name__} of dtype "
            f"{array.dtype}. Convert with numpy.asarray(image)."
        )
    return array


def _expected(shape: tuple[int, ...], came: str) -> str:
    size = ", ".join(str(n) for n in shape)
    return f"expected an input of shape ({size}) or a batch (N, {size}), got {came}."


def _channel_mend(came: Sequence[int], shape: tuple[int, ...]) -> str:
    if came[1] == shape[-1]:
        return " Channels come last here: transpose to (N, H, W, C)."
    return " net.fit(image) changes grey to colour and back, and drops transparency."


def _check_size(size: Sequence[int]) -> None:
    if max(size) > MAX_SIDE:
        raise InputError(
            f"expected an image of at most {MAX_SIDE} pixels on a side, got {size[0]} x {size[1]}: "
            "the activations of all layers would not fit in memory. "
            "net.fit(image, longest=512) shrinks it."
        )


def _picture_values(array: np.ndarray | jax.Array) -> np.ndarray | jax.Array:
    if array.dtype == np.uint8:
        return array.astype(np.float32) / np.float32(255)
    array = _finite(array)
    low, high = float(array.min()), float(array.max())
    if array.dtype.kind in "iu":
        if low < 0 or high > 255:
            raise InputError(
                f"expected integers from 0 to 255, got {low:.0f} to {high:.0f}. Convert to floats "
                "in [0, 1]: divide by the largest value your format allows."
            )
        return array.astype(np.float32) / np.float32(255)
    if low < -1e-6 or high > 1 + 1e-6:
        raise InputError(
            f"expected floats in [0, 1], got {low:.4g} to {high:.4g}. Divide by 255, or undo the "
            "normalisation: pass it as cw.Network(..., preprocess=...) instead."
        )
    return array.astype(np.float32).clip(0, 1)


def _finite(array: np.ndarray | jax.Array) -> np.ndarray | jax.Array:
    if array.dtype.kind not in "iu":
        finite = np.isfinite(np.asarray(array, np.float32))
        if not finite.all():
            place = tuple(int(k) for k in np.argwhere(~finite)[0])
            raise InputError(
                f"expected finite numbers, got {int((~finite).sum())} NaN or infinite ones, the "
                f"first at {place}. Look where they come from, or numpy.nan_to_num(image)."
            )
    return array


def fit_image(
    image: Any,
    input_shape: tuple[int, ...],
    longest: int | None,
    takes: Callable[[tuple[int, ...]], bool],
) -> Float32[np.ndarray, "h w c"]:
    """Bring a picture to the channels and the size that a network takes.

    The picture is resized with its proportions kept, and its middle is cut out where the network
    wants another shape.

    Args:
        image: HWC or HW, uint8 or float in [0, 1], with 1, 3 or 4 channels.
        input_shape: of the network.
        longest: the longer side at most, for a network that takes any size.
        takes: whether the network runs on a shape.

    Returns:
        float32 HWC in [0, 1].
    """
    if len(input_shape) != 3 or input_shape[-1] not in (1, 3):
        raise InputError(
            f"expected a network for grey or colour pictures, this one takes {input_shape}. "
            "Bring the data to that shape yourself."
        )
    array = as_array(image)
    array = array[..., None] if array.ndim == 2 else array
    if array.ndim != 3 or array.shape[-1] not in (1, 3, 4) or 0 in array.shape:
        raise InputError(
            "expected a picture of shape (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), got "
            f"{tuple(np.shape(image))}."
        )
    channels = input_shape[-1]
    pixels = _coloured(np.asarray(_picture_values(array)), channels)
    size = _target_size(pixels.shape[:2], input_shape, longest, takes)
    return _resized(pixels, size)


def _coloured(pixels: np.ndarray, channels: int) -> np.ndarray:
    if pixels.shape[-1] == 4:  # on white, as a page would show it
        pixels = pixels[..., :3] * pixels[..., 3:] + (1 - pixels[..., 3:])
    if channels == 1 and pixels.shape[-1] == 3:
        return pixels @ np.array([[0.299], [0.587], [0.114]], np.float32)  # ITU-R BT.601 luma
    return np.repeat(pixels, channels, -1) if pixels.shape[-1] == 1 else pixels


def _target_size(
    size: Sequence[int],
    input_shape: tuple[int, ...],
    longest: int | None,
    takes: Callable[[tuple[int, ...]], bool],
) -> tuple[int, int]:
    limit = min(longest or MAX_SIDE, MAX_SIDE)
    scale = min(1.0, limit / max(size))
    wanted = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
    if takes((*wanted, input_shape[-1])):
        return wanted
    return input_shape[0], input_shape[1]


def _resized(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    rows, columns = pixels.shape[:2]
    if (rows, columns) == size:
        return np.ascontiguousarray(pixels, np.float32)
    scale = max(size[0] / rows, size[1] / columns)
    height, width = size[0] / scale, size[1] / scale
    top, left = (rows - height) / 2, (columns - width) / 2
    box = (left, top, left + width, top + height)
    planes = [
        np.asarray(
            Image.fromarray(pixels[..., k].astype(np.float32)).resize(
                (size[1], size[0]), Image.Resampling.BICUBIC, box=box
            )
        )
        for k in range(pixels.shape[-1])
    ]
    return np.stack(planes, -1).clip(0, 1)
