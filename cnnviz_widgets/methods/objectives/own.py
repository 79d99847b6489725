"""An objective of one's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .algebra import Objective
from .form import OF_THE_PICTURE, Place, Values


def of_taps(
    layers: str | Iterable[str],
    function: Callable[..., Any],
    *arguments: Any,
    label: str | None = None,
) -> Objective:
    """Your own objective, as a function of the values of layers.

    Args:
        layers: names of those that the function needs; `INPUT` stands for the picture.
        function: `function(values, *arguments)` from a mapping of name to (N, H, W, C) or (N, C),
            to one number for each image, (N,). What it does is compiled once for each function.
        arguments: numbers or arrays; others compile nothing.
        label: for people; the function's name if left out.

    Example:
        >>> bright = of_taps("conv3", lambda taps: taps["conv3"].max((1, 2, 3)))
    """
    names = (layers,) if isinstance(layers, str) else tuple(layers)
    found = tuple(Place(name) for name in names if name not in OF_THE_PICTURE)
    words = getattr(function, "__name__", "own") if label is None else label
    return Objective(words, names, _Own(function), tuple(arguments), places=found)


@dataclass(frozen=True)
class _Own:
    function: Callable[..., Any]

    def __call__(self, values: Values, arguments: Any) -> Any:
        return self.function(values, *arguments)
