"""What an ascent view is to climb: from a text, a number or an objective, and back to one.

An aim is compared when a control moves: only another one begins a new run. So it holds only what
counts for its kind, and an objective of the person's own is compared by its number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...methods import Objective, class_probability, objective
from ...network import Network

KINDS = ("channel", "unit", "layer", "class", "probability", "own")
ENDS = ("positive", "negative", "both")
GRIDS = (1, 4, 9)
"""How many channels are climbed at once."""

Goal = Objective | str | int


@dataclass(frozen=True)
class Aim:
    """One thing to climb, or several with a picture for each.

    Attributes:
        kind: one of `KINDS`.
        layer: of a channel, a unit or a layer.
        channels: those to climb.
        cell: row and column of a unit.
        target: number of a class.
        end: of a channel or a unit, "positive", "negative", or "both" with a picture for each.
        number: tells objectives of the person's own apart.
        own: those objectives.
    """

    kind: str
    layer: str = ""
    channels: tuple[int, ...] = ()
    cell: tuple[int, int] | None = None
    target: int = 0
    end: str = "positive"
    number: int = 0
    own: tuple[Objective, ...] = field(default=(), compare=False)

    def goals(self, net: Network) -> list[Objective]:
        """The objectives, one for each picture."""
        if self.kind == "own":
            return list(self.own)
        if self.kind == "layer":
            return [objective(net, self.layer)]
        if self.kind == "class":
            return [objective(net, self.target)]
        if self.kind == "probability":
            return [class_probability(net, self.target)]
        at = ""
        if self.cell is not None:  # a layer over a sequence is one row of steps
            row, column = self.cell
            at = f"@{column}" if len(net[self.layer].spatial) == 1 else f"@{row},{column}"
        found = [objective(net, f"{self.layer}:{channel}{at}") for channel in self.channels]
        if self.end == "both":
            return [end for each in found for end in (each, -each)]
        return found if self.end == "positive" else [-each for each in found]


@dataclass(frozen=True)
class Tile:
    """One picture of a run.

    Attributes:
        label: what it climbs, in words.
        layer: of the channel that it climbs, if it is one.
        channel: likewise.
    """

    label: str
    layer: str | None = None
    channel: int | None = None


def tiles(goals: Sequence[Objective], count: int, presets: Sequence[str] = ()) -> tuple[Tile, ...]:
    """A run's pictures; several of one objective are told apart by number, or by their presets.

    Args:
        goals: the objectives of one preset.
        count: of pictures.
        presets: of the run; if they are several, the pictures of the first one come first.
    """
    if len(presets) > 1:
        own = tiles(goals, count // len(presets))
        return tuple(
            replace(tile, label=f"{tile.label}, {preset}") for preset in presets for tile in own
        )
    if len(goals) < count:
        return tuple(Tile(f"{goals[0].label}, {number + 1}") for number in range(count))
    return tuple(_tile(goal) for goal in goals)


def _tile(goal: Objective) -> Tile:
    place = goal.places[0] if len(goal.places) == 1 and goal.one_channel else None
    if place is None or place.channel is None:
        return Tile(goal.label)
    return Tile(goal.label, place.layer, int(place.channel))


def label(goals: Sequence[Objective]) -> str:
    """What is climbed, in words."""
    if len(goals) == 1:
        return goals[0].label
    names = [_tile(goal) for goal in goals]
    layers = {tile.layer for tile in names}
    shared = next(iter(layers)) if len(layers) == 1 else None
    if shared is None:
        return ", ".join(tile.label for tile in names)
    numbers = list(dict.fromkeys(str(tile.channel) for tile in names))
    ends = ", both ends" if len({goal.weight > 0 for goal in goals}) > 1 else ""
    if len(numbers) > 4:
        return f"{shared}:{numbers[0]}…{numbers[-1]}{ends}"
    return f"{shared}:" + ", ".join(numbers) + ends


def as_goals(net: Network, given: Any) -> tuple[Objective, ...]:
    """What was given as an argument, as objectives.

    Raises:
        UnknownLayerError, UnknownTargetError: if there is no such objective.
    """
    single = isinstance(given, (Objective, str, int, np.integer))
    listed: Sequence[Any] = [given] if single else given
    return tuple(objective(net, each) for each in listed)


def block(channel: int, size: int, count: int) -> tuple[int, ...]:
    """The channels that are climbed together with one, so that all of them give the same ones."""
    first = channel // size * size
    return tuple(range(first, min(first + size, count)))
