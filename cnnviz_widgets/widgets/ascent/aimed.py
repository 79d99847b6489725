"""A view in which a person chooses what to climb."""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets as t

from ...methods import Objective
from .aim import ENDS, GRIDS, KINDS, Aim, as_goals, block, label
from .settings import ClimbingView


class AimedView(ClimbingView):
    """A view of something that is climbed.

    Attributes:
        classes: names of the network's classes.
        own: an objective that was given and that the other traits cannot say, in words.
        objective: one of `ascent_aim.KINDS`.
        target: the number of the class.
        end: of a channel or a unit.
        channels: how many neighbours are climbed together.
    """

    classes = t.List(t.Unicode()).tag(sync=True, kernel_only=True)
    own = t.Unicode("").tag(sync=True, kernel_only=True)
    objective = t.Enum(KINDS, "channel").tag(sync=True, echo_update=False)
    target = t.Int(0).tag(sync=True, echo_update=False)
    end = t.Enum(ENDS, "positive").tag(sync=True, echo_update=False)
    channels = t.Enum(GRIDS, 1).tag(sync=True, echo_update=False)

    _own: tuple[Objective, ...] = ()
    _number = 0  # tells objectives of the person's own apart

    def _aimed_at(self) -> Aim:
        """What the traits say is to be climbed."""
        kind = self.objective
        if kind == "own":
            return Aim(kind, number=self._number, own=self._own)
        if kind in ("class", "probability"):
            return Aim(kind, target=self.target)
        if kind == "layer":
            return Aim(kind, self.layer)
        cell = self._cell() if kind == "unit" else None
        count = self._info()["channels"]
        size = 1 if self.compare else int(self.channels or 1)
        together = block(self.channel, size, count)
        return Aim(kind, self.layer, together, cell, end=self.end)

    def _cell(self) -> tuple[int, int] | None:
        """Of a unit: the chosen one if the layer has it, else the middle."""
        rows, columns = self._info()["rows"], self._info()["cols"]
        if rows * columns == 1:
            return None
        place = self.position
        if place is None or place[0] >= rows or place[1] >= columns:
            return rows // 2, columns // 2
        return place[0], place[1]

    def _aim(self, goal: Any) -> None:
        """Set the traits to what was asked for; what they cannot say is the person's own."""
        named = isinstance(goal, str) and goal in self._network
        found = as_goals(self._network, goal)
        if isinstance(goal, (int, np.integer)) or (goal in self.classes and not named):
            self.objective, self.target = "class", *found[0].arguments
        elif isinstance(goal, str) and (named or _is_unit(found[0])):
            self._aim_at_unit(found[0])
        else:
            self._own, self._number = found, self._number + 1
            self.own, self.objective = label(found), "own"
            for place in found[0].places[:1]:  # so that the other views show it
                self.layer, self.channel = place.layer, place.channel or 0

    def _aim_at_unit(self, found: Objective) -> None:
        (self.layer,) = found.layers
        self.objective = ("layer", "channel", "unit", "unit")[len(found.arguments)]
        if found.weight < 0:
            self.end = "negative"
        if found.arguments:
            self.channel = found.arguments[0]
            place = list(found.arguments[1:])
            self.position = [0, *place][-2:] if place else self.position

    @t.validate("target")
    def _check_target(self, proposal: Any) -> int:
        if not 0 <= proposal.value < len(self.classes):
            raise t.TraitError(
                f"expected a class from 0 to {len(self.classes) - 1}, got {proposal.value}."
            )
        return proposal.value

    @t.validate("objective")
    def _check_objective(self, proposal: Any) -> str:
        if proposal.value == "own" and not self._own:
            raise t.TraitError("expected an objective that was given, got own, and none was.")
        return proposal.value


def _is_unit(goal: Objective) -> bool:
    """Whether it is a channel or a unit, or the negative end of one, and nothing more."""
    return goal.one_channel and goal.weight in (1.0, -1.0)
