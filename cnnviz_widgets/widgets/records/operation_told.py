"""One explanation as one frame: the steps, the maps on both sides of them, and what stands beside.

What stands beside is what a norm keeps of the channel, and the other outputs of a dense layer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ...methods import ValueExplained, ValueExplainer
from ...methods.operation import Convolution, Dense, Pool
from ...network import Network
from ..shared.running import Frame
from .operation_frame import Telling, flat, number, open_channel, rival

RIVALS = 6
"""Outputs of a dense layer that are held against each other."""

FEW = 32
"""Outputs that are compared though they are no classes."""

_KEPT = {  # what frameworks call the four numbers
    "mean": "mean", "moving_mean": "mean", "running_mean": "mean",
    "var": "variance", "variance": "variance", "moving_variance": "variance",
    "running_var": "variance",
    "scale": "scale", "gamma": "scale", "weight": "scale",
    "bias": "shift", "beta": "shift", "shift": "shift",
}  # fmt: skip


class Seen(NamedTuple):
    """The map that the first step looks at: its rows and columns that it takes, and whose it is."""

    values: np.ndarray
    places: list[list[float]]
    name: str
    channel: int


def told(
    net: Network, explainer: ValueExplainer, found: ValueExplained, source: int | None
) -> Frame:
    """An explanation as a frame.

    Args:
        net: the network.
        explainer: of the image.
        found: by the explainer.
        source: number of the input channel to tell in full; the strongest if `None`.
    """
    telling = Telling(
        source,
        tuple(net.classes or ()),
        {step.name: _parameters(net, found, step.name) for step in (*found.steps, *found.then)},
        rivals(net, explainer, found),
    )
    frame: Frame = {
        "layer": found.layer,
        "channel": found.channel,
        "position": list(found.position),
        "label": _label(net, explainer, found),
        "value": number(found.value),
        "steps": [telling.step(step) for step in found.steps],
        "then": [telling.step(step) for step in found.then],
        "numbers": telling.numbers(),
        **_map_frame("output", explainer.channel_map(found.layer, found.channel)),
    }
    seen = seen_map(explainer, found, source)
    if seen is not None:
        frame |= _map_frame("input", seen.values)
        frame |= {"places": seen.places, "inputName": seen.name, "inputChannel": seen.channel}
    return frame


def seen_map(explainer: ValueExplainer, found: ValueExplained, source: int | None) -> Seen | None:
    """The map that the first step looks at; `None` if it has no rows and columns."""
    step = found.steps[0]
    if isinstance(step, Convolution | Pool):
        at = open_channel(step, source) if isinstance(step, Convolution) else 0
        _, places = flat(step.window, step.window.states)
        if places is None:
            return None
        values = step.window.maps[at].astype(np.float64)
        channel = int(step.channels[at]) if isinstance(step, Convolution) else found.channel
        name = step.source.name if step.source else ""
        return Seen(values.reshape(1, -1) if values.ndim == 1 else values, places, name, channel)
    around = explainer.around(step.source) if step.source else None
    if around is None or step.source is None:
        return None
    places = [[float(at)] for at in around.place]
    return Seen(around.map, places, step.source.name, around.channel)


def opened(found: ValueExplained, source: int | None) -> int | None:
    """Number of the input channel that is told in full."""
    step = found.steps[0]
    if not isinstance(step, Convolution):
        return None
    return int(step.channels[open_channel(step, source)])


def _parameters(net: Network, found: ValueExplained, layer: str) -> Mapping[str, float]:
    """What a norm keeps of the channel; nothing for other layers."""
    info = next((each for each in net.layers if each.name == layer), None)
    if info is None or info.kind != "norm":
        return {}
    weights, kept = net.weights, {}
    for name in net.weights_of(layer):
        word = _KEPT.get(name.replace(".", "/").rpartition("/")[2])
        values = np.asarray(weights[name]).reshape(-1)
        if word is not None and found.channel < len(values):
            kept[word] = float(values[found.channel])
    return kept


def _label(net: Network, explainer: ValueExplainer, found: ValueExplained) -> str:
    """The name of the class that the channel stands for, if it is one."""
    classes = tuple(net.classes or ())
    outputs = len(explainer.channels_at(found.layer, found.position))
    whole = explainer.channel_map(found.layer, found.channel).size == 1
    return str(classes[found.channel]) if whole and outputs == len(classes) else ""


def rivals(net: Network, explainer: ValueExplainer, found: ValueExplained) -> list[dict[str, Any]]:
    """The strongest outputs of a dense layer, and the one at hand: what speaks for each."""
    if not isinstance(found.steps[-1], Dense):
        return []
    outputs = explainer.channels_at(found.layer, found.position)
    classes = tuple(net.classes or ())
    named = classes if len(classes) == len(outputs) else ()
    if not named and len(outputs) > FEW:
        return []
    order = np.argsort(-np.nan_to_num(outputs), kind="stable")[:RIVALS].tolist()
    if found.channel not in order:
        order[-1] = found.channel
    steps = {
        k: explainer(layer=found.layer, channel=k, position=found.position).steps[-1] for k in order
    }
    return [rival(str(named[k]) if named else str(k), k, steps[k]) for k in order]


def _map_frame(name: str, values: np.ndarray) -> Frame:
    """A map as 8-bit codes over its own range."""
    known = np.isfinite(values)
    low = float(values[known].min()) if known.any() else 0.0
    high = float(values[known].max()) if known.any() else 0.0
    share = (np.where(known, values, low) - low) / (high - low or 1)
    rows, columns = values.shape
    return {
        name: {"rows": rows, "cols": columns, "low": low, "high": high},
        f"{name}Codes": np.rint(share * 255).astype(np.uint8).tobytes(),
    }
