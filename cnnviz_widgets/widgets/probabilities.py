"""What the network takes the image for, as bars."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ipywidgets
import numpy as np
from bqplot.axes import Axis
from bqplot.figure import Figure
from bqplot.marks import Bars
from bqplot.scales import LinearScale, OrdinalScale

from .. import methods
from ..live.job import State
from ..network import Network
from .selection import Selection
from .shared.locked import LOCK
from .shared.running import Frame, Runner

MOST = 10
"""Bars at most: the most likely classes of more."""

PLAIN, CHOSEN = "#8fb3d9", "#2a6db0"
"""Colours that hold on light and dark pages."""

HEADING = (
    '<span style="padding-left: 10px; font: 600 13px/1.4 var(--jp-ui-font-family, sans-serif); '
    'color: var(--jp-ui-font-color1, inherit)">Class probabilities</span>'
)


class Probabilities:
    """The most likely classes of the chosen image, as a bqplot chart.

    A click on a bar chooses its class.

    Args:
        net: the network.
        selection: whose image is judged, and whose class is chosen.

    Attributes:
        box: the chart with its heading.
        figure: the chart.
    """

    def __init__(self, net: Network, selection: Selection) -> None:
        self._network = net
        self._names = net.classes or tuple(str(k) for k in range(net.logits.shape[-1]))
        self._selection = selection
        self._shown: list[int] = []  # the classes of the bars, the least likely first: bars go up
        self._runner = Runner(self, rate=1.0)
        scales = {"x": OrdinalScale(), "y": LinearScale(min=0.0, max=1.0)}
        self._bars = Bars(
            x=[],
            y=[],
            scales=scales,
            orientation="horizontal",
            color_mode="group",
            colors=[PLAIN],
            stroke_width=0.0,
        )
        self._bars.on_element_click(self._clicked)
        names = Axis(scale=scales["x"], side="left", grid_lines="none")
        names.orientation = "vertical"
        shares = Axis(scale=scales["y"], tick_format=".0%", num_ticks=3)
        self.figure = Figure(
            marks=[self._bars],
            axes=[names, shares],
            fig_margin={"top": 8, "bottom": 28, "left": 100, "right": 28},
            animation_duration=0,
        )
        self.figure.layout.width, self.figure.layout.height = "100%", "230px"
        # Not the figure's own title, whose colour and size are bqplot's and not the page's.
        self.box = ipywidgets.VBox([ipywidgets.HTML(HEADING), self.figure])
        selection.observe(self._look, "image")
        selection.observe(self._colour, "target")
        self._look()

    @property
    def error(self) -> Exception | None:
        """What went wrong last, or `None`."""
        return self._runner.error

    def wait(self, timeout: float) -> None:
        """Block until the bars are those of the image.

        Raises:
            TimeoutError: if they are not after `timeout` seconds.
        """
        self._runner.wait(timeout)

    def close(self) -> None:
        """Take no more notice of the selection."""
        self._selection.unobserve(self._look, "image")
        self._selection.unobserve(self._colour, "target")
        self._runner.close()
        self.figure.close()
        self.box.close()

    def _look(self, _change: Any = None) -> None:
        image = self._selection.image
        self._runner.start(lambda: self._judge(image), stream=False)

    def _judge(self, image: Any) -> Iterator[Frame]:
        yield {"values": np.asarray(methods.probabilities(self._network, image))[0]}

    def settle_frame(self, frame: Frame) -> Frame:
        """Draw the bars."""
        values = np.nan_to_num(frame["values"])
        shown = np.argsort(-values, kind="stable")[:MOST][::-1]
        with LOCK, self._bars.hold_sync():
            self._shown = [int(index) for index in shown]
            self._bars.x = [self._names[index] for index in self._shown]
            self._bars.y = values[shown]
            self._colour()
        return frame

    def send_frame(self, frame: Frame, settled: bool) -> None:
        """The bars went to the page by themselves."""

    def note_state(self, _state: State, _error: Exception | None, /) -> None:
        """The views beside the chart have words for it."""

    def _colour(self, _change: Any = None) -> None:
        target = self._selection.target
        colours = [CHOSEN if index == target else PLAIN for index in self._shown]
        self._bars.colors = colours or [PLAIN]

    def _clicked(self, _bars: Any, event: Any) -> None:
        self._selection.target = self._shown[event["data"]["index"]]
