"""What a channel answers to, brought back to pixels: in one image, or in the best of many.

Both ways give the page the same thing, pairs of a patch and its reconstruction. A search among many
pictures streams: each frame holds the best so far. A reconstruction is signed, and is shown around
mid grey, each by its own largest magnitude.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import traitlets as t

from .. import methods, zoo
from ..methods import TopExamples, Unit
from ..network import InputError, Network
from .image_chooser import pictures_for
from .selection import Selection
from .shared.layered import convolutions
from .shared.picture import as_png, pairs_picture, to_pixels
from .shared.pictured import PicturedLayers
from .shared.running import Frame

MOST = 9
"""Units kept in one image, and patches found among many."""

SMALLEST = 96
"""Pixels on the shorter side of a piece of a photograph: smaller ones show hardly anything."""

Result = methods.Deconvolution | TopExamples


class Deconvolution(PicturedLayers):
    """Shows what fired a channel: patches of pictures beside their reconstructions.

    Set `image`, `layer`, `channel`, `position`, `strongest` or `show` to change what is shown.

    Attributes:
        strongest: how many units of the image are kept, 1 to 9; a `position` keeps that one.
        show: "image", or "top" for the nine patches of many pictures that fire the channel most.

    Args:
        net: the network.
        image: one image, HWC (or NHWC with N = 1), uint8 or float in [0, 1].
        layer: its name; the ReLU in the middle of those with rows and columns if left out.
        channel: its number; 0 if left out.
        strongest: 1 to 9.
        pictures: to search, as `methods.top_examples` takes them, but no iterator: each channel is
            searched anew. Bundled ones if left out.
        selection: to share image, layer, channel and position with other views.

    Raises:
        InputError: if the network cannot take the image, or the pictures can be used only once.
        traitlets.TraitError: if there is no such layer or channel, or `strongest` is out of range.

    Example:
        >>> cw.Deconvolution(cw.load("photos"), cw.image("cat"), layer="relu_3", strongest=9)
    """

    bundle = "deconvolution"

    strongest = t.Int(1, min=1, max=MOST).tag(sync=True, echo_update=False)
    show = t.Enum(["image", "top"], "image").tag(sync=True, echo_update=False)

    def __init__(
        self,
        net: Network,
        image: Any,
        *,
        layer: str | None = None,
        channel: int | None = None,
        strongest: int = 1,
        pictures: Any = None,
        selection: Selection | None = None,
    ) -> None:
        if isinstance(pictures, Iterator):
            raise InputError(
                "expected pictures that can be gone through again for another channel, got an "
                "iterator. Pass list(pictures)."
            )
        self._pictures = pictures
        self._images = 0  # how many there have been; numbers the one at hand
        self._known = -1  # the one that the page has
        self._result: Result | None = None
        super().__init__(net)
        with self._building():
            self._offer_layers(net.layers)
            self.strongest = strongest
            self.layer = _middle_relu(net)
            self._choose(selection, ("layer", "channel", "position", "image"), layer, channel)
            self.image = image
        self._asked: tuple[Any, ...] = ()  # what the newest job answers
        self.observe(self._new_image, "image")
        self.observe(self._look, ["layer", "channel", "position", "strongest", "show"])
        self._look()

    @property
    def result(self) -> Result | None:
        """What is shown, as the methods give it; `None` until there is something."""
        return self._result

    def _new_image(self, _change: Any) -> None:
        self._images += 1
        self._look()

    def _look(self, _change: Any = None) -> None:
        unit = self.layer, self.channel
        kept = self._images, self._unit_inside(), self.strongest
        asked = ("top", *unit) if self.show == "top" else ("image", *unit, *kept)
        if asked == self._asked and self.state != "error":
            return
        self._asked = asked
        image, (number, position, strongest) = self.image, kept
        if self.show == "top":
            self._runner.start(lambda: self._search(image, number, *unit), stream=True)
        else:
            self._runner.start(
                lambda: self._bring_back(image, number, *unit, position, strongest), stream=False
            )

    def _unit_inside(self) -> tuple[int, int] | None:
        """The chosen position, if the layer has it."""
        info, at = self._info(), self.position
        if at is None or at[0] >= info["rows"] or at[1] >= info["cols"]:
            return None
        return at[0], at[1]

    def _bring_back(
        self,
        image: Any,
        number: int,
        layer: str,
        channel: int,
        position: tuple[int, int] | None,
        strongest: int,
    ) -> Iterator[Frame]:
        self._know(image, number)
        found = methods.deconvolution(
            self._network,
            image,
            layer=layer,
            channel=channel,
            position=position,
            strongest=1 if position else strongest,
        )
        self._result = found
        whole = found.values[0]
        yield {
            **_pairs([(unit, found.separate[0, k]) for k, unit in enumerate(found.units[0])]),
            "show": "image",
            "layer": layer,
            "channel": channel,
            "whole": around_grey(whole).tobytes(),
            "pinned": position is not None,
            "notes": list(found.notes),
        }

    def _search(self, image: Any, number: int, layer: str, channel: int) -> Iterator[Frame]:
        self._know(image, number)
        pictures = bundled_pictures(self._network) if self._pictures is None else self._pictures
        for found in methods.top_example_frames(
            self._network, pictures, layer=layer, channel=channel, count=MOST
        ):
            self._result = found
            yield {
                **_pairs([(each.unit, each.reconstruction) for each in found.examples]),
                "show": "top",
                "layer": layer,
                "channel": channel,
                "pictures": [each.picture for each in found.examples],
                "searched": found.searched,
                "progress": found.progress,
                "notes": list(found.notes),
            }

    def _know(self, image: Any, number: int) -> None:
        if number != self._known:
            self._show_input(image)
            self._known = number

    def _still(self) -> bytes | None:
        found = self._result
        if isinstance(found, TopExamples):
            kept = [(each.unit, each.reconstruction) for each in found.examples]
        elif found is not None:
            kept = list(zip(found.units[0], found.separate[0], strict=True))
        else:
            return None
        pairs = [
            (to_pixels(unit.patch), around_grey(values[unit.box.slices])) for unit, values in kept
        ]
        return as_png(pairs_picture(pairs)) if pairs else None


def around_grey(values: np.ndarray) -> np.ndarray:
    """Signed values as uint8 RGB (H, W, 3): zero is mid grey, the largest magnitude an end."""
    known = np.nan_to_num(values, posinf=0, neginf=0)
    largest = float(np.abs(known).max(initial=0))
    return to_pixels(0.5 + known / (2 * largest) if largest else np.full_like(known, 0.5))


def bundled_pictures(net: Network) -> list[np.ndarray]:
    """Pieces of bundled pictures that suit a network: of photographs, or single digits.

    Raises:
        InputError: if there are none for such a network.
    """
    names = pictures_for(net)
    if not names:
        raise InputError(
            "expected pictures to search: no bundled ones suit a network that takes "
            f"{net.input_shape}. Pass Deconvolution(..., pictures=...)."
        )
    photographs = [name for name in names if name in zoo.PHOTOGRAPHS]
    if photographs:
        sides = net.input_shape[:2]
        scale = max(1.0, SMALLEST / min(sides))
        cut = zoo.pieces(photographs, *(round(scale * side) for side in sides))
    else:
        cut = zoo.pieces(["digits"], zoo.DIGIT_SIDE, zoo.DIGIT_SIDE)
    return [net.fit(piece) for piece in cut]


def _pairs(kept: Iterable[tuple[Unit, np.ndarray]]) -> Frame:
    """Units with their reconstructions, as the page takes them: pixels one after the other."""
    patches, reconstructions, units = [], [], []
    for unit, values in kept:
        patches.append(to_pixels(unit.patch).tobytes())
        reconstructions.append(around_grey(values[unit.box.slices]).tobytes())
        units.append(
            {
                "row": unit.row,
                "column": unit.column,
                "activation": float(np.nan_to_num(unit.activation)),  # JSON has no NaN
                "box": list(unit.box),
            }
        )
    return {
        "units": units,
        "patches": b"".join(patches),
        "reconstructions": b"".join(reconstructions),
    }


def _middle_relu(net: Network) -> str:
    """A layer that sees more than an edge and less than everything."""
    found = [
        layer.name for layer in net.layers if layer.operation == "relu" and len(layer.spatial) == 2
    ]
    return found[len(found) // 2] if found else convolutions(net)[0]
