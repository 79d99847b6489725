"""Bundled pictures cut into pieces, so that there are many to search."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from jaxtyping import Float32

from .images import image


def pieces(names: Iterable[str], height: int, width: int) -> Iterator[Float32[np.ndarray, "h w 3"]]:
    """Pieces of pictures, side by side from the middle of each, as many as fit.

    Args:
        names: of bundled pictures.
        height: of a piece, in pixels.
        width: likewise.

    Yields:
        float32 (height, width, 3) in [0, 1]; all of a picture that is smaller than a piece.
    """
    for name in names:
        picture = image(name)
        down, across = picture.shape[0] // height, picture.shape[1] // width
        if not down * across:
            yield picture
            continue
        top = (picture.shape[0] - down * height) // 2
        left = (picture.shape[1] - across * width) // 2
        for place in range(down * across):
            row = top + place // across * height
            column = left + place % across * width
            yield picture[row : row + height, column : column + width].copy()
