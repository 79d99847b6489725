"""The layers of a network, in order and nested, to choose one of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import traitlets as t

from ..network import Layer, Network
from .selection import Selection
from .shared.base import View
from .shared.names import check_name
from .shared.picture import as_png, lines_picture


class LayerList(View):
    """Lists the layers of a network with their kind, shape, parameters and FLOPs.

    Attributes:
        layers: what is listed; blocks come before the layers in them.
        layer: name of the chosen one, or "".

    Args:
        net: the network.
        layer: its name.
        selection: to share the layer with other views.

    Raises:
        traitlets.TraitError: if there is no such layer.

    Example:
        >>> cw.widgets.LayerList(cw.load("digits"))
    """

    bundle = "layer-list"

    layers = t.List().tag(sync=True, kernel_only=True)
    layer = t.Unicode("").tag(sync=True, echo_update=False)

    def __init__(
        self, net: Network, *, layer: str | None = None, selection: Selection | None = None
    ) -> None:
        super().__init__()
        with self._building():
            self.layers = [_as_entry(layer, depth) for layer, depth in _nested(net)]
            if selection is not None:
                self._at_close.append(selection.join(self, ["layer"]))
            if layer is not None:
                self.layer = layer

    @t.validate("layer")
    def _check_layer(self, proposal: Any) -> str:
        names = ["", *(entry["name"] for entry in self.layers)]
        return check_name("the name of a layer", proposal.value, names)

    def _still(self) -> bytes:
        return as_png(lines_picture([_as_line(entry) for entry in self.layers]))


def _nested(net: Network) -> Iterator[tuple[Layer, int]]:
    """Blocks and layers in the order of execution, each with how deep it is."""
    listed: set[str] = set()
    for layer in net.layers:
        around = [block for block in net.blocks if layer in block.parts]
        for depth, block in enumerate(around):
            if block.name not in listed:
                listed.add(block.name)
                yield block, depth
        yield layer, len(around)


def _as_entry(layer: Layer, depth: int) -> dict[str, Any]:
    return {
        "name": layer.name,
        "kind": layer.kind,
        "shape": list(layer.shape),
        "parameters": layer.parameters,
        "flops": layer.flops,
        "depth": depth,
    }


def _as_line(entry: dict[str, Any]) -> str:
    shape = " x ".join(str(size) for size in entry["shape"])
    parameters = f", {entry['parameters']:,} parameters" if entry["parameters"] else ""
    return f"{'    ' * entry['depth']}{entry['name']}: {entry['kind']}, {shape}{parameters}"
