"""What an objective is made of when a step is compiled: layers, and a function of their values."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import jax
from jaxtyping import Array, Float

Values = Mapping[str, jax.Array]
Scores = Float[Array, " n"]
Score = Callable[..., Any]
Weighed = tuple[Any, Any]
"""An objective's weight and arguments: all of it that is traced."""

INPUT = "input picture"
"""Stands for the picture itself, before any transform, among the layers of an objective."""

OPACITY = "opacity"
"""Likewise for the picture's opacity, (N, H, W, 1); one everywhere if it has no transparency."""

OF_THE_PICTURE = frozenset([INPUT, OPACITY])


class Place(NamedTuple):
    """What of a layer an objective asks for, to be checked against the network.

    Attributes:
        layer: its name.
        channel: that there has to be.
        row: likewise; of a layer over a sequence the step, which has no column.
        column: likewise.
        width: how many channels the layer must have.
        extent: rows and columns that there have to be from `row` and `column` on.
    """

    layer: str
    channel: int | None = None
    row: int | None = None
    column: int | None = None
    width: int | None = None
    extent: tuple[int, int] = (1, 1)


class Form(NamedTuple):
    """What is fixed when an objective is compiled.

    Attributes:
        layers: whose values are needed; they come with channels last.
        score: from those values and the arguments to one number for each image, (N,).
        one_channel: whether `score` looks at nothing but channel `arguments[0]` of its one layer.
    """

    layers: tuple[str, ...]
    score: Score
    one_channel: bool = False

    def __call__(self, values: Values, weighed: Weighed) -> Any:
        """The weighted score of each image."""
        weight, arguments = weighed
        return weight * self.score({name: values[name] for name in self.layers}, arguments)

    def channels(self, weighed: Weighed) -> Iterator[tuple[str, Any]]:
        """Each layer with the channel that is looked at, or with `None` for the whole of it."""
        if isinstance(self.score, Composite):
            yield from self.score.channels(weighed[1])
        else:
            for name in self.layers:
                yield name, weighed[1][0] if self.one_channel else None


class Composite(ABC):
    """A score that is made of those of other forms, and passes their weights and arguments on."""

    @abstractmethod
    def __call__(self, values: Values, arguments: Any) -> Any:
        """The score of each image, (N,)."""

    @abstractmethod
    def channels(self, arguments: Any) -> Iterator[tuple[str, Any]]:
        """As `Form.channels`, for all parts."""
