"""Sequences as views show them: one value a step as a wave, several as rows of cells.

A screen is narrower than a sound is long, so maps travel as one number for each short stretch.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...methods.baselines import known_range
from ...network import Network
from .running import Frame
from .wire import floats

STRETCHES = 256
"""Parts of a long sequence of which each has one colour."""

COLUMNS = 1024
"""Of a wave, each with its lowest and highest value."""

WIDTH, HEIGHT = 512, 160
"""Pixels of a still wave."""

_LINE, _PAPER, _AXIS = (46, 98, 178), (255, 255, 255), (205, 205, 205)


def stretches_of(steps: int) -> int:
    """Into how many stretches a sequence is cut: one a step while they are few."""
    return min(STRETCHES, steps)


def edges_of(steps: int, parts: int) -> np.ndarray:
    """The first step of each part, and where the last one ends."""
    return np.linspace(0, steps, parts + 1).astype(int)


def stretched(values: np.ndarray, signed: bool) -> np.ndarray:
    """What each stretch of a sequence contributes.

    Args:
        values: (T,) or (T, C).
        signed: whether values add up, so that a stretch has their sum; else it has the mean of
            their magnitudes.
    """
    each = values.reshape(len(values), -1)
    each = each.sum(1) if signed else np.abs(each).sum(1)
    edges = edges_of(len(each), stretches_of(len(each)))
    sums = np.add.reduceat(each, edges[:-1])
    return sums if signed else sums / np.diff(edges)


def is_wave(sequence: np.ndarray) -> bool:
    """Whether it has one value a step; those of a vector are steps."""
    return sequence.ndim == 1 or sequence.shape[-1] == 1


def from_minus_1_to_1(net: Network, values: np.ndarray) -> np.ndarray:
    """Values of a network's inputs from -1 to 1 over its range."""
    low, high = known_range(net)
    if net.value_range is None:  # nothing is known of them but what is here
        high = float(np.abs(values).max()) or 1.0
        low = -high
    return np.clip(2 * (values - low) / (high - low) - 1, -1, 1).astype(np.float32)


def wave_bounds(wave: np.ndarray) -> np.ndarray:
    """The lowest and the highest value of each column, (columns, 2)."""
    edges = edges_of(len(wave), min(COLUMNS, len(wave)))
    low, high = (f.reduceat(wave, edges[:-1]) for f in (np.minimum, np.maximum))
    return np.stack([low, high], 1)


def as_wave(net: Network, sequence: np.ndarray) -> Frame:
    """A sequence of one value a step, as the page draws it."""
    values = from_minus_1_to_1(net, sequence.reshape(len(sequence)))
    return {"length": len(values), "bounds": floats(wave_bounds(values))}


def sequence_pixels(net: Network, sequence: Any) -> np.ndarray:
    """A still of a sequence, uint8 RGB: a drawn wave, or grey cells, a row for each feature."""
    values = from_minus_1_to_1(net, np.asarray(sequence, np.float32))
    if is_wave(values):
        return drawn_wave(values.reshape(len(values)))
    edges = edges_of(len(values), stretches_of(len(values)))
    means = np.add.reduceat(values, edges[:-1], 0) / np.diff(edges)[:, None]
    grey = np.rint(255 * (means.T + 1) / 2).astype(np.uint8)
    return np.repeat(grey[..., None], 3, -1)


def drawn_wave(wave: np.ndarray, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """A wave from -1 to 1 in ink on paper, uint8 RGB, with a line at the middle."""
    edges = edges_of(len(wave), min(width, len(wave)))
    low, high = (f.reduceat(wave, edges[:-1]) for f in (np.minimum, np.maximum))
    column = np.arange(width) * len(low) // width
    top, bottom = ((1 - each[column]) / 2 * (height - 1) for each in (high, low))
    rows = np.arange(height)[:, None]
    pixels = np.full((height, width, 3), _PAPER, np.uint8)
    pixels[height // 2] = _AXIS
    pixels[(rows >= np.floor(top)) & (rows <= np.ceil(bottom))] = _LINE
    return pixels
