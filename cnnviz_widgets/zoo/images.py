"""The bundled pictures, by name.

Photographs and the sheet of digits are files in `pictures/`; single digits are cut from the sheet
and collages are put together from the photographs. A file is decoded when it is first asked for.
Every picture is RGB, grey ones too, so that code which looks at pictures meets one shape only.
"""

import difflib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image

from .cells import Cell, compose, grid
from .collages import COLLAGES, piece

PICTURES = Path(__file__).parent / "pictures"

PHOTOGRAPHS = (
    "astronaut",
    "brick",
    "cat",
    "coffee",
    "coins",
    "flower",
    "galaxies",
    "grass",
    "gravel",
    "moon",
    "motorcycle",
    "retina",
    "rocket",
    "temple",
    "tissue",
)
"""What the `photos` network tells apart."""

OTHER_PHOTOGRAPHS = ("photographer",)
"""Not a class: all grey, it would teach the network that a lack of colour is a thing."""

DIGIT_SIDE = 28
DIGIT_CELLS = grid(tuple((str(digit),) * 10 for digit in range(10)), DIGIT_SIDE)

_SINGLE_DIGITS = {
    f"digit-{digit}": next(cell for cell in DIGIT_CELLS if cell.label == str(digit))
    for digit in range(10)
}
_NAMES = (*PHOTOGRAPHS, *OTHER_PHOTOGRAPHS, *COLLAGES, "digits", *_SINGLE_DIGITS)
_GRIDS = {**COLLAGES, "digits": DIGIT_CELLS}


def images() -> tuple[str, ...]:
    """Names of the bundled pictures: photographs, collages, the sheet of digits, single digits."""
    return _NAMES


def image(name: str) -> Float32[np.ndarray, "h w 3"]:
    """A bundled picture.

    Args:
        name: one of `images()`.

    Returns:
        float32 (H, W, 3) in [0, 1]; a copy of the caller's own.

    Raises:
        ValueError: no picture has this name; the message names the nearest ones.
    """
    if name in COLLAGES:
        return compose(COLLAGES[name], lambda label: piece(image(label), label))
    if name in _SINGLE_DIGITS:
        return image("digits")[_SINGLE_DIGITS[name].slices].copy()
    if name not in _NAMES:
        raise ValueError(unknown("picture", name, _NAMES))
    return pixels(name).astype(np.float32) / 255


def cells(name: str) -> tuple[Cell, ...]:
    """Which class is to be seen where in a picture made of several.

    Args:
        name: a collage, or "digits".

    Returns:
        The picture's cells, row by row; together they cover it.

    Raises:
        ValueError: the picture is not a grid; the message names those that are.
    """
    if name not in _GRIDS:
        raise ValueError(unknown("grid of pictures", name, _GRIDS))
    return _GRIDS[name]


@lru_cache
def pixels(name: str) -> UInt8[np.ndarray, "h w 3"]:
    """The file `name` in `pictures/`, decoded once: uint8 (H, W, 3), read-only."""
    path = PICTURES / ("digits.png" if name == "digits" else f"{name}.jpg")
    with Image.open(path) as picture:
        decoded = np.array(picture.convert("RGB"))
    decoded.flags.writeable = False
    return decoded


def unknown(what: str, name: object, known: Iterable[str]) -> str:
    """Words for a name that is not known: what there is, the nearest first."""
    known = list(known)
    nearest = difflib.get_close_matches(str(name), known, n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(map(repr, nearest))}? " if nearest else ""
    return f"there is no {what} named {name!r}. {hint}There are: {', '.join(known)}."
