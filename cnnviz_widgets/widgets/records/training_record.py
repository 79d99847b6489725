"""What is kept of a training: every number that was told, and some of the networks on the way."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np

from ...live import History
from ...methods.statistics.event_files import Scalars
from ...methods.statistics.training_look import LayerFigures, UnitLook
from ...network import Network

MEMORY = 256e6
"""Bytes of weights that are kept; when it is a long training, every n-th one."""

MOST_KEPT = 200
MOST_POINTS = 400
"""Points of a curve on the page; where it has more, each is the mean of some."""


@dataclass
class Moment:
    """The network after a step.

    Attributes:
        step: its number; 0 is before the first one.
        weights: by name.
        figures: of its layers.
        filters: the first convolution's name and filters, if there is one.
        looks: what units had come to, by layer and channel, as far as someone has looked.
    """

    step: int
    weights: Mapping[str, np.ndarray]
    figures: tuple[LayerFigures, ...]
    filters: tuple[str, np.ndarray] | None
    looks: dict[tuple[str, int], UnitLook] = field(default_factory=dict)


class TrainingRecord:
    """The past of one training.

    Args:
        net: the network that it began with.
    """

    def __init__(self, net: Network) -> None:
        size = sum(np.asarray(weight).nbytes for weight in net.weights.values())
        self.moments: History[Moment] = History(int(np.clip(MEMORY // size, 2, MOST_KEPT)))
        self.step = 0
        self._waiting: list[tuple[int, str, Any]] = []  # may still be at work on the device
        self._steps: dict[str, array[int]] = {}
        self._values: dict[str, array[float]] = {}

    def note(self, step: int, scalars: Mapping[str, Any]) -> None:
        """Take note of numbers, which may be arrays that are not computed yet."""
        self.step = step
        self._waiting += [(step, name, value) for name, value in scalars.items()]

    def wait(self, until: int) -> None:
        """Wait until the device has computed the numbers of the steps up to `until`."""
        jax.block_until_ready([value for step, _, value in self._waiting if step <= until])

    def settle(self, until: int | None = None) -> list[tuple[int, str, float]]:
        """Read the numbers of the steps up to `until`, or all; waits for them.

        Returns:
            What is new: steps, names and values.
        """
        ready = [one for one in self._waiting if until is None or one[0] <= until]
        self._waiting = self._waiting[len(ready) :]
        found = [(step, name, float(np.asarray(value).mean())) for step, name, value in ready]
        for step, name, value in found:
            self._steps.setdefault(name, array("q")).append(step)
            self._values.setdefault(name, array("d")).append(value)
        return found

    def scalars(self) -> dict[str, Scalars]:
        """All numbers that are settled, by name."""
        return {
            name: Scalars(np.array(self._steps[name], np.int64), np.array(values, np.float64))
            for name, values in list(self._values.items())
        }


def thinned(curve: Scalars, most: int = MOST_POINTS) -> Scalars:
    """A curve of at most so many points, each the mean of its neighbours."""
    count = len(curve.steps)
    if count <= most:
        return curve
    starts = np.unique(np.linspace(0, count, most, endpoint=False).astype(int))
    sizes = np.diff([*starts, count])
    ends = np.asarray(curve.steps)[np.append(starts[1:], count) - 1]
    return Scalars(ends, np.add.reduceat(curve.values, starts) / sizes)


def copied(weights: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Weights in the machine's own memory, whatever becomes of the arrays on the device."""
    return {name: np.asarray(weight) for name, weight in weights.items()}
