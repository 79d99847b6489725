"""In which order a map says that pixels matter."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int32

from .judged import Maps


def ranks(maps: Maps) -> Int32[np.ndarray, "n h w"]:
    """The place of each pixel in the order of its value, the largest first, from 0.

    Equal values are put into one fixed random order, the same for every image. In rows from the
    top they would favour one side of a map with many zeros. A constant map, which orders nothing,
    is judged as a random order for that reason.
    """
    flat = maps.reshape(len(maps), -1)
    tie = np.random.default_rng(0).permutation(flat.shape[1])
    order = np.lexsort((np.broadcast_to(tie, flat.shape), -flat), axis=-1)
    found = np.empty(flat.shape, np.int32)
    numbers = np.arange(flat.shape[1], dtype=np.int32)
    np.put_along_axis(found, order, np.broadcast_to(numbers, flat.shape), 1)
    return found.reshape(maps.shape)
