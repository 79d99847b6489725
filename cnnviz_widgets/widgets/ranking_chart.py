"""A ranking of methods as bars, one chart a metric, with the random map as a line."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import ipywidgets
import numpy as np
from bqplot.axes import Axis
from bqplot.figure import Figure
from bqplot.marks import Bars, Lines
from bqplot.scales import LinearScale, OrdinalScale

from ..evaluate.explaining import Method
from ..evaluate.metric import Metric
from ..evaluate.rank import DEFAULT_METHODS, DEFAULT_METRICS, Options, rank_frames
from ..evaluate.ranking import Ranking
from ..live.job import State
from ..methods.attribution.method import Target
from ..network import InputError, Network
from .shared.base import in_words
from .shared.locked import LOCK
from .shared.names import keywords_of, refuse_unknown
from .shared.running import Frame, Runner

BETTER, WORSE, FLOOR = "#2a6db0", "#9a9a9a", "#d9730d"
"""Colours that hold on light and dark pages: of bars, of those no better than chance, of chance."""

STYLE = (
    "padding-left: 10px; font: {font} var(--jp-ui-font-family, sans-serif); "
    "color: var(--jp-ui-font-color1, inherit)"
)
RANDOM = "random_map"
ROW, FRAME = 24, 44  # pixels: of a bar, and of what is around them


class RankingChart(ipywidgets.VBox):
    """Ranks methods by metrics and shows the numbers as bars, which grow while it computes.

    One chart a metric, with the direction that is better in words. The dashed line is the random
    map; bars that are no better than it are grey. When all is done, the best method by its mean
    place is on top.

    Attributes:
        ranking: the numbers so far, `None` before the first.
        figures: the charts by the names of their metrics.

    Args:
        net: the network; or a finished `Ranking`, which is shown as it is and takes no images.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        methods: names of attribution methods, or functions; as for `cw.evaluate.rank`, like all
            that follows.
        metrics: names of metrics, or `Metric`s.
        target: class index or name, one for all images or one for each.
        where: the object, for metrics that need one.
        cells: of a collage, for metrics that need them.
        options: of metrics, by their names.
        seed: of the random map.

    Raises:
        InputError: if there are images beside a finished ranking, or none beside a network. What
            `rank` refuses is told in the view, and is its `error`.

    Example:
        >>> cw.RankingChart(net, x, ["saliency", "grad_cam"], ["deletion", "insertion"])
    """

    _ipython_display_ = None  # that of ipywidgets 7 would leave out the still picture

    def __new__(cls, *args: Any, **kwargs: Any):
        """Refuse unknown keywords before ipywidgets swallows them."""
        refuse_unknown(cls.__name__, kwargs, keywords_of(cls.__init__))
        return super().__new__(cls, *args, **kwargs)

    def __init__(
        self,
        net: Network | Ranking,
        x: Any = None,
        methods: Sequence[Method] | Mapping[str, Method] = DEFAULT_METHODS,
        metrics: Sequence[str | Metric] = DEFAULT_METRICS,
        *,
        target: Target = None,
        where: Any = None,
        cells: Any = None,
        options: Options | None = None,
        seed: int = 0,
    ) -> None:
        if isinstance(net, Ranking) == (x is not None):
            raise InputError(
                "expected a network and images, or a finished Ranking alone; got "
                f"{type(net).__name__} {'without' if x is None else 'with'} images."
            )
        self.ranking: Ranking | None = None
        self.figures: dict[str, Figure] = {}
        self._charts: list[_Chart] = []
        self._said = ipywidgets.HTML()
        self._row = ipywidgets.Box(layout={"flex_flow": "row wrap", "width": "100%"})
        super().__init__([self._row, self._said])
        self._runner = Runner(self, rate=1.0)
        if isinstance(net, Ranking):
            self._draw(net)
            return

        def frames() -> Iterator[Frame]:
            for found in rank_frames(
                net, x, methods, metrics, target=target, where=where, cells=cells,
                options=options, seed=seed,
            ):  # fmt: skip
                yield {"ranking": found}

        self._runner.start(frames, stream=True)

    @property
    def state(self) -> State:
        """Whether numbers come in ("running"), or "done", "error" or "idle"."""
        return self._runner.state

    @property
    def error(self) -> Exception | None:
        """What went wrong, or `None`."""
        return self._runner.error

    def wait(self, timeout: float = 60.0) -> None:
        """Block until all is ranked.

        Raises:
            TimeoutError: if it is not after `timeout` seconds.
        """
        self._runner.wait(timeout)

    def close(self) -> None:
        """Stop computing and take the charts off the page."""
        if self.comm is None:
            return  # it is closed; the garbage collector closes again
        self._runner.close()
        for part in (*self.figures.values(), self._row, self._said):
            part.close()
        super().close()

    def settle_frame(self, frame: Frame) -> Frame:
        """A chart keeps its last state by itself."""
        return frame

    def send_frame(self, frame: Frame, settled: bool) -> None:  # noqa: ARG002
        """Draw the bars as they are by now."""
        self._draw(frame["ranking"])

    def note_state(self, _state: State, error: Exception | None, /) -> None:
        """Put an error into words."""
        if error is not None:
            self._say([in_words(error)])

    def _draw(self, ranking: Ranking) -> None:
        with LOCK:
            self.ranking = ranking
            if not self._charts:
                self._charts = [
                    _Chart(name, better, len(ranking.methods) - 1)
                    for name, better in zip(ranking.metrics, ranking.better, strict=True)
                ]
                self.figures = {chart.metric: chart.figure for chart in self._charts}
                self._row.children = [chart.box for chart in self._charts]
            names = ranking.order if ranking.progress == 1 else ranking.methods
            rows = [ranking.methods.index(name) for name in names if name != RANDOM]
            for column, chart in enumerate(self._charts):
                chart.draw(ranking, rows[::-1], column)  # bars go up
            done = [] if ranking.progress == 1 else [f"{ranking.progress:.0%} done."]
            self._say([*_remarks(ranking), *done, *ranking.notes])

    def _say(self, lines: Sequence[str]) -> None:
        style = STYLE.format(font="13px/1.4")
        self._said.value = f'<div style="{style}">{"<br>".join(map(html.escape, lines))}</div>'


class _Chart:
    """The bars of one metric."""

    def __init__(self, metric: str, better: str, methods: int) -> None:
        self.metric = metric
        self._better = better
        self._heading = ipywidgets.HTML()
        names, self._values = OrdinalScale(), LinearScale(min=0.0, max=1.0)
        self._bars = Bars(
            x=[], y=[], scales={"x": names, "y": self._values}, orientation="horizontal",
            color_mode="group", colors=[BETTER], stroke_width=0.0,
        )  # fmt: skip
        self._floor = Lines(
            x=[], y=[], scales={"x": self._values, "y": LinearScale(min=0.0, max=1.0)},
            colors=[FLOOR], line_style="dashed", stroke_width=2.0,
        )  # fmt: skip
        self._numbers = Axis(scale=self._values, tick_format="~g")
        rows = Axis(scale=names, side="left", grid_lines="none")
        rows.orientation = "vertical"
        self.figure = Figure(
            marks=[self._bars, self._floor],
            axes=[rows, self._numbers],
            fig_margin={"top": 8, "bottom": 28, "left": 170, "right": 28},
            animation_duration=0,
        )
        self.figure.layout.width, self.figure.layout.height = "100%", f"{FRAME + ROW * methods}px"
        layout = {"flex": "1 1 360px", "min_width": "0", "max_width": "640px"}
        self.box = ipywidgets.VBox([self._heading, self.figure], layout=layout)

    def draw(self, ranking: Ranking, rows: Sequence[int], column: int) -> None:
        """Show what is known of these methods, the first one at the bottom."""
        values = ranking.values[:, column].astype(np.float64)
        shown, floor = np.nan_to_num(values[rows]), values[-1]
        worse = ranking.no_better_than_random[rows, column]
        known = np.nan_to_num(values)
        low, high = min(0.0, float(known.min())), max(0.0, float(known.max()))
        room = 0.05 * (high - low) or 0.05
        with self._values.hold_sync(), self._bars.hold_sync(), self._floor.hold_sync():
            self._values.min = low - (room if low < 0 else 0.0)
            self._values.max = high + (room if high > 0 else 0.0)
            self._numbers.tick_values = _round_numbers(low, high)
            self._bars.x = [ranking.methods[row] for row in rows]
            self._bars.y = shown
            self._bars.colors = [WORSE if each else BETTER for each in worse]
            there = not np.isnan(floor)
            self._floor.x, self._floor.y = ([floor, floor], [0.0, 1.0]) if there else ([], [])
        said = f"{self._better} is better" + (f", a random map has {floor:.3g}" if there else "")
        self._heading.value = (
            f'<span style="{STYLE.format(font="600 13px/1.4")}">{html.escape(self.metric)}</span>'
            f'<span style="{STYLE.format(font="13px/1.4")}">{said}</span>'
        )


def _round_numbers(low: float, high: float) -> np.ndarray:
    """A few round numbers from `low` to `high`, zero among them."""
    wanted = max(high - low, 1e-9) / 4
    power = 10.0 ** np.floor(np.log10(wanted))
    step = next(power * k for k in (1, 2, 5, 10) if power * k >= wanted * 0.999)
    return np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step


def _remarks(ranking: Ranking) -> list[str]:
    count = ranking.scores.shape[-1]
    return [
        f"Mean over {count} image{'s' if count > 1 else ''}. Dashed line: a random map. Grey: no "
        "better than that."
    ]
