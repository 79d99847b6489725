"""Attention within windows: tokens that look at those of their own window only.

A model that cuts the picture into windows makes them part of the batch, or an axis beside the
heads. In a joined batch they are told from heads, which have an axis of their own then; else by
their number: as many tokens as all windows together hold are places of a map before.
"""

from __future__ import annotations

import itertools
import math

from ..traced import TracedProgram
from .attention import AttentionLayer, all_attention
from .token_grid import find_grid, maps_before


def find_attention(traced: TracedProgram) -> tuple[AttentionLayer, ...]:
    """The attention of a program in which all tokens look at all, in order."""
    return tuple(each for each in all_attention(traced) if count_windows(traced, each) == 1)


def find_windowed(traced: TracedProgram) -> tuple[tuple[AttentionLayer, int], ...]:
    """The attention within windows, in order, each with the number of its windows."""
    every = ((each, count_windows(traced, each)) for each in all_attention(traced))
    return tuple((each, count) for each, count in every if count > 1)


def count_windows(traced: TracedProgram, layer: AttentionLayer) -> int:
    """Into how many windows a layer cuts an example's tokens; 1 if it does not."""
    if layer.together > 1 and layer.shared:
        return layer.together
    if find_grid(traced, layer) is not None:
        return 1
    shared = [size for size in (layer.together, *layer.shared) if size > 1]
    counts = {math.prod(some) for n in (1, 2) for some in itertools.combinations(shared, n)}
    for (rows, _), (columns, _) in maps_before(traced.program, layer):
        if rows * columns % layer.keys == 0 and rows * columns // layer.keys in counts:
            return rows * columns // layer.keys
    return 1
