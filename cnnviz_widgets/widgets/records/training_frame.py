"""A frame of `Training`: the curves so far, and what is seen of the network at one step."""

from __future__ import annotations

import numpy as np
from PIL import Image

from ...methods.statistics.event_files import Scalars
from ...methods.statistics.training_look import UnitLook
from ..shared.picture import to_pixels
from ..shared.running import Frame
from ..shared.wire import floats, integers
from .training_record import Moment, TrainingRecord, thinned

LARGEST = 160
"""Pixels of the longer side of a picture on the page; hundreds are on their way."""


def news(record: TrainingRecord, cost: float, others: dict[str, Scalars]) -> Frame:
    """How far the training is.

    Args:
        record: of it.
        cost: the share of the time that watching takes.
        others: curves of an earlier training, to compare with.
    """
    own = [(name, False, thinned(curve)) for name, curve in record.scalars().items()]
    curves = own + [(name, True, thinned(curve)) for name, curve in others.items()]
    return {
        "step": record.step,
        "cost": cost,
        "kept": integers(record.moments.steps()),
        "curves": [
            {"name": name, "other": other, "points": len(curve.steps)}
            for name, other, curve in curves
        ],
        "steps": floats(np.concatenate([curve.steps for *_, curve in curves] or [[]])),
        "values": floats(np.concatenate([curve.values for *_, curve in curves] or [[]])),
    }


def seen(moment: Moment, look: UnitLook) -> Frame:
    """The network at one step, and a unit of it."""
    return {
        "at": moment.step,
        "layer": look.layer,
        "channel": look.channel,
        "figures": [
            [each.layer, *map(_number, (each.gradient, each.update, each.dead))]
            for each in moment.figures
        ],
        **_map(look.map),
        **_filters(moment),
        **_ascent(look),
    }


def _number(value: float | None) -> float | str | None:
    """JSON has no NaN and no infinity: they go as words."""
    if value is None or np.isfinite(value):
        return value
    return "NaN" if np.isnan(value) else "∞"


def _map(values: np.ndarray) -> Frame:
    times = max(1, -(-max(values.shape) // LARGEST))
    small = values[::times, ::times]
    codes, low, high = _coded(small)
    return {"map": codes, "map_size": list(small.shape), "map_range": [low, high]}


def _filters(moment: Moment) -> Frame:
    if moment.filters is None:
        return {
            "filters": b"",
            "filters_size": [0, 0, 0, 0],
            "filters_of": "",
            "filters_range": 0.0,
        }
    name, values = moment.filters
    largest = float(np.nan_to_num(np.abs(values)).max()) or 1.0
    share = np.nan_to_num(values) / largest
    codes = np.rint((share + 1) / 2 * 255).clip(0, 255).astype(np.uint8)
    return {
        "filters": codes.tobytes(),
        "filters_size": list(values.shape),
        "filters_of": name,
        "filters_range": largest,
    }


def _ascent(look: UnitLook) -> Frame:
    if look.ascent is None:
        return {"ascent": b"", "ascent_size": [0, 0]}
    pixels = to_pixels(look.ascent)
    times = -(-max(pixels.shape[:2]) // LARGEST)
    if times > 1:
        pixels = np.asarray(Image.fromarray(pixels).reduce(times))
    return {"ascent": pixels.tobytes(), "ascent_size": list(pixels.shape[:2])}


def _coded(values: np.ndarray) -> tuple[bytes, float, float]:
    known = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(known.min()), float(known.max())
    share = (known - low) / (high - low or 1)
    return np.rint(share * 255).astype(np.uint8).tobytes(), low, high
