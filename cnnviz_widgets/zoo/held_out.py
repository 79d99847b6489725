"""The parts of each photograph that training never sees.

A photograph is cut into tiles of 72x72 pixels or a little more. Tile (row, column) is held out when
`(column + 2 * row) % 5 == 2`: a fifth of the tiles, spread evenly over the photograph, no two of
them touching even at a corner, and with room for a 2x2 block of tiles between them. So every
class is judged on all that its photograph shows, and training still meets pieces of any size up
to two tiles.
"""

from itertools import pairwise

import numpy as np

from .cells import Cell

_TILE = 72
_PERIOD, _REST = 5, 2


def held_out_tiles(label: str, height: int, width: int) -> tuple[Cell, ...]:
    """The tiles of one photograph that only evaluation may look at.

    Args:
        label: the photograph's name, which the tiles bear.
        height: the photograph's, in pixels.
        width: the photograph's, in pixels.

    Returns:
        The tiles, row by row.
    """
    rows, columns = _edges(height), _edges(width)
    return tuple(
        Cell(label, top, left, bottom - top, right - left)
        for row, (top, bottom) in enumerate(pairwise(rows))
        for column, (left, right) in enumerate(pairwise(columns))
        if (column + 2 * row) % _PERIOD == _REST
    )


def held_out_mask(tiles: tuple[Cell, ...], height: int, width: int) -> np.ndarray:
    """True where a pixel belongs to one of the tiles: bool (height, width)."""
    mask = np.zeros((height, width), bool)
    for tile in tiles:
        mask[tile.slices] = True
    return mask


def _edges(length: int) -> list[int]:
    """Where the tiles begin, and where the last one ends."""
    count = length // _TILE
    return [round(index * length / count) for index in range(count + 1)]
