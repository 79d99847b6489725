"""Patches of real pictures that fire a unit most, and least, found picture by picture.

Beside the picture that was painted they show what of it the unit meets in the world.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PIL import Image

from ...methods import Example, Objective, real_examples
from ...network import Network
from ..shared.picture import to_pixels
from ..shared.running import Frame

COUNT = 6
"""Patches of either end."""

PATCH_SIDE = 64
"""Pixels on the longer side of a patch as the page gets it."""


@dataclass(frozen=True)
class Found:
    """What a search has found so far.

    Attributes:
        unit: "layer:channel".
        label: what was climbed, in words.
        searched: how many pictures.
        most: the patches that fire the unit most, the strongest first.
        least: those that fire it least, the weakest first.
        over: whether the search is over.
    """

    unit: str
    label: str
    searched: int = 0
    most: tuple[Example, ...] = ()
    least: tuple[Example, ...] = ()
    over: bool = False

    def frame(self) -> Frame:
        """As the page takes it: patches of uint8 RGB, one after the other."""
        pixels = [_patch(each) for each in (*self.most, *self.least)]
        entries = [
            {
                "value": float(np.nan_to_num(each.value)),  # JSON has no NaN
                "image": each.image,
                "width": patch.shape[1],
                "height": patch.shape[0],
            }
            for each, patch in zip((*self.most, *self.least), pixels, strict=True)
        ]
        return {
            "unit": self.unit,
            "label": self.label,
            "searched": self.searched,
            "over": self.over,
            "most": entries[: len(self.most)],
            "least": entries[len(self.most) :],
            "pixels": b"".join(each.tobytes() for each in pixels),
        }

    def silent(self) -> bool:
        """Whether nothing in any picture makes a difference to the unit."""
        return self.over and bool(self.most) and self.most[0].value == self.least[0].value


def unit_of(net: Network, goal: Objective) -> str | None:
    """The channel that an objective is about, as `real_examples` takes it, if it is one."""
    layers = goal.taps
    first = goal.arguments[0] if goal.arguments else None
    if len(layers) != 1 or not isinstance(first, (int, np.integer)):
        return None
    if not goal.one_channel and layers[0] != net.logits.name:
        return None
    return f"{layers[0]}:{int(first)}"


def search(net: Network, pictures: Iterable[Any], unit: str, label: str) -> Iterator[Found]:
    """Look through pictures, one a turn.

    Args:
        net: the network.
        pictures: as `methods.real_examples` takes them.
        unit: "layer:channel".
        label: what was climbed, in words.
    """
    found = Found(unit, label)
    for number, picture in enumerate(pictures):
        (most,) = real_examples(net, [picture], unit=unit, count=1)
        (least,) = real_examples(net, [picture], unit=unit, count=1, least=True)
        found = replace(
            found,
            searched=number + 1,
            most=_best((*found.most, replace(most, image=number)), -1.0),
            least=_best((*found.least, replace(least, image=number)), 1.0),
        )
        yield found
    yield replace(found, over=True)


def _best(examples: Iterable[Example], sign: float) -> tuple[Example, ...]:
    return tuple(sorted(examples, key=lambda each: sign * each.value)[:COUNT])


def _patch(example: Example) -> np.ndarray:
    image = Image.fromarray(to_pixels(example.patch))
    image.thumbnail((PATCH_SIDE, PATCH_SIDE), Image.Resampling.BOX)
    return np.asarray(image)
