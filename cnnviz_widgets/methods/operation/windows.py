"""Windows: what a convolution or a pool sees of its input at one place."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .explained import GAP, INSIDE, PADDING, Window


@dataclass(frozen=True)
class Reach:
    """Where a window lies along one axis.

    Attributes:
        places: on the input's own axis; broken where zeros were put between the values.
        taken: the nearest places that there are.
        states: of each.
    """

    places: np.ndarray
    taken: np.ndarray
    states: np.ndarray


@dataclass(frozen=True)
class Along:
    """How windows lie along one axis.

    Attributes:
        size: of the input along this axis.
        window: how many places it has.
        stride: between windows.
        before: how much padding there is in front.
        dilation: between the window's places.
        spread: between the values of the input, once zeros were put between them.
    """

    size: int
    window: int
    stride: int
    before: int
    dilation: int
    spread: int

    def reach(self, at: int) -> Reach:
        """Where the window of an output place lies."""
        spots = at * self.stride - self.before + np.arange(self.window) * self.dilation
        outside = (spots < 0) | (spots > (self.size - 1) * self.spread)
        gaps = spots % self.spread != 0
        states = np.where(outside, PADDING, np.where(gaps, GAP, INSIDE))
        places = spots // self.spread if self.spread == 1 else spots / self.spread
        return Reach(places, (spots // self.spread).clip(0, self.size - 1), states)


def look(maps: np.ndarray, reaches: Sequence[Reach], nothing: float = 0.0) -> Window:
    """What a window sees.

    Args:
        maps: (I, *map).
        reaches: for each axis of the map.
        nothing: what stands where there is no value.
    """
    shape = tuple(len(each.places) for each in reaches)
    taken = maps[np.ix_(np.arange(len(maps)), *(each.taken for each in reaches))]
    states = np.zeros(shape, np.int8)
    for axis, each in enumerate(reaches):
        along = each.states.reshape([-1 if k == axis else 1 for k in range(len(shape))])
        # padding hides a gap: what is outside of the picture is not between two pixels
        states = np.where(states == PADDING, states, np.where(along, along, states))
    values = np.where(states == INSIDE, taken.astype(np.float64), nothing)
    return Window(values, states, tuple(each.places for each in reaches), maps)


def whole(maps: np.ndarray) -> Window:
    """A window over all of a map."""
    places = tuple(np.arange(size) for size in maps.shape[1:])
    states = np.zeros(maps.shape[1:], np.int8)
    return Window(maps.astype(np.float64), states, places, maps)


def first_place(values: np.ndarray, chosen: float) -> tuple[int, ...]:
    """Where a value first stands; the first place of all if it is nowhere, as with NaN."""
    found = itertools.chain(np.argwhere(values == chosen), [np.zeros(values.ndim, int)])
    return tuple(int(k) for k in next(found))
