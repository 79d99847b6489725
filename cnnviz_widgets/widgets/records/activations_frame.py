"""What the page is told of the layers' activations: a row for each layer, and their channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...methods.statistics.activation_statistics import ActivationStatistics, LayerStatistics
from ...methods.statistics.health import FEW, FEWEST
from ...methods.statistics.unit_statistics import RECTIFIERS, has_bounds
from ..shared.running import Frame
from ..shared.wire import floats
from .operation_frame import number

ROUGH = 64
"""Bins at most of a channel's histogram; that of the layer has all."""

MOST_BYTES = 1_000_000
"""Of the channels of all layers; the chosen layer comes first."""


def statistics_frame(found: ActivationStatistics, chosen: str) -> Frame:
    """All that there is, as far as it fits.

    Args:
        found: the figures.
        chosen: name of the layer whose channels are told in any case.
    """
    layers = [_row(each, found.images) for each in found.layers]
    buffers: dict[str, bytes] = {}
    left = MOST_BYTES
    order = sorted(range(len(layers)), key=lambda at: found.layers[at].layer != chosen)
    for at in order:
        told = _channels(found.layers[at], found.images)
        size = sum(len(values) for values in told.values())
        if size <= left or at == order[0]:
            left -= size
            layers[at]["told"] = True
            buffers |= {f"{name}{at}": values for name, values in told.items()}
    return {"images": found.images, "of": found.of, "layers": layers, **buffers}


def _row(each: LayerStatistics, images: int) -> dict[str, Any]:
    mean, spread = each.overall
    count = len(each.mean)
    dead = constant(each, images)
    return {
        "layer": each.layer,
        "kind": each.kind,
        "operation": each.operation,
        "channels": count,
        "first": float(each.edges[0]),
        "last": float(each.edges[-1]),
        "counts": without_zeros(each).sum(0).tolist(),
        "rough": rough_factor(each),
        "low": number(float(each.low.min(initial=np.inf))),
        "high": number(float(each.high.max(initial=-np.inf))),
        "mean": number(mean),
        "spread": number(spread),
        "zeros": float(each.zeros.mean()),
        "saturated": float(each.saturated.mean()) if has_bounds(each.operation) else None,
        "dead": None if dead is None else len(dead),
        "always": len(each.always_on) if each.operation in RECTIFIERS else None,
        "nonfinite": each.nonfinite,
        "told": False,
    }


def constant(each: LayerStatistics, images: int) -> np.ndarray | None:
    """Channels that give one value everywhere; `None` with too few values to say so."""
    return each.dead if images >= FEWEST and each.values >= FEW else None


def _channels(each: LayerStatistics, images: int) -> dict[str, bytes]:
    """Of each channel: numbers, marks, and a histogram in bytes, its fullest bin at 255."""
    dead = constant(each, images)
    marks = np.zeros(len(each.mean), np.uint8)
    marks[each.always_on] = 2
    marks[[] if dead is None else dead] = 1
    numbers = (each.mean, each.spread, each.zeros, each.saturated, each.low, each.high)
    return {
        "numbers": floats(np.stack([np.asarray(n, np.float64) for n in numbers])),
        "marks": marks.tobytes(),
        "heat": _heat(rough(each)).tobytes(),
    }


def without_zeros(each: LayerStatistics) -> np.ndarray:
    """The counts but for values that are exactly 0: those of a ReLU would hide all others."""
    counts = each.counts.copy()
    at = int(np.searchsorted(each.edges, 0.0, side="right")) - 1
    if 0 <= at < counts.shape[1]:
        zeros = np.rint(each.zeros * each.counts.sum(1)).astype(np.int64)
        counts[:, at] = np.maximum(counts[:, at] - zeros, 0)
    return counts


def rough_factor(each: LayerStatistics) -> int:
    """How many bins of the layer are one of a channel."""
    return -(-each.counts.shape[1] // ROUGH)


def rough(each: LayerStatistics) -> np.ndarray:
    """Counts without zeros, in fewer bins."""
    counts, factor = without_zeros(each), rough_factor(each)
    padded = np.pad(counts, ((0, 0), (0, -counts.shape[1] % factor)))
    return padded.reshape(len(counts), -1, factor).sum(2)


def _heat(counts: np.ndarray) -> np.ndarray:
    most = np.maximum(counts.max(1, keepdims=True), 1)
    return np.rint(255 * np.sqrt(counts / most)).astype(np.uint8)


def rows_of(frame: Frame) -> Sequence[dict[str, Any]]:
    """The layers of a frame."""
    return frame["layers"]
