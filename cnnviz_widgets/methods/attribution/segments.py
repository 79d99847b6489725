"""Parts of a picture that are switched off or ranked as one."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float, Int

from ...network import InputError

WAYS = ("superpixels", "grid")

MISSING = (
    "superpixels need scikit-image, which is not installed: pip install 'cnnviz_widgets[segments]'."
    ' Or pass segments="grid", or an array (H, W) of whole numbers.'
)


def segments_of(
    batch: Float[np.ndarray, "n h w c"], segments: Any, count: int = 50
) -> Int[np.ndarray, "n h w"]:
    """Which segment each pixel belongs to, from 0 without gaps, for each image.

    Args:
        batch: images in [0, 1].
        segments: "superpixels" (SLIC), "grid" (squares), or whole numbers (H, W) or (N, H, W).
        count: about how many, for the first two.

    Raises:
        InputError: if it is none of these.
        ImportError: for superpixels, without scikit-image.
    """
    images, rows, columns = batch.shape[:3]
    if isinstance(segments, str):
        if segments == "grid":
            found = np.broadcast_to(_grid(rows, columns, count), (images, rows, columns))
        elif segments == "superpixels":
            found = np.stack([_superpixels(image, count) for image in batch])
        else:
            raise InputError(f"expected segments of {WAYS} or an array, got {segments!r}.")
    else:
        found = np.asarray(segments)
        if found.dtype.kind not in "iu" or found.shape[-2:] != (rows, columns):
            raise InputError(
                f"expected segments as whole numbers of shape ({rows}, {columns}) or "
                f"({images}, {rows}, {columns}), got {found.dtype} of shape {found.shape}."
            )
        found = np.broadcast_to(found, (images, rows, columns))
    return np.stack([np.unique(each, return_inverse=True)[1].reshape(each.shape) for each in found])


def scikit_image() -> Any:
    """The module `skimage.segmentation`.

    Raises:
        ImportError: says how to install it.
    """
    try:
        from skimage import segmentation
    except ImportError as error:
        raise ImportError(MISSING) from error
    return segmentation


def _grid(rows: int, columns: int, count: int) -> np.ndarray:
    if rows == 1:  # lengths of a line
        return (np.arange(columns) * min(count, columns) // columns)[None]
    side = max(1.0, (rows * columns / count) ** 0.5)
    down, across = max(1, round(rows / side)), max(1, round(columns / side))
    row, column = np.arange(rows) * down // rows, np.arange(columns) * across // columns
    return row[:, None] * across + column[None]


def _superpixels(image: np.ndarray, count: int) -> np.ndarray:
    given = {"n_segments": count, "compactness": 10, "start_label": 0, "channel_axis": -1}
    colours = image if image.shape[-1] == 3 else image.mean(-1, keepdims=True)
    return scikit_image().slic(colours, **given, convert2lab=image.shape[-1] == 3)
