"""What all layers do over many images: distributions that fill while one looks.

The images go by in batches, and every batch gives a frame of all that is known so far. A change of
layer or channel needs no new look at them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import traitlets as t

from ..methods.in_batches import as_examples
from ..methods.statistics.activation_statistics import (
    ActivationStatistics,
    LayerStatistics,
    activation_statistics_frames,
)
from ..network import InputError, Network
from .records.activations_frame import statistics_frame
from .selection import Selection
from .shared.layered import LayeredView
from .shared.picture import as_png
from .shared.played import Played
from .shared.running import Frame
from .stills.activations import activations_picture

ORDERS = ("index", "dead", "always", "mean", "spread", "zeros")


class Activations(Played, LayeredView):
    """Shows how the values of every layer are distributed over many images.

    A row for each layer: a histogram, the share of zeros, of saturated values, and of channels that
    are dead or always on. For the chosen layer all channels: where their values lie, mean and
    spread, in an order to choose. A click on a channel chooses it everywhere.

    Attributes:
        order: of the channels: "index", "dead" first, "always" on first, or by "mean", "spread" or
            share of "zeros", the largest first.

    Args:
        net: the network.
        images: HWC or NHWC, uint8 or float in [0, 1], or what else the network takes; a list of
            them will do. Some dozens at least: with fewer than twenty, nothing is called dead.
        layer: its name; the first activation function if left out.
        channel: its number; 0 if left out.
        rate: frames a second where the page cannot acknowledge them: in Colab and for `run`.
        selection: to share layer and channel with other views.

    Raises:
        InputError: if the network cannot take the images.
        traitlets.TraitError: if there is no such layer or channel.

    Example:
        >>> cw.Activations(net, images)
    """

    bundle = "activations"

    order = t.Enum(ORDERS, "index").tag(sync=True, echo_update=False)

    def __init__(
        self,
        net: Network,
        images: Any,
        *,
        layer: str | None = None,
        channel: int | None = None,
        rate: float = 4.0,
        selection: Selection | None = None,
    ) -> None:
        self._network = net
        self._images = as_examples(net, images)
        self._found: ActivationStatistics | None = None
        self._told: frozenset[str] = frozenset()
        super().__init__(rate=rate)
        with self._building():
            layers = net.at((1, *self._images.shape[1:])).layout.layers
            self._offer_layers(layers)
            self.layer = next(
                (each.name for each in layers if each.kind == "activation"), layers[0].name
            )
            self._choose(selection, ("layer", "channel"), layer, channel, ("channel",))
        self.observe(self._tell_layer, "layer")
        self.play()

    @property
    def statistics(self) -> ActivationStatistics | None:
        """The figures so far, as the method gives them; `None` before the first batch."""
        return self._found

    def __getitem__(self, layer: str) -> LayerStatistics:
        """The figures of a layer.

        Raises:
            InputError: if there are none yet, or not of such a layer.
        """
        for each in () if self._found is None else self._found.layers:
            if each.layer == layer:
                return each
        raise InputError(f"expected a layer with figures, got {layer!r}. view.wait() waits.")

    def _goal(self) -> Hashable:
        return "all"

    def _start(self, *, step: bool) -> None:
        self._runner.start(self._look, stream=True, step=step)

    def _look(self) -> Iterator[Frame]:
        for found in activation_statistics_frames(self._network, self._images, self._offered()):
            self._found = found
            yield self._frame(found)

    def _offered(self) -> list[str]:
        return [info["name"] for info in self.layers]

    def _frame(self, found: ActivationStatistics) -> Frame:
        frame = statistics_frame(found, self.layer)
        self._told = frozenset(row["layer"] for row in frame["layers"] if row["told"])
        return frame

    def _tell_layer(self, _change: Any) -> None:
        """Tell of a layer that was too large to be told of with all others."""
        found = self._found
        if found is None or self.layer in self._told or self.state in ("running", "paused"):
            return
        self._goal_of_run = None
        self._runner.start(lambda: iter([self._frame(found)]), stream=False)

    def _still(self) -> bytes | None:
        found = self._found
        return None if found is None else as_png(activations_picture(found.layers))
