"""A still picture of many images on a plane."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from ..shared.picture import PAPER
from .thumbnail_sheets import small_picture

SIDE, AIR = 600, 20
COLORS = (
    "#1f77b4", "#d9730d", "#2a8f4b", "#c4302b", "#8656b0", "#8a5a44", "#d04f9e", "#6b7280",
    "#8f8f10", "#0f93a3",
)  # fmt: skip
"""Of classes, in turns: the page's own."""


def embedding_picture(places: np.ndarray, codes: np.ndarray, images: Any | None) -> Image.Image:
    """Images where they lie, or dots.

    Args:
        places: (N, 2), across and up.
        codes: (N,), a colour for each.
        images: (N, H, W, C), or `None` for dots.
    """
    picture = Image.new("RGB", (SIDE, SIDE), PAPER)
    canvas = ImageDraw.Draw(picture)
    side = max(6, min(32, round(1.6 * SIDE / np.sqrt(len(places)))))
    low, span = places.min(0), max(float(np.ptp(places, axis=0).max()), 1e-12)
    middle = (np.ptp(places, axis=0) / span - 1) / 2
    spots = AIR + (SIDE - 2 * AIR) * ((places - low) / span - middle)
    for at, (x, up) in enumerate(spots.tolist()):
        y = SIDE - up
        color = COLORS[int(codes[at]) % len(COLORS)]
        if images is None:
            canvas.ellipse((x - 3, y - 3, x + 3, y + 3), color)
        else:
            left, top = round(x - side / 2), round(y - side / 2)
            picture.paste(small_picture(images[at], side, side), (left, top))
            canvas.rectangle((left - 1, top - 1, left + side, top + side), outline=color)
    return picture
