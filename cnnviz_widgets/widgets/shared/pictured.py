"""What the views share that look at one image."""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets as t

from ...network import InputError, Network
from .base import View
from .layered import LayeredView
from .locked import LOCK
from .picture import to_pixels


class Given(t.Any):
    """A trait that is `None` only until it is set."""

    allow_none = False


class PicturedView(View):
    """A view of one image.

    Attributes:
        image: the image, HWC (or NHWC with N = 1), uint8 or float in [0, 1].
        picture: the image as the page shows it; `None` where it is not one of rows and columns.
    """

    picture = t.Dict(default_value=None, allow_none=True).tag(sync=True, kernel_only=True)
    image = Given()
    _network: Network

    @t.validate("image")
    def _check_image(self, proposal: Any) -> Any:
        count = self._network.batch(proposal.value).shape[0]
        if count != 1:
            raise InputError(f"expected one image, got a batch of {count}. Pass images[:1].")
        return proposal.value

    def _show_picture(self, batch: Any) -> None:
        """Let the page have a checked image."""
        if batch.ndim == 4:
            pixels = to_pixels(batch[0])
            with LOCK:
                self.picture = {
                    "width": pixels.shape[1],
                    "height": pixels.shape[0],
                    "pixels": pixels.tobytes(),
                }

    def _pixels(self) -> np.ndarray | None:
        """The image that the page shows, uint8 (H, W, 3)."""
        if self.picture is None:
            return None
        size = self.picture["height"], self.picture["width"], 3
        return np.frombuffer(self.picture["pixels"], np.uint8).reshape(size)


class PicturedLayers(PicturedView, LayeredView):
    """A view of one layer for one image."""

    def __init__(self, net: Network) -> None:
        self._network = net
        super().__init__()

    def _show_input(self, image: Any) -> None:
        """Let the page know the image, and what sizes its layers have."""
        batch = self._network.batch(image)
        with LOCK, self.hold_sync():
            self._offer_layers(self._network.at(batch.shape).layout.layers)
            self._show_picture(batch)
