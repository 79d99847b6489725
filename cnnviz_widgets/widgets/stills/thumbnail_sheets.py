"""Thumbnails of many images, side by side in a few compressed pictures: quick to send and draw."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

from ..shared.picture import to_pixels

ACROSS = 32
"""Thumbnails on each side of a sheet."""

SIDES = ((400, 64), (2000, 40), (10**9, 28))
"""Pixels on the longer side of a thumbnail, where there are so many at most."""


def thumbnail_size(images: Any) -> tuple[int, int]:
    """Width and height of the thumbnails of images (N, H, W, C), never larger than they."""
    count, height, width = images.shape[:3]
    side = min(next(side for most, side in SIDES if count <= most), max(height, width))
    scale = side / max(height, width)
    return max(1, round(width * scale)), max(1, round(height * scale))


def thumbnail_sheets(images: Any) -> Iterator[bytes]:
    """The sheets one after the other, as files: PNG where the images are grey, else JPEG.

    Args:
        images: (N, H, W, C), uint8 or float in [0, 1].
    """
    width, height = thumbnail_size(images)
    for start in range(0, len(images), ACROSS * ACROSS):
        part = images[start : start + ACROSS * ACROSS]
        down = -(-len(part) // ACROSS)
        sheet = Image.new("RGB", (ACROSS * width, down * height))
        for at, image in enumerate(part):
            place = at % ACROSS * width, at // ACROSS * height
            sheet.paste(small_picture(image, width, height), place)
        yield _file(sheet, grey=images.shape[-1] != 3)


def small_picture(image: Any, width: int, height: int) -> Image.Image:
    """One image, brought to a size."""
    values = np.asarray(image)
    if np.issubdtype(values.dtype, np.integer):
        values = values.astype(np.float32) / 255
    return Image.fromarray(to_pixels(values)).resize((width, height), Image.Resampling.BOX)


def _file(sheet: Image.Image, grey: bool) -> bytes:
    file = io.BytesIO()
    if grey:
        sheet.convert("L").save(file, "png", optimize=True)
    else:
        sheet.save(file, "jpeg", quality=88)
    return file.getvalue()
