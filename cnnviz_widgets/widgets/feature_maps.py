"""All channels of a layer for one image, beside the image.

The network runs once for an image, and every layer of it stays on the device. A change of layer is
answered from there. A change of channel, colours, scale or order is the page's own affair: it comes
here only so that others can follow it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import traitlets as t

from ..methods import TileSheet, TileSheets, tile_sheets
from ..network import Network
from .selection import Selection
from .shared.layered import convolutions
from .shared.locked import LOCK
from .shared.picture import COLORMAPS, as_png, sheet_picture
from .shared.pictured import PicturedLayers
from .shared.running import Frame
from .shared.texts_given import as_tokens
from .shared.wire import floats


class FeatureMaps(PicturedLayers):
    """Shows what every channel of a layer makes of an image.

    Set `image`, `layer`, `channel`, `position`, `colormap`, `scale` or `order` to change what is
    shown.

    Args:
        net: the network.
        image: one image, HWC (or NHWC with N = 1), uint8 or float in [0, 1].
        layer: its name; the first convolution if left out.
        channel: its number; 0 if left out.
        colormap: viridis, magma, cividis, gray, diverging, or auto (diverging for a layer with
            negative values, else viridis).
        scale: "channel" or "layer": whose values span the colours.
        order: "index" or "strongest": of the channels in the grid.
        tokens: labels of the tokens, where a text comes as ids without them.
        selection: to share image, layer, channel and position with other views.

    Raises:
        InputError: if the network cannot take the image.
        traitlets.TraitError: if there is no such layer, channel, colour map, scale or order.

    Example:
        >>> cw.FeatureMaps(cw.load("photos"), cw.image("cat"), layer="conv3")
    """

    bundle = "feature-maps"

    colormap = t.Enum(["auto", *COLORMAPS], "auto").tag(sync=True, echo_update=False)
    scale = t.Enum(["channel", "layer"], "channel").tag(sync=True, echo_update=False)
    order = t.Enum(["index", "strongest"], "index").tag(sync=True, echo_update=False)
    tokens = t.List(t.Unicode()).tag(sync=True, kernel_only=True)

    def __init__(
        self,
        net: Network,
        image: Any,
        *,
        layer: str | None = None,
        channel: int | None = None,
        colormap: str = "auto",
        scale: str = "channel",
        order: str = "index",
        tokens: Sequence[str] | None = None,
        selection: Selection | None = None,
    ) -> None:
        self._labels = tokens
        self._images = 0  # how many there have been; numbers the one at hand
        self._sheets: tuple[int, TileSheets] | None = None  # and the image that they are of
        super().__init__(net)
        with self._building():
            self._offer_layers(net.layers)
            self.colormap, self.scale, self.order = colormap, scale, order
            self.layer = convolutions(net)[0]
            self._choose(selection, ("layer", "channel", "position", "image"), layer, channel)
            self.image = image
        self.observe(self._new_image, "image")
        self.observe(self._look, "layer")
        self._look()

    @property
    def sheet(self) -> TileSheet | None:
        """The channels of the chosen layer, or `None` until they are computed."""
        return None if self._sheets is None else self._sheets[1][self.layer]

    def _new_image(self, _change: Any) -> None:
        self._images += 1
        self._look()

    def _look(self, _change: Any = None) -> None:
        image, number, layer = self.image, self._images, self.layer
        self._runner.start(lambda: self._sheet_of(image, number, layer), stream=False)

    def _sheet_of(self, image: Any, number: int, layer: str) -> Iterator[Frame]:
        if self._sheets is None or self._sheets[0] != number:
            sheets = tile_sheets(self._network, image)
            self._show_input(image)
            self._show_tokens(image)
            self._sheets = number, sheets
        yield _as_frame(self._sheets[1][layer])

    def _show_tokens(self, image: Any) -> None:
        """Let the page have the labels of a text."""
        if self._network.lookup is not None:
            labels = as_tokens(self._network, image, self._labels).labels
            with LOCK:
                self.tokens = list(labels)

    def _still(self) -> bytes | None:
        sheet = self.sheet
        if sheet is None:
            return None
        return as_png(sheet_picture(self._pixels(), sheet, self.colormap, self.scale, self.order))


def _as_frame(sheet: TileSheet) -> Frame:
    channels, rows, columns = sheet.tiles.shape
    return {
        "layer": sheet.layer,
        "rows": rows,
        "cols": columns,
        "channels": channels,
        "tiles": sheet.tiles.tobytes(),
        "low": floats(sheet.low),
        "high": floats(sheet.high),
        "strength": floats(sheet.strength),
        "nonfinite": sheet.nonfinite,
    }
