"""One look at a network in training: the figures of its layers, and what a unit has come to.

All of it takes weights as arguments, so that a look after each of a thousand steps compiles what
the first one compiled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32

from ...network import InputError, Network
from ..activations import activations
from ..ascent.ascend import ascend
from ..ascent.frame import AscentDivergedError
from ..filters import filters
from .unit_statistics import activation_layers, unit_statistics

SHOWN_FILTERS = 64


@dataclass(frozen=True)
class LayerFigures:
    """A layer with weights, at one step.

    Attributes:
        layer: its name.
        gradient: norm of the loss's gradient to its weights; `None` if not known.
        update: norm of the step's update over that of its weights; likewise.
        dead: share of the channels of the activation after it that are dead; `None` without one.
    """

    layer: str
    gradient: float | None
    update: float | None
    dead: float | None


@dataclass(frozen=True)
class UnitLook:
    """What a unit has come to, at one step.

    Attributes:
        layer: its name.
        channel: its number.
        map: its feature map for the image, (rows, columns).
        ascent: what drives it, (H, W, C) in [0, 1]; `None` where the ascent ran away, or the
            network takes no pictures.
    """

    layer: str
    channel: int
    map: Float32[np.ndarray, "rows columns"]
    ascent: Float32[np.ndarray, "h w c"] | None


def layer_figures(
    net: Network,
    images: Any,
    *,
    weights: Mapping[str, float],
    gradients: Mapping[str, float] | None = None,
    updates: Mapping[str, float] | None = None,
) -> tuple[LayerFigures, ...]:
    """The layers with weights, in order, each with what is known of it.

    Args:
        net: the network, as it is at that step.
        images: for the share of dead units.
        weights: the norm of each layer's weights; so `gradients` and `updates`, where known.
        gradients: likewise.
        updates: likewise.
    """
    dead = dead_shares(net, images)
    owner: dict[str, str] = {}
    newest = None
    activations_of = {layer.name for layer in activation_layers(net)}
    for layer in net.layers:
        newest = layer.name if layer.name in weights else newest
        for each in (layer, *layer.parts):
            if newest is not None and each.name in activations_of:
                owner.setdefault(newest, each.name)
    return tuple(
        LayerFigures(
            name,
            None if gradients is None else gradients.get(name),
            None if updates is None or name not in updates or not norm else updates[name] / norm,
            dead.get(owner.get(name, "")),
        )
        for name, norm in weights.items()
    )


def dead_shares(net: Network, images: Any) -> dict[str, float]:
    """For each activation layer the share of channels that give one value for all images."""
    found = unit_statistics(net, images)
    return {each.layer: len(each.dead) / len(each.low) for each in found}


def unit_look(
    net: Network, image: Any, layer: str, channel: int, *, steps: int, seed: int = 0
) -> UnitLook:
    """The feature map of a unit for an image, and a short ascent for it.

    Each ascent starts from the same noise: what differs between two pictures is the network.

    Args:
        net: the network, as it is at that step.
        image: one image.
        layer: the unit's.
        channel: its number.
        steps: of the ascent.
        seed: of its start.
    """
    batch = net.batch(image)
    values = np.asarray(activations(net, batch, [layer])[layer][0], np.float32)
    channels = net.at(batch.shape).layer(layer).channels
    found = values.reshape(-1, channels)[:, channel]
    rows = values.shape[0] if values.ndim > 2 or (channels == 1 and values.ndim > 1) else 1
    return UnitLook(
        layer, channel, found.reshape(rows, -1), _ascent(net, layer, channel, steps, seed)
    )


def _ascent(net: Network, layer: str, channel: int, steps: int, seed: int) -> np.ndarray | None:
    if len(net.input_shape) != 3 or net.input_shape[-1] not in (1, 3) or not steps:
        return None
    try:
        *_, last = ascend(
            net, f"{layer}:{channel}", steps=steps, steps_per_frame=steps, seed=seed, redirect=0
        )
    except (AscentDivergedError, InputError):
        return None
    return last.image


def first_filters(net: Network) -> tuple[str, np.ndarray] | None:
    """The first convolution with its filters as pictures; `None` without one.

    Returns:
        Its name and float32 (C, rows, columns, 3 or 1), 64 filters at most. Three input channels
        are the colours; of any other number, the strongest is shown.
    """
    layer = next((each for each in net.layers if each.kind == "conv"), None)
    found = None if layer is None else filters(net, layer.name)
    if layer is None or found is None or found.ndim != 4:
        return None
    found = found[:SHOWN_FILTERS]
    if found.shape[1] != 3:
        strongest = np.abs(found).sum((2, 3)).argmax(1)
        found = found[np.arange(len(found)), strongest][:, None]
    return layer.name, np.moveaxis(found, 1, -1)
