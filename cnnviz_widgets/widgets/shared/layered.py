"""What the views share in which a layer, a channel and a position are chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import traitlets as t

from ...network import Layer, Network
from ..selection import Selection
from .base import View
from .names import check_name
from .wire import layer_info


class LayeredView(View):
    """A view of one layer at a time.

    Attributes:
        layers: what there is to choose from, as the page's controls need it.
        layer: name of the chosen one.
        channel: number of the chosen channel.
        position: (row, column) of the chosen cell, or `None`. One outside of the layer means none.
    """

    layers = t.List().tag(sync=True, kernel_only=True)
    layer = t.Unicode("").tag(sync=True, echo_update=False)
    channel = t.Int(0).tag(sync=True, echo_update=False)
    position: Any = t.List(t.Int(min=0), None, allow_none=True, minlen=2, maxlen=2).tag(
        sync=True, echo_update=False
    )

    def _offer_layers(self, layers: Iterable[Layer]) -> None:
        self.layers = [layer_info(layer) for layer in layers]

    def _choose(
        self,
        selection: Selection | None,
        names: tuple[str, ...],
        layer: str | None,
        channel: int | None,
        later: tuple[str, ...] = (),
    ) -> None:
        """Take over what a selection holds, but first of all what was asked for."""
        if selection is not None:
            self._at_close.append(selection.join(self, names, later))
        if layer is not None:
            self.layer = layer
        if channel is not None:
            self.channel = channel

    def _info(self) -> dict[str, Any]:
        """Of the chosen layer."""
        return next(info for info in self.layers if info["name"] == self.layer)

    def _fitting(self, changes: dict[str, Any]) -> dict[str, Any]:
        return keep_inside(changes, "channel", self.layers, "channels")

    @t.validate("layer")
    def _check_layer(self, proposal: Any) -> str:
        names = [info["name"] for info in self.layers]
        return check_name("the name of a layer", proposal.value, names)

    @t.validate("channel")
    def _check_channel(self, proposal: Any) -> int:
        count = self._info()["channels"]
        if not 0 <= proposal.value < count:
            raise t.TraitError(
                f"expected a channel of {self.layer} from 0 to {count - 1}, got {proposal.value}."
            )
        return proposal.value

    @t.observe("layer")
    def _keep_channel_inside(self, _change: Any) -> None:
        self.channel = min(self.channel, self._info()["channels"] - 1)


def keep_inside(
    changes: dict[str, Any], name: str, layers: Sequence[Mapping[str, Any]], counted: str
) -> dict[str, Any]:
    """Changes in which a number that comes with a layer is one that the layer has.

    Args:
        changes: of traits, as they come from a page.
        name: of the number's trait.
        layers: what there is to choose from.
        counted: the key of a layer under which it says how many it has.
    """
    number, layer = changes.get(name), changes.get("layer")
    count = next((info[counted] for info in layers if info["name"] == layer), None)
    if count is None or not isinstance(number, int):
        return changes
    return changes | {name: min(number, count - 1)}


def convolutions(net: Network) -> list[str]:
    """The names of a network's convolutions; of all layers if it has none."""
    found = [layer.name for layer in net.layers if layer.kind == "conv"]
    return found or [layer.name for layer in net.layers]
