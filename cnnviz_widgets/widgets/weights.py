"""The weights of a layer: kernels, a matrix by levels, statistics, likeness, and circuits to walk.

What holds for a layer is sent once, as a trait; a change of channel is answered with a frame of
that channel's kernel and its ties. Tiles of a large matrix are sent as the person zooms in.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import traitlets as t

from ..methods import tile_sheets
from ..methods.weights import (
    Kernel,
    MatrixLevels,
    NoKernelError,
    WeightStatistics,
    available_projections,
    kernels,
    project_filters,
    singular_values,
    weight_statistics,
)
from ..network import Layer, Network
from .records.weights_told import (
    Maps,
    told_channel,
    told_layer,
    told_likeness,
    told_map,
    told_singular,
    told_tile,
)
from .selection import Selection
from .shared.aside import Aside
from .shared.locked import LOCK
from .shared.pictured import PicturedLayers
from .shared.running import Frame
from .shared.wire import MalformedMessageError, text, whole
from .stills.weights import weights_picture

STRUCTURES = ("pca", "tsne", "umap", "similarity", "singular")
TILES = 48
"""Tiles of a matrix that wait to be sent, at most; the newest are sent first."""


class Weights(PicturedLayers):
    """Shows what a layer has learned: its weights, how they are alike, and whom they tie together.

    Set `layer`, `channel`, `show`, `scale`, `order`, `blocks` or `structure` to change what is
    shown. A click on another channel, of the layer before or after, goes there: layer and channel
    are shared with other views.

    Attributes:
        show: "kernels" of the chosen channel, or the whole "matrix" of the layer.
        scale: "tile" or "shared": whose largest weight has the end of the colours; "auto" is "tile"
            for filters in colour, else "shared".
        order: "index" or "strongest": of the kernels.
        blocks: "extreme" or "mean": what stands for the cells of a large matrix that share a block.
        structure: "pca", "tsne", "umap", "similarity" or "singular".

    Args:
        net: the network.
        image: one image, HWC (or NHWC with N = 1), uint8 or float in [0, 1]. With one, the channels
            that are tied together are shown with their activations.
        layer: its name; the first with a kernel if left out.
        channel: number of an output channel (or unit); 0 if left out.
        structure: what is shown first; "tsne" needs scikit-learn, "umap" needs umap-learn: both
            come with `pip install 'cnnviz_widgets[projections]'`.
        selection: to share image, layer and channel with other views.

    Raises:
        InputError: if the network cannot take the image.
        traitlets.TraitError: if there is no such layer, channel or structure.

    Example:
        >>> cw.Weights(cw.load("photos"), cw.image("cat"), layer="conv2", channel=5)
    """

    bundle = "weights"

    about = t.Dict(default_value=None, allow_none=True).tag(sync=True, kernel_only=True)
    arrangement = t.Dict(default_value=None, allow_none=True).tag(sync=True, kernel_only=True)
    structures = t.List(t.Unicode()).tag(sync=True, kernel_only=True)
    show = t.Enum(["kernels", "matrix"], "kernels").tag(sync=True, echo_update=False)
    scale = t.Enum(["auto", "tile", "shared"], "auto").tag(sync=True, echo_update=False)
    order = t.Enum(["index", "strongest"], "index").tag(sync=True, echo_update=False)
    blocks = t.Enum(["extreme", "mean"], "extreme").tag(sync=True, echo_update=False)
    structure = t.Enum(STRUCTURES, "pca").tag(sync=True, echo_update=False)

    def __init__(
        self,
        net: Network,
        image: Any = None,
        *,
        layer: str | None = None,
        channel: int | None = None,
        structure: str = "pca",
        selection: Selection | None = None,
    ) -> None:
        self._kernels = kernels(net)
        self._images = 0  # how many there have been; numbers the one at hand
        self._maps: tuple[int, Maps] | None = None  # and the image that they are of
        self._levels: tuple[str, MatrixLevels, WeightStatistics] | None = None
        self._arranged: dict[tuple[str, str], dict[str, Any]] = {}
        self._tiles: deque[tuple[str, int, int, int]] = deque(maxlen=TILES)
        super().__init__(net)
        self._sending, self._arranging = Aside(self._complain), Aside(self._complain)
        self._at_close += [self._sending.close, self._arranging.close]
        self._handlers["tile"] = self._want_tile
        with self._building():
            missing = set(STRUCTURES[:3]) - set(available_projections())
            self.structures = [name for name in STRUCTURES if name not in missing]
            self._offer_layers(net.layers)
            self.layer = next(iter(self._kernels), net.layers[0].name)
            self._choose(selection, ("layer", "channel", "image"), layer, channel)
            self.structure = structure
            if image is not None:
                self.image = image
        self.observe(self._new_image, "image")
        self.observe(self._look, ["layer", "channel", "structure"])
        self._look()

    @property
    def kernel(self) -> Kernel | None:
        """The weights that are shown; `None` for a layer that has none."""
        try:
            return self._kernels[self.layer]
        except NoKernelError:
            return None

    @property
    def statistics(self) -> WeightStatistics | None:
        """Numbers about the weights that are shown; `None` until they are computed."""
        found = self._levels
        return found[2] if found is not None and found[0] == self.layer else None

    def wait(self, timeout: float = 60.0) -> None:
        """Block until the view has come to rest, and the filters are laid out.

        Args:
            timeout: in seconds.

        Raises:
            TimeoutError: if it is still at work then.
        """
        super().wait(timeout)
        self._arranging.wait(timeout)

    def _offered(self, layers: Sequence[Layer]) -> list[Layer]:
        """The layers, and after one with several kernels its parts that have one."""
        offered: list[Layer] = []
        for layer in layers:
            names = self._kernels.of_layer(layer.name)
            parts = [part for part in layer.parts if part.name in names]
            offered += [layer, *parts]
        return offered

    def _offer_layers(self, layers: Any) -> None:
        super()._offer_layers(self._offered(tuple(layers)) if layers else layers)
        counts = {name: each.outputs for name, each in self._kernels.wiring.products.items()}
        self.layers = [
            info | {"channels": counts.get(info["name"], info["channels"]),
                    "kernel": info["name"] in counts}
            for info in self.layers
        ]  # fmt: skip

    def _new_image(self, _change: Any) -> None:
        self._images += 1
        self._look()

    def _look(self, _change: Any = None) -> None:
        asked = self.image, self._images, self.layer, self.channel, self.structure
        self._runner.start(lambda: self._answer(*asked), stream=False)

    def _answer(
        self, image: Any, images: int, layer: str, channel: int, structure: str
    ) -> Iterator[Frame]:
        if layer not in self._kernels:
            yield self._none(layer)
            return
        self._tell_layer(layer)
        known = self._maps is not None and self._maps[0] == images
        maps = self._maps[1] if self._maps is not None and known else None
        yield told_channel(self._kernels, layer, channel, maps)
        if image is not None and not known:
            maps = self._look_at(image, images)
            yield told_channel(self._kernels, layer, channel, maps)
        self._arranging.start(lambda: self._arrange(layer, structure))

    def _none(self, layer: str) -> Frame:
        """Words for a layer without a kernel, and the ways to go on."""
        try:
            words = str(self._kernels[layer])  # raises
        except NoKernelError as error:
            words = str(error)
        with LOCK:
            self.about = {
                "layer": layer, "words": words, "nearest": self._kernels.nearest(layer)
            }  # fmt: skip
        return {"layer": layer, "channel": 0, "none": True}

    def _tell_layer(self, layer: str) -> None:
        if self._levels is None or self._levels[0] != layer:
            kernel = self._kernels[layer]
            levels = MatrixLevels(kernel.filters())
            self._levels = layer, levels, weight_statistics(kernel.filters(), levels=levels)
        if self.about is None or self.about["layer"] != layer:
            _, levels, statistics = self._levels
            entry = self._kernels.wiring.input
            about = told_layer(self._kernels[layer], statistics, levels, entry)
            with LOCK:
                self.about = about

    def _look_at(self, image: Any, images: int) -> Maps:
        """Run the network on the image, for the maps of its channels."""
        self._show_input(image)
        batch = self._network.batch(image)
        traced = self._network.at(batch.shape)
        # values are numbered alike at all shapes that a model takes in the same way
        first = self._network.at((1, *self._network.input_shape))
        alike = len(traced.program.operations) == len(first.program.operations)
        names = {each.value: each.name for each in first.layout.layers} if alike else {}
        sheets = tile_sheets(self._network, image)
        self._maps = images, Maps(sheets, self._kernels, np.asarray(batch), names)
        return self._maps[1]

    def _arrange(self, layer: str, structure: str) -> Iterator[None]:
        """How the filters lie to one another; computed once a layer, while the rest is seen."""
        key = layer, structure
        if key not in self._arranged:
            told = {"layer": layer, "what": structure, "words": "", **self._structure(*key)}
            self._arranged[key] = told
        with LOCK:
            if self.arrangement is not self._arranged[key]:
                self.arrangement = self._arranged[key]
        yield

    def _structure(self, layer: str, structure: str) -> dict[str, Any]:
        kernel = self._kernels[layer]
        if structure == "similarity":
            return told_likeness(kernel)
        if structure == "singular":
            return told_singular(singular_values(kernel.filters()))
        if kernel.outputs < 4:
            return {"words": f"{layer} has {kernel.outputs} filters: too few to lay out."}
        try:
            return told_map(project_filters(kernel.filters(), structure))
        except ImportError as error:
            return {"words": str(error)}

    def _want_tile(self, content: Mapping[str, Any], _buffers: Sequence[Any]) -> None:
        """Note a tile of the matrix that the page needs."""
        layer = text(content, "layer")
        if layer not in self._kernels:
            raise MalformedMessageError(f"expected a layer with a kernel, got {layer!r}")
        at = whole(content, "level", high=30), whole(content, "row"), whole(content, "column")
        with LOCK:
            self._tiles.append((layer, *at))
        self._sending.start(self._send_tiles)

    def _send_tiles(self) -> Iterator[None]:
        while self._tiles:
            layer, level, row, column = self._tiles.pop()
            found = self._levels
            if found is not None and found[0] == layer:  # else the person has gone on
                told = told_tile(found[1].tile(level, row, column))
                buffers = {key: value for key, value in told.items() if isinstance(value, bytes)}
                plain = {key: value for key, value in told.items() if key not in buffers}
                at = {"layer": layer, "level": level, "row": row, "column": column}
                message = {"type": "tile", **at, **plain, "buffers": list(buffers)}
                self.send(message, list(buffers.values()))
            yield

    def _still(self) -> bytes | None:
        kernel, statistics = self.kernel, self.statistics
        if kernel is None or statistics is None:
            return None
        entry = self._kernels.wiring.input
        return weights_picture(kernel, statistics, self.channel, entry)
