"""Collages: pieces of several photographs in a grid whose cells are known.

A piece is a 256x256 square of a photograph at half size, each pixel the mean of four, so a cell
can be checked against its source exactly. Collages are put together when asked for; no file.
"""

import numpy as np
from jaxtyping import Float32

from .cells import Cell, grid

CELL = 128
_SHRINK = 2
_SQUARE = CELL * _SHRINK

COLLAGES: dict[str, tuple[Cell, ...]] = {
    "collage": grid((("cat", "coffee"), ("flower", "temple")), CELL),
    "collage-nine": grid(
        (
            ("cat", "brick", "astronaut"),
            ("coins", "flower", "motorcycle"),
            ("temple", "grass", "coffee"),
        ),
        CELL,
    ),
    "collage-textures": grid((("brick", "grass"), ("gravel", "tissue")), CELL),
}

# Top left corner of each photograph's square.
_CORNERS = {
    "astronaut": (0, 112),
    "brick": (128, 128),
    "cat": (10, 120),
    "coffee": (40, 110),
    "coins": (20, 60),
    "flower": (25, 115),
    "grass": (128, 128),
    "gravel": (128, 128),
    "motorcycle": (70, 170),
    "temple": (10, 60),
    "tissue": (0, 0),
}


def piece(photograph: Float32[np.ndarray, "h w 3"], label: str) -> Float32[np.ndarray, "128 128 3"]:
    """What a collage shows of a photograph.

    Args:
        photograph: the whole photograph, in [0, 1].
        label: the photograph's name.

    Returns:
        The mean of each 2x2 pixels of the square that shows what the photograph is named for.
    """
    top, left = _CORNERS[label]
    square = photograph[top : top + _SQUARE, left : left + _SQUARE]
    return square.reshape(CELL, _SHRINK, CELL, _SHRINK, 3).mean((1, 3))
