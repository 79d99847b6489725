"""How one number comes about: the window, the kernel, the products and their sum, step by step.

The network runs once for an image. When the pointer comes to a map, the page is sent what all
places of the channel are made of, and follows the pointer by itself. Where that is too much to
send, or differs from place to place, an answer is read from what the pass left, in a few
milliseconds. Playing moves the window on by itself.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import traitlets as t

from .. import zoo
from ..methods import ValueExplained, ValueExplainer
from ..network import InputError, Network
from .image_chooser import pictures_for
from .records.operation_field import LIMIT, FieldTelling
from .records.operation_told import opened, rivals, seen_map, told
from .selection import Selection
from .shared.layered import convolutions
from .shared.locked import LOCK
from .shared.picture import as_png, operation_picture
from .shared.pictured import PicturedLayers
from .shared.played import Played
from .shared.running import Frame
from .shared.wire import pack, text, whole

PACE = 0.4
"""Seconds that the window rests at each place while it plays."""

Place = tuple[int, int]


class Operation(Played, PicturedLayers):
    """Shows how one activation is computed, with the real numbers.

    Set `image`, `layer`, `channel`, `position` or `source` to change what is shown.

    Attributes:
        source: number of the input channel that is told in full; `None` for the strongest.

    Args:
        net: the network.
        image: one image, HWC (or NHWC with N = 1), uint8 or float in [0, 1]. If left out, that of
            the selection, or a bundled one that suits the network.
        layer: its name; the first convolution if left out.
        channel: its number; 0 if left out.
        position: (row, column); where the channel is strongest if left out.
        selection: to share image, layer, channel and position with other views.

    Raises:
        InputError: if the network cannot take the image, or none is given and none suits.
        traitlets.TraitError: if there is no such layer or channel.

    Example:
        >>> view = cw.Operation(cw.load("digits"), cw.image("digit-3"), layer="conv2", channel=3)
        >>> view.play()
    """

    bundle = "operation"

    source = t.Int(None, allow_none=True, min=0).tag(sync=True, echo_update=False)

    def __init__(
        self,
        net: Network,
        image: Any = None,
        *,
        layer: str | None = None,
        channel: int | None = None,
        position: Sequence[int] | None = None,
        selection: Selection | None = None,
    ) -> None:
        self._images = 0  # how many there have been; numbers the one at hand
        self._explainer: tuple[int, ValueExplainer] | None = None  # and the image that it is of
        self._result: ValueExplained | None = None
        self._asked: tuple[Any, ...] = ()  # what the newest answer is of
        super().__init__(net)
        self._handlers["look"] = self._look_there
        self._handlers["field"] = self._send_field
        with self._building():
            self._offer_layers(net.layers)
            self.layer = convolutions(net)[0]
            self._choose(selection, ("layer", "channel", "position", "image"), layer, channel)
            if position is not None:
                self.position = list(position)
            if image is not None:
                self.image = image
            elif self.image is None:
                self.image = _bundled(net)
        self.observe(self._new_image, "image")
        self.observe(self._new_source, ["layer"])
        self.observe(self._look, ["layer", "channel", "position", "source"])
        self._look()

    @property
    def result(self) -> ValueExplained | None:
        """What is chosen, as the method gives it; `None` until there is something.

        What the pointer passes over on the page is not told here.
        """
        return self._result

    def restart(self) -> None:
        """Move the window on from the first place of the map."""
        self.position = [0, 0]
        self._begin()

    def _goal(self) -> Hashable:
        return self._images, self.layer, self.channel

    def _start(self, *, step: bool) -> None:
        """Move the window on, place by place, to the end of the map; or by one place."""
        image, wanted = self.image, self._wanted()
        self._runner.start(lambda: self._walk(image, *wanted), stream=True, step=step, pace=PACE)

    def _new_image(self, _change: Any) -> None:
        self._images += 1
        self._look()

    def _new_source(self, _change: Any) -> None:
        self.source = None

    def _wanted(self) -> tuple[Any, ...]:
        return self._images, self.layer, self.channel, self._cell(), self.source

    def _cell(self) -> Place | None:
        """The chosen position, if the layer has it."""
        info, at = self._info(), self.position
        if at is None or at[0] >= info["rows"] or at[1] >= info["cols"]:
            return None
        return at[0], at[1]

    def _look(self, _change: Any = None) -> None:
        self._answer_to(self._wanted())

    def _look_there(self, content: Mapping[str, Any], _buffers: Sequence[Any]) -> None:
        """Show another place while the pointer is on it; without one, the chosen place again."""
        if self._goal_of_run is not None and self.state == "running":
            return
        wanted = self._wanted()
        if "row" in content:
            info = self._info()
            row = whole(content, "row", high=info["rows"] - 1)
            column = whole(content, "column", high=info["cols"] - 1)
            wanted = (*wanted[:3], (row, column), self.source)
        self._follow(wanted)

    def _send_field(self, content: Mapping[str, Any], _buffers: Sequence[Any]) -> None:
        """Let the page have what all places of the channel at hand are made of.

        Before the network ran there is nothing to send: the page asks again with the next frame.
        """
        have = text(content, "have")
        known, found = self._explainer, self._result
        if known is None or found is None or known[0] != self._images:
            self.send({"type": "field", "steps": None, "later": True})
            return
        field = None if rivals(self._network, known[1], found) else known[1].field(found)
        of = {"type": "field", "image": known[0], "layer": found.layer, "channel": found.channel}
        if field is None or field.size > LIMIT:
            self.send({**of, "steps": None})
            return
        classes = tuple(map(str, self._network.classes or ()))
        message, buffers = pack(FieldTelling(field, classes).message(have))
        self.send({**message, **of}, buffers)

    def _follow(self, wanted: tuple[Any, ...]) -> None:
        """Answer the pointer right here: a few milliseconds of arithmetic, if the network ran.

        The way through the worker takes longer than that, and with "running" and "done" it is
        three messages where one will do.
        """
        known = self._explainer
        if self.state != "done" or known is None or known[0] != wanted[0]:
            self._answer_to(wanted)
        elif wanted != self._asked:
            self._asked = wanted
            self._goal_of_run = None  # whoever looks elsewhere ends the walk
            self._runner.answer(self._frame(known[1], *wanted))

    def _answer_to(self, wanted: tuple[Any, ...]) -> None:
        if wanted == self._asked and self.state != "error":
            return
        self._asked = wanted
        self._goal_of_run = None  # whoever looks elsewhere ends the walk
        image = self.image
        self._runner.start(lambda: self._answer(image, *wanted), stream=False)

    def _answer(
        self,
        image: Any,
        images: int,
        layer: str,
        channel: int,
        cell: Place | None,
        source: int | None,
    ) -> Iterator[Frame]:
        explainer = self._explainer_of(image, images)
        yield self._frame(explainer, images, layer, channel, cell, source)

    def _walk(
        self,
        image: Any,
        images: int,
        layer: str,
        channel: int,
        cell: Place | None,
        source: int | None,
    ) -> Iterator[Frame]:
        """The places after a position, row by row; from the first one where it was the last."""
        explainer = self._explainer_of(image, images)
        first = explainer(layer=layer, channel=channel, position=cell)
        rows, columns = explainer.channel_map(layer, channel).shape
        source = opened(first, source)  # does not jump on the way
        start = first.position[0] * columns + first.position[1] + 1
        for at in range(start % (rows * columns), rows * columns):
            place = divmod(at, columns)
            frame = self._frame(explainer, images, layer, channel, place, source)
            self._move(images, layer, channel, place)
            yield {**frame, "walking": True}

    def _move(self, images: int, layer: str, channel: int, place: Place) -> None:
        """Let others follow the window, unless something else was chosen meanwhile."""
        with LOCK:
            if self._goal_of_run == self._goal() == (images, layer, channel):
                self._asked = (images, layer, channel, place, self.source)
                self.position = list(place)

    def _explainer_of(self, image: Any, images: int) -> ValueExplainer:
        if self._explainer is None or self._explainer[0] != images:
            explainer = ValueExplainer(self._network, image)
            self._show_input(image)
            self._explainer = images, explainer
        return self._explainer[1]

    def _frame(
        self,
        explainer: ValueExplainer,
        images: int,
        layer: str,
        channel: int,
        cell: Place | None,
        source: int | None,
    ) -> Frame:
        found = explainer(layer=layer, channel=channel, position=cell)
        self._result = found
        return {"image": images, **told(self._network, explainer, found, source)}

    def _still(self) -> bytes | None:
        found = self._result
        if found is None or self._explainer is None:
            return None
        explainer = self._explainer[1]
        maps = []
        seen = seen_map(explainer, found, self.source)
        if seen is not None:
            (first, last), (left, right) = ((min(each), max(each) + 1) for each in seen.places)
            maps.append((seen.values, (first, left, last, right)))
        row, column = found.position
        output = explainer.channel_map(found.layer, found.channel)
        if output.size > 1:
            maps.append((output, (row, column, row + 1, column + 1)))
        lines = [f"{found.layer}:{found.channel} at ({row}, {column}) is {found.value:.3g}"]
        for step in (*found.steps, *found.then):
            lines.append(f"{step.name}: {step.operation} gives {step.result:.3g}")
        return as_png(operation_picture(maps, lines))


def _bundled(net: Network) -> Any:
    """A bundled picture that suits a network."""
    names = pictures_for(net)
    if not names:
        raise InputError(
            "expected an image: no bundled one suits a network that takes "
            f"{net.input_shape}. Pass Operation(net, image)."
        )
    return net.fit(zoo.image(names[0]))
