"""The layers of a network as a graph that folds, with what each makes of an image.

The graph is sent once and the page lays it out, so that folding, searching, colours and zoom need
no kernel. One pass of the network gives the thumbnails and statistics of all layers, in one frame.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import traitlets as t
from PIL import Image

from ..methods import Thumbnails, thumbnails
from ..network import LayerGraph, Network, layer_graph
from .selection import Selection
from .shared.locked import LOCK
from .shared.names import check_name
from .shared.picture import as_png, to_pixels
from .shared.pictured import PicturedView
from .shared.running import Frame
from .shared.wire import floats, integers
from .stills.architecture import graph_picture

SHOWN = 16
"""Layers and blocks at most that are shown at first, if folding them helps."""

INPUT_SIDE = 56
COLORS = ("kind", "parameters", "flops", "mean", "spread", "zeros")


class Architecture(PicturedView):
    """Shows the layers of a network, what flows between them, and what is in them.

    Set `image`, `layer`, `unfolded` or `color` to change what is shown.

    Attributes:
        graph: what the page draws; see `cnnviz_widgets.network.layer_graph`.
        layer: name of the chosen one, or "".
        unfolded: names of the blocks whose layers are seen.
        color: what colours tell: kind, parameters, flops, or mean, spread or zeros (the share of
            values that are 0) of the activations for the image.

    Args:
        net: the network.
        image: one image, HWC (or NHWC with N = 1), uint8 or float in [0, 1]. Without one there are
            neither thumbnails nor statistics.
        layer: its name.
        selection: to share image and layer with other views.

    Raises:
        InputError: if the network cannot take the image.
        traitlets.TraitError: if there is no such layer.

    Example:
        >>> cw.Architecture(cw.load("photos"), cw.image("cat"))
    """

    bundle = "architecture"
    patience = 0.0  # the graph is there before the first pass is

    graph = t.Dict().tag(sync=True, kernel_only=True)
    layer = t.Unicode("").tag(sync=True, echo_update=False)
    unfolded = t.List(t.Unicode()).tag(sync=True, echo_update=False)
    color = t.Enum(COLORS, "kind").tag(sync=True, echo_update=False)

    def __init__(
        self,
        net: Network,
        image: Any = None,
        *,
        layer: str | None = None,
        selection: Selection | None = None,
    ) -> None:
        self._network = net
        self._graph = layer_graph(net)
        super().__init__()
        with self._building():
            self.graph = _as_trait(self._graph)
            self.unfolded = opening(self._graph)
            if selection is not None:
                self._at_close.append(selection.join(self, ["layer", "image"]))
            if layer is not None:
                self.layer = layer
            if image is not None:
                self.image = image
        self.observe(self._look, "image")
        if self.image is not None:
            self._look()

    @t.validate("layer")
    def _check_layer(self, proposal: Any) -> str:
        names = ["", *(each.name for each in (*self._network.layers, *self._network.blocks))]
        return check_name("the name of a layer", proposal.value, names)

    @t.validate("unfolded")
    def _check_unfolded(self, proposal: Any) -> list[str]:
        names = [group.name for group in self._graph.groups]
        return [check_name("the name of a block", name, names) for name in proposal.value]

    def _look(self, _change: Any = None) -> None:
        image = self.image
        self._runner.start(lambda: self._frame_of(image), stream=False)

    def _frame_of(self, image: Any) -> Iterator[Frame]:
        found = thumbnails(self._network, image)
        batch = self._network.batch(image)
        self._take_size(batch.shape[1:])
        yield _as_frame(found) | _as_input(batch[0])

    def _take_size(self, shape: tuple[int, ...]) -> None:
        """Have the graph say the sizes that the layers have for this image."""
        if shape != self._graph.input_shape:
            graph = layer_graph(self._network, shape)
            with LOCK:
                self._graph = graph
                self.graph = _as_trait(graph)

    def _still(self) -> bytes:
        return as_png(graph_picture(self._graph, frozenset(self.unfolded)))


def opening(graph: LayerGraph) -> list[str]:
    """The blocks to unfold at first: whole levels of them, as long as not too much is seen."""
    unfolded: list[str] = []
    level: str | None = None
    shown = [layer.name for layer in graph.layers if layer.name not in graph.around]
    folded = [group for group in graph.groups if group.parent is level]
    count = len(shown)
    while folded:
        count += sum(len(group.members) for group in folded)
        alone = count == len(folded[0].members)  # all of the network is in one block
        if count > SHOWN and not alone:
            break
        names = {group.name for group in folded}
        unfolded.extend(sorted(names))
        folded = [group for group in graph.groups if group.parent in names]
        count -= len(folded)
    return unfolded


def _as_trait(graph: LayerGraph) -> dict[str, Any]:
    return {
        "input": graph.input,
        "shape": list(graph.input_shape),
        "layers": [
            {
                "name": layer.name,
                "kind": layer.kind,
                "operation": layer.operation,
                "shape": list(layer.shape),
                "parameters": layer.parameters,
                "flops": layer.flops,
                "group": graph.around.get(layer.name),
            }
            for layer in graph.layers
        ],
        "groups": [
            {
                "name": group.name,
                "group": group.parent,
                "output": group.output,
                "module": group.module,
            }
            for group in graph.groups
        ],
        "edges": [
            [edge.source, edge.target, [list(shape) for shape in edge.shapes]]
            for edge in graph.edges
        ],
    }


def _as_frame(found: Thumbnails) -> Frame:
    return {
        "layers": list(found.layers),
        "rows": integers([len(tile) for tile in found.tiles]),
        "cols": integers([tile.shape[1] for tile in found.tiles]),
        "tiles": b"".join(tile.tobytes() for tile in found.tiles),
        "low": floats(found.low),
        "high": floats(found.high),
        "mean": floats(found.mean),
        "spread": floats(found.spread),
        "zeros": floats(found.zeros),
    }


def _as_input(example: Any) -> Frame:
    """The image itself, small; nothing for an example that is no picture."""
    if example.ndim != 3:
        return {}
    picture = Image.fromarray(to_pixels(example))
    picture.thumbnail((INPUT_SIDE, INPUT_SIDE), Image.Resampling.BOX)
    pixels = picture.tobytes()
    return {"input_width": picture.width, "input_height": picture.height, "input": pixels}
