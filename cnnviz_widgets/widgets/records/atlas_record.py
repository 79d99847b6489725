"""What there is of one atlas so far, and its frames as the page takes them.

Cells are in the order in which they are painted: those with the most activations first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...methods.layout.atlas import Atlas
from ..shared.picture import to_pixels
from ..shared.running import Frame
from ..shared.wire import floats, integers

BEST = 3
"""Classes that are told of each cell."""


@dataclass(frozen=True)
class Cell:
    """A cell of an atlas.

    Attributes:
        row, column: its place.
        count: how many activations it holds.
        direction: float32 (C,), their mean.
        votes: (class, logits) of the classes that it speaks for most, the strongest first.
        source: image, row and column of the activation nearest to the mean.
    """

    row: int
    column: int
    count: int
    direction: np.ndarray
    votes: tuple[tuple[str, float], ...]
    source: tuple[int, int, int]


class AtlasRecord:
    """An atlas that is being painted.

    Args:
        number: of the run.
        atlas: laid out and binned.
        cells: of it, in the order of their painting.
        side: pixels on a side of a cell's picture.
    """

    def __init__(self, number: int, atlas: Atlas, cells: list[Cell], side: int) -> None:
        self.atlas = atlas
        self.cells = cells
        self.pictures = np.zeros((len(cells), side, side, 3), np.uint8)
        self.painted = 0  # how many cells are done
        self.notes: list[str] = []
        self._shown = 0  # how many have a picture, done or not
        self._shared: dict[str, Any] = {
            "run": number,
            "layer": atlas.layer,
            "layout": atlas.layout,
            "grid": atlas.grid,
            "side": side,
            "values": len(atlas.places),
            "places": floats(atlas.places),
            "cells": integers([(cell.row, cell.column, cell.count) for cell in cells]),
            "votes": [cell.votes for cell in cells],
        }

    def paint(self, start: int, images: np.ndarray, done: bool) -> Frame:
        """Take pictures of cells from `start` on, and make a frame for the page of all there are.

        Args:
            start: the number of the first cell.
            images: (N, H, W, C) in [0, 1]; those past the last cell only fill the batch.
            done: whether they are as they will stay.
        """
        end = min(start + len(images), len(self.cells))
        for number in range(start, end):
            self.pictures[number] = to_pixels(images[number - start])
        self._shown = max(self._shown, end)
        self.painted = end if done else start
        return self.frame()

    def frame(self) -> Frame:
        """All that there is."""
        return {
            **self._shared,
            "painted": self.painted,
            "notes": list(self.notes),
            "pixels": self.pictures[: self._shown].tobytes(),
        }


def cells_of(atlas: Atlas, values: np.ndarray, lost: np.ndarray, classes: list[str]) -> list[Cell]:
    """The cells of an atlas, the fullest first.

    Args:
        atlas: of M values.
        values: float32 (M, C), they.
        lost: float32 (M, classes), the logits that are lost without each of them.
        classes: their names.
    """
    found = []
    for number in np.argsort(-atlas.counts, kind="stable"):
        members = np.flatnonzero(atlas.members == number)
        direction = atlas.directions[number]
        nearest = members[np.linalg.norm(values[members] - direction, axis=1).argmin()]
        row, column = atlas.cells[number].tolist()
        source = tuple(atlas.sources[nearest].tolist())
        votes = _votes(lost[members].mean(0), classes)
        found.append(Cell(row, column, int(atlas.counts[number]), direction, votes, source))
    return found


def _votes(lost: np.ndarray, classes: list[str]) -> tuple[tuple[str, float], ...]:
    """The classes that are spoken for more than the mean of all, which is what a softmax sees."""
    above = np.nan_to_num(lost - lost.mean())
    best = np.argsort(-above, kind="stable")[:BEST]
    return tuple((classes[k], float(above[k])) for k in best if above[k] > 1e-6)
