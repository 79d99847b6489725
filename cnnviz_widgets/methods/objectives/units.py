"""Objectives for what a network has by itself: units, channels, layers and classes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp

from ...network import InputError, Network
from .algebra import Objective, layer_objective, unit_objective
from .checks import whole_numbers
from .form import Place, Scores, Values
from .scores import only, take
from .texts import objective


def neuron(
    layer: str, channel: int, row: int | None = None, column: int | None = None
) -> Objective:
    """One unit: a channel at one place.

    Args:
        layer: its name.
        channel: from 0.
        row: from 0; the middle if left out.
        column: likewise.

    Raises:
        UnknownTargetError: if a number is none; the ascent refuses what the layer does not have.
    """
    whole_numbers(channel=channel)
    if row is None or column is None:
        place = Place(layer, int(channel))
        label = f"{layer}:{channel}@middle"
        return Objective(label, (layer,), _middle, (int(channel),), True, places=(place,))
    whole_numbers(row=row, column=column)
    return unit_objective(layer, f"{channel}@{row},{column}")


def channel(layer: str, channel: int, end: str = "positive") -> Objective:
    """The mean of a channel over all places.

    Args:
        layer: its name.
        channel: from 0.
        end: "positive" for what the channel looks for, "negative" for its opposite.

    Raises:
        UnknownTargetError: if `channel` is no whole number.
        InputError: if there is no such end.
    """
    if end not in ("positive", "negative"):
        raise InputError(f'expected end as "positive" or "negative", got {end!r}.')
    whole_numbers(channel=channel)
    found = unit_objective(layer, str(channel))
    return found if end == "positive" else replace(-found, label=f"{found.label} negative")


def layer(name: str) -> Objective:
    """All of a layer: the mean square of its values, as in DeepDream.

    References:
        Mordvintsev, Olah and Tyka 2015, Inceptionism: going deeper into neural networks.
    """
    return layer_objective(name)


def class_logit(net: Network, target: int | str) -> Objective:
    """A class's score before the softmax.

    Args:
        net: the network.
        target: number or name of the class.

    Raises:
        UnknownTargetError: if there is no such class.
    """
    return objective(net, net.class_index(target))


def class_probability(net: Network, target: int | str) -> Objective:
    """A class's probability, from 0 to 1. It also grows when all other classes shrink.

    Args:
        net: the network.
        target: number or name of the class.

    Raises:
        UnknownTargetError: if there is no such class.
    """
    found = class_logit(net, target)
    return replace(found, label=f"probability of {found.label}", score=_probability)


def _middle(values: Values, arguments: Any) -> Scores:
    taken = take(only(values), arguments[0])
    return taken[(slice(None), *(size // 2 for size in taken.shape[1:]))]


def _probability(values: Values, arguments: Any) -> Scores:
    value = only(values)
    logits = value.reshape(value.shape[0], -1)
    return jnp.exp(take(jax.nn.log_softmax(logits), arguments[0]))
