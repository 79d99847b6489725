"""Labelled rectangles of a picture: where in a grid which class is to be seen.

One small type serves three purposes: the cells of a collage, the digits on the sheet of digits,
and the tiles of a photograph that training never sees (`held_out`). A method that claims to find
a class in a picture can be scored against the cells (the grid pointing game).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Cell:
    """A rectangle of a picture, in pixels, and the class it shows.

    Attributes:
        label: the class, as the networks name it.
        top: first row.
        left: first column.
        height: number of rows.
        width: number of columns.
    """

    label: str
    top: int
    left: int
    height: int
    width: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Row and column slices, so that `picture[cell.slices]` is the cell's pixels."""
        return (
            slice(self.top, self.top + self.height),
            slice(self.left, self.left + self.width),
        )


def grid(rows: tuple[tuple[str, ...], ...], side: int) -> tuple[Cell, ...]:
    """The cells of a grid of squares.

    Args:
        rows: the labels, row by row.
        side: length of a square's side, in pixels.

    Returns:
        One cell for each label, row by row.
    """
    return tuple(
        Cell(label, row * side, column * side, side, side)
        for row, labels in enumerate(rows)
        for column, label in enumerate(labels)
    )


def compose(cells: tuple[Cell, ...], content: Callable[[str], np.ndarray]) -> np.ndarray:
    """A picture put together from its cells.

    Args:
        cells: rectangles that cover the picture.
        content: called with each cell's label, in order; gives the pixels that fill the cell.

    Returns:
        float32, as high and as wide as the cells reach.
    """
    contents = [content(cell.label) for cell in cells]
    height = max(cell.slices[0].stop for cell in cells)
    width = max(cell.slices[1].stop for cell in cells)
    picture = np.empty((height, width, *contents[0].shape[2:]), np.float32)
    for cell, pixels in zip(cells, contents, strict=True):
        picture[cell.slices] = pixels
    return picture
