"""What is wrong with a network, on one page: findings in words, layers in bars, confidence.

The network is looked at once for the images; a press on a finding chooses its layer, its first
channel or one of its images everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import traitlets as t

from ..methods import health as health_of
from ..methods.in_batches import as_chosen
from ..methods.statistics.calibration import Calibration
from ..methods.statistics.health import Health as Found
from ..network import Network
from .selection import Selection
from .shared.base import View
from .shared.names import check_name
from .shared.picture import as_png, lines_picture
from .shared.running import Frame
from .shared.wire import MalformedMessageError, whole

MOST_LISTED = 60
"""Channels and images of a finding that the page lists; a dense layer can have thousands."""


class Health(View):
    """Shows what is wrong with a network, if anything is.

    Attributes:
        layer: name of the chosen one, or "".
        channel: number of the chosen one.
        image: the chosen image; `None` until one is.

    Args:
        net: the network.
        images: HWC or NHWC, uint8 or float in [0, 1]; some dozens at least.
        labels: the class of each, for confidence against accuracy.
        reference: images like those it was trained on, 50 at least, for telling which are unlike
            them.
        selection: to share layer, channel and image with other views.

    Raises:
        InputError: if the network cannot take the images.

    Example:
        >>> cw.Health(net, images, labels, reference=training_images)
    """

    bundle = "health"

    layer = t.Unicode("").tag(sync=True, echo_update=False)
    channel = t.Int(0, min=0).tag(sync=True, echo_update=False)
    image = t.Any(None, allow_none=True)

    def __init__(
        self,
        net: Network,
        images: Any,
        labels: Any = None,
        *,
        reference: Any = None,
        selection: Selection | None = None,
    ) -> None:
        self._network = net
        self._images = np.asarray(net.batch(images))
        self._choices = as_chosen(net, images, self._images)
        self._report: Found | None = None
        super().__init__()
        self._handlers["image"] = self._choose_image
        if selection is not None:
            names = ("layer", "channel", "image")
            self._at_close.append(selection.join(self, names, names))
        self._runner.start(lambda: self._examine(labels, reference), stream=False)

    @property
    def report(self) -> Found | None:
        """What was found, as the method gives it; `None` until it is there."""
        return self._report

    @t.validate("layer")
    def _check_layer(self, proposal: Any) -> str:
        names = ["", *(each.name for each in (*self._network.layers, *self._network.blocks))]
        return check_name("the name of a layer", proposal.value, names)

    def _examine(self, labels: Any, reference: Any) -> Iterator[Frame]:
        self._report = health_of(self._network, self._images, labels, reference=reference)
        yield _as_frame(self._report)

    def _choose_image(self, content: Mapping[str, Any], _buffers: Sequence[Any]) -> None:
        number = whole(content, "number")
        if number >= len(self._images):
            raise MalformedMessageError(f"expected an image from 0 to {len(self._images) - 1}")
        self.image = self._choices[number]

    def _still(self) -> bytes | None:
        return (
            None if self._report is None else as_png(lines_picture(str(self._report).split("\n")))
        )


def _as_frame(found: Found) -> Frame:
    return {
        "images": found.images,
        "findings": [
            {
                "kind": each.kind,
                "severity": each.severity,
                "words": each.words,
                "layer": each.layer,
                "channels": list(each.channels[:MOST_LISTED]),
                "more_channels": max(0, len(each.channels) - MOST_LISTED),
                "images": list(each.images[:MOST_LISTED]),
                "more_images": max(0, len(each.images) - MOST_LISTED),
            }
            for each in found.findings
        ],
        "layers": [[each.layer, each.dead, each.saturated, each.gradient] for each in found.layers],
        "calibration": None if found.calibration is None else _bins(found.calibration),
        "unlike": None
        if found.unlike is None
        else {"far": len(found.unlike.far), "layer": found.unlike.layer},
    }


def _bins(found: Calibration) -> dict[str, Any]:
    return {
        "confidence": found.confidence,
        "accuracy": found.accuracy,
        "error": found.error,
        "bins": [
            [int(count), float(sure), float(right)] if count else [0, 0.0, 0.0]
            for count, sure, right in zip(
                found.counts, found.confidences, found.accuracies, strict=True
            )
        ],
    }
