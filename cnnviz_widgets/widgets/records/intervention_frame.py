"""What an intervention does, as the page takes it: maps, classes and an attribution, twice.

Before and after share their colours, so that what looks alike is alike. Of a layer's channels those
are shown that change most.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...methods import Outcome
from ...methods.attribution.method import METHODS
from ...methods.interventions import intervention
from ...methods.interventions.channel_effects import ChannelEffects
from ...network import Network
from ..shared.base import in_words
from ..shared.running import Frame
from ..shared.wire import floats, integers
from .attribution_record import as_map

TILES = 8
"""Channels whose maps are shown, at most."""

CLASSES = 6
"""Classes that are shown, at most, and the chosen one."""

RANKED = 12
"""Channels that the ranking lists, at most."""


@dataclass(frozen=True, eq=False)
class Look:
    """What a network makes of one image.

    Attributes:
        outcome: its values, logits and probabilities.
        attribution: float32 (H, W), or `None`.
        refused: why there is no attribution, or "".
    """

    outcome: Outcome
    attribution: np.ndarray | None
    refused: str

    def map(self, layer: str) -> np.ndarray:
        """A layer's values, float32 (rows, columns, C)."""
        values = np.asarray(self.outcome.values[layer], np.float32)[0]
        return values.reshape(-1, *values.shape[-2:]) if values.ndim > 1 else values[None, None]


def look(net: Network, batch: Any, layers: list[str], method: str, target: int) -> Look:
    """Look at one image, with an attribution method if one is named."""
    outcome = intervention.outcome(net, batch, layers)
    if not method:
        return Look(outcome, None, "")
    try:
        *_, found = METHODS[method](net, batch, target=target)
    except (ValueError, NotImplementedError) as error:
        return Look(outcome, None, in_words(error))
    return Look(outcome, np.asarray(as_map(found), np.float32), "")


def most_changed(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Channels by how much they change, then by their strength; (rows, columns, C) each."""
    with np.errstate(invalid="ignore"):
        change = np.abs(after - before).mean((0, 1))
    change = np.where(np.isnan(change), np.inf, change)
    strength = np.nan_to_num(np.abs(before)).mean((0, 1))
    return np.lexsort((np.arange(len(change)), -strength, -change))[:TILES]


def as_frame(before: Look, after: Look, layer: str, channel: int, seen: str, target: int) -> Frame:
    """Both looks as a frame."""
    own = after.map(layer)[..., channel]
    return {
        "layer": layer,
        "channel": channel,
        "target": target,
        **_own_map(own, *_range(before.map(layer)[..., channel], own)),
        **_tiles(before.map(seen), after.map(seen), seen),
        **_classes(before.outcome, after.outcome, target),
        **_attributions(before, after),
    }


def effects_frame(found: ChannelEffects | None, current: bool) -> Frame:
    """The ranking as far as it goes.

    Args:
        found: the ranking, if there is one.
        current: whether the edits are still those under which it was made.
    """
    if found is None:
        return {}
    order = found.order()
    chosen = order[:RANKED]
    return {
        "effects": {
            "layer": found.layer,
            "target": found.target[0],
            "progress": found.progress,
            "measured": len(order),
            "current": current,
        },
        "effect_channels": integers(chosen),
        "effect_logits": floats(found.logits[0, chosen]),
        "effect_shares": floats(found.probabilities[0, chosen]),
    }


def _tiles(before: np.ndarray, after: np.ndarray, seen: str) -> Frame:
    with np.errstate(invalid="ignore"):
        difference = after - before
    channels = most_changed(before, after)
    chosen = before[..., channels], after[..., channels], difference[..., channels]
    ranges = [_range(*(each[..., k] for each in chosen[:2])) for k in range(len(channels))]
    most = float(np.nan_to_num(np.abs(chosen[2]), posinf=0, neginf=0).max(initial=0))
    apart = [(-most or -1.0, most or 1.0)] * len(channels)  # no difference is in the middle
    before_codes, after_codes, apart_codes = (
        b"".join(_codes(each[..., k], *limits[k]).tobytes() for k in range(len(channels)))
        for each, limits in zip(chosen, (ranges, ranges, apart), strict=True)
    )
    means = [np.nan_to_num(each).mean((0, 1)) for each in chosen]
    return {
        "seen": seen,
        "rows": before.shape[0],
        "cols": before.shape[1],
        "changed": int((np.nan_to_num(difference, nan=1.0) != 0).any((0, 1)).sum()),
        "channels": before.shape[2],
        "nonfinite": int((~np.isfinite(after)).sum()),
        "most": most,
        "tile_channels": integers(channels),
        "tile_ranges": floats(ranges),
        "tile_means": floats(np.stack(means, 1)),
        "before": before_codes,
        "after": after_codes,
        "difference": apart_codes,
    }


def _classes(before: Outcome, after: Outcome, target: int) -> Frame:
    shares = [np.asarray(each.probabilities, np.float32)[0] for each in (before, after)]
    logits = [np.asarray(each.logits, np.float32)[0] for each in (before, after)]
    likely = np.argsort(-np.nan_to_num(np.maximum(*shares)), kind="stable")[:CLASSES]
    shown = list(dict.fromkeys([*map(int, likely), target]))
    return {
        "shown_classes": shown,
        "shares": floats([[each[k] for each in shares] for k in shown]),
        "logits": floats([[each[k] for each in logits] for k in shown]),
    }


def _attributions(before: Look, after: Look) -> Frame:
    refused = after.refused or before.refused
    if before.attribution is None or after.attribution is None:
        return {"attribution": None, "refused": refused}
    first, then = np.nan_to_num(before.attribution), np.nan_to_num(after.attribution)
    signed = bool(min(first.min(), then.min()) < 0)
    most = float(max(np.abs(first).max(), np.abs(then).max()))
    bounds = (-most if signed else 0.0, most)
    apart = float(np.abs(then - first).max())
    return {
        "attribution": {"signed": signed, "most": most, "apart": apart},
        "refused": "",
        "attribution_before": _codes(first, *bounds).tobytes(),
        "attribution_after": _codes(then, *bounds).tobytes(),
        "attribution_difference": _codes(then - first, -apart or -1.0, apart or 1.0).tobytes(),
    }


def _range(*maps: np.ndarray) -> tuple[float, float]:
    """Least and largest value of maps, zero included where it helps: signed ones are symmetric."""
    known = np.concatenate([each[np.isfinite(each)] for each in maps])
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
    if low < 0:
        most = max(-low, high)
        return -most, most
    return 0.0, high


def _own_map(values: np.ndarray, low: float, high: float) -> Frame:
    """The map that is edited, as it is with the edits."""
    rows, columns = values.shape
    info = {"rows": rows, "cols": columns, "low": low, "high": high}
    return {"own": info, "own_codes": _codes(values, low, high).tobytes()}


def _codes(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Values as codes, 0 for `low` and 255 for `high`; all 0 where there is no range."""
    if not high > low:
        return np.zeros(values.shape, np.uint8)
    known = np.nan_to_num(values, nan=low, posinf=high, neginf=low)
    return np.rint(255 * ((known - low) / (high - low)).clip(0, 1)).astype(np.uint8)
