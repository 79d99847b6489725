"""Whether a network has what an objective asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...network import InputError, Layer, UnknownTargetError
from .algebra import Objective


def check_units(found: Objective, layer_of: Callable[[str], Layer]) -> None:
    """Refuse an objective whose layers or channels the network does not have.

    Args:
        found: the objective.
        layer_of: gives a layer by its name, or raises UnknownLayerError.

    Raises:
        UnknownLayerError, UnknownTargetError: say what there is.
        InputError: if a direction has another length than the layer has channels.
    """
    for place in found.places:
        layer = layer_of(place.layer)
        if place.channel is not None:
            check_index(f"a channel of {layer.name}", place.channel, layer.channels)
        axes = sum(at is not None for at in (place.row, place.column))
        if axes and len(layer.spatial) != axes:
            lacks, given = (("steps", "@step"), ("rows and columns", "@row,column"))[axes - 1]
            mend = {1: "expected @step", 2: "expected @row,column"}
            raise UnknownTargetError(
                f"{layer.name!r} has no {lacks}; "
                f"{mend.get(len(layer.spatial), f'leave out {given}')}."
            )
        if place.width not in (None, layer.channels):
            raise InputError(
                f"expected a direction of {layer.channels} numbers, one for each channel of "
                f"{layer.name}, got {place.width}."
            )


def check_position(found: Objective, layer_of: Callable[[str], Layer]) -> None:
    """Refuse a unit that lies outside its layer at the size at hand.

    Raises:
        UnknownTargetError: says which rows and columns there are.
    """
    for place in found.places:
        given = [at for at in (place.row, place.column) if at is not None]
        if not given:
            continue
        layer = layer_of(place.layer)
        names = ("row", "column") if len(given) == 2 else ("step",)
        reaches = place.extent[: len(given)]
        for what, first, reach, axis in zip(names, given, reaches, layer.spatial, strict=True):
            check_index(f"a {what} of {layer.name}", first, layer.shape[axis])
            check_index(f"a {what} of {layer.name}", first + reach - 1, layer.shape[axis])


def check_index(what: str, given: int, count: int) -> None:
    """Refuse a number of something that there is not.

    Raises:
        UnknownTargetError: says what was expected.
    """
    if not 0 <= given < count:
        raise UnknownTargetError(f"expected {what} from 0 to {count - 1}, got {given}.")


def whole_numbers(**given: Any) -> None:
    """Refuse what is no whole number, by name.

    Raises:
        UnknownTargetError: names it.
    """
    for name, value in given.items():
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 0:
            raise UnknownTargetError(f"expected {name} as a whole number from 0, got {value!r}.")
