"""Where the object is: masks, or the cells of a collage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool

from ..network import InputError
from ..zoo import Cell
from .judged import Judged

Areas = Bool[np.ndarray, "n h w"]


def areas(judged: Judged, where: Any) -> Areas:
    """The pixels of each image that show its class.

    Args:
        judged: the images.
        where: a mask of booleans, (H, W) for all images or (N, H, W), or the cells of a collage,
            of which those count that are labelled with the image's class.

    Raises:
        InputError: if it is neither, has another size, or holds nothing of the class.
    """
    if _is_cells(where):
        return cells_of_class(judged, where)
    mask = judged.places(where)
    if mask.dtype != bool or mask.shape not in (judged.size, judged.maps.shape):
        raise InputError(
            f"expected a mask of booleans of shape {judged.size} or {judged.maps.shape}, or the "
            f"cells of a collage; got {mask.dtype} of shape {mask.shape}. mask > 0 makes booleans."
        )
    mask = np.broadcast_to(mask, judged.maps.shape)
    empty = [str(k) for k, each in enumerate(mask) if not each.any()]
    if empty:
        raise InputError(
            f"expected a mask that marks something, that of image {', '.join(empty)} is empty. "
            "Leave out images without the object."
        )
    return mask


def cells_of_class(judged: Judged, cells: Any) -> Areas:
    """The cells of a collage that are labelled with each image's class.

    A network without names of classes has its classes' numbers for labels.

    Raises:
        InputError: if no cell has the class, or one reaches over the picture's edge.
    """
    if not _is_cells(cells):
        raise InputError(
            f"expected the cells of a collage, such as cw.zoo.cells('collage'); got {cells!r:.80}."
        )
    rows, columns = judged.size
    for cell in cells:
        inside = cell.top >= 0 and cell.left >= 0
        if not inside or cell.top + cell.height > rows or cell.left + cell.width > columns:
            raise InputError(
                f"expected cells within the picture's {rows} x {columns} pixels, got {cell}. "
                "Scale the cells with the picture."
            )
    found = np.zeros(judged.maps.shape, bool)
    for mask, number in zip(found, judged.classes, strict=True):
        name = judged.net.classes[number] if judged.net.classes else str(number)
        for cell in cells:
            if cell.label == name:
                mask[cell.slices] = True
        if not mask.any():
            labels = ", ".join(dict.fromkeys(cell.label for cell in cells))
            raise InputError(
                f"expected a collage that shows the class {name!r}, got one of {labels}. Choose "
                "one of these as target."
            )
    return found


def _is_cells(where: Any) -> bool:
    few = isinstance(where, Sequence) and not isinstance(where, str) and len(where) > 0
    return few and all(isinstance(each, Cell) for each in where)
