"""An activation atlas that is painted while one looks: what a layer tells apart, as a map.

A run reads the layer for many pictures, lays its values out on a plane, bins them, and then paints
the cells in batches, the fullest first. Frames are whole: the page can be opened at any time. What
was read is kept, so that coarser or finer cells need no new look at the pictures.
"""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import numpy as np
import traitlets as t
from PIL import Image

from .. import methods
from ..methods import AscentDivergedError, Atlas
from ..methods.attribution.lost_logits import lost_logits
from ..methods.layout.atlas import LAYOUTS, Spread, as_images, check_layout, spread, taken
from ..methods.objectives import directions
from ..network import InputError, Network
from .deconvolution import bundled_pictures
from .records.atlas_record import AtlasRecord, Cell, cells_of
from .selection import Selection
from .shared.layered import LayeredView
from .shared.locked import LOCK
from .shared.names import check_name
from .shared.picture import as_png
from .shared.played import Played
from .shared.running import Frame

FINEST = 24
"""Cells on a side of the plane at most: finer ones hold an activation or two."""

BATCH = 8
"""Cells that are painted at once."""

STRIDE = 16
"""Steps between two frames of a batch that is being painted."""

SIDE = 64
"""Pixels on a side of a cell's picture, or as many as the network's input has."""


class ActivationAtlas(Played, LayeredView):
    """Shows what a layer tells apart: its activations for many pictures, laid out and painted.

    Each cell is painted by an ascent along the mean of the activations in it. Its votes are the
    logits that are lost when the layer gives zero at the place of such an activation, beyond the
    mean of all classes. Choosing a cell shares with the selection the layer's strongest channel in
    it, and the picture and the position of its most typical activation.

    Attributes:
        grid: cells on each side of the plane, 2 to 24.
        projection: how it is laid out: "pca", or "umap" where umap-learn is installed.
        cell: (row, column) of the chosen one, or `None`.

    Args:
        net: the network.
        layer: its name; the last one with rows and columns if left out.
        images: (N, H, W, C), or a list of (H, W, C), uint8 or float in [0, 1]; pieces of bundled
            ones if left out.
        grid: 2 to 24.
        projection: "pca", or "umap", which needs `pip install 'cnnviz_widgets[atlas]'`.
        places: activations taken at random places of each image.
        least: activations that a cell must have.
        steps: of the ascent of each cell.
        seed: of the random numbers.
        rate: frames a second where the page cannot acknowledge them: in Colab and for `run`.
        selection: to share layer, channel, position and image with other views.

    Raises:
        InputError: if the images are not several, or a number is out of range.
        ImportError: for "umap", without umap-learn.
        traitlets.TraitError: if there is no such layer or projection, or `grid` is out of range.

    References:
        Carter, Armstrong, Schubert, Johnson and Olah 2019, https://distill.pub/2019/activation-atlas.

    Example:
        >>> cw.ActivationAtlas(cw.load("photos"), "relu_4")
    """

    bundle = "activation-atlas"
    patience = 0  # the first picture takes longer than a cell should wait

    projections = t.List(t.Unicode()).tag(sync=True, kernel_only=True)
    grid = t.Int(8, min=2, max=FINEST).tag(sync=True, echo_update=False)
    projection = t.Unicode("pca").tag(sync=True, echo_update=False)
    cell = t.List(t.Int(min=0), None, allow_none=True, minlen=2, maxlen=2).tag(
        sync=True, echo_update=False
    )
    image = t.Any(None, allow_none=True)

    def __init__(
        self,
        net: Network,
        layer: str | None = None,
        images: Any = None,
        *,
        grid: int = 8,
        projection: str = "pca",
        places: int = 4,
        least: int = 1,
        steps: int = 64,
        seed: int = 0,
        rate: float = 4.0,
        selection: Selection | None = None,
    ) -> None:
        check_layout(projection)
        for name, value in {"places": places, "least": least, "steps": steps}.items():
            if value < 1:
                raise InputError(f"expected {name} from 1, got {value}.")
        self._network = net
        self._images = None if images is None else _several(net, images)
        self._settings = {"places": places, "least": least, "steps": steps, "seed": seed}
        self._runs = itertools.count(1)
        self._read: tuple[Hashable, Spread, np.ndarray] | None = None
        self._record: AtlasRecord | None = None
        super().__init__(rate=rate)
        with self._building():
            self.projections = [
                name for name in LAYOUTS if name == "pca" or importlib.util.find_spec(name)
            ]
            self._offer_layers(net.layers)
            self.layer = _last_with_places(net)
            names = ("layer", "channel", "position", "image")
            self._choose(selection, names, layer, None, ("channel", "position", "image"))
            self.grid, self.projection = grid, projection
        self.observe(self._begin_anew, ["layer", "grid", "projection"])
        self.observe(self._point, "cell")
        self.play()

    @property
    def atlas(self) -> Atlas | None:
        """What is shown, as the method gives it; `None` until it is laid out."""
        return None if self._record is None else self._record.atlas

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Its cells, the fullest first."""
        return () if self._record is None else tuple(self._record.cells)

    @property
    def pictures(self) -> np.ndarray:
        """Of the cells that are painted, uint8 (K, H, W, 3)."""
        record = self._record
        return np.zeros((0, 1, 1, 3), np.uint8) if record is None else record.pictures[
            : record.painted
        ]  # fmt: skip

    def _goal(self) -> Hashable:
        return self.layer, self.projection, self.grid

    def _start(self, *, step: bool) -> None:
        layer, layout, grid = self.layer, self.projection, self.grid
        self._runner.start(lambda: self._make(layer, layout, grid), stream=True, step=step)

    def _begin_anew(self, _change: Any) -> None:
        if self._goal() != self._goal_of_run or self.state == "error":
            self._bring(cell=None)
            self.restart()

    def _make(self, layer: str, layout: str, grid: int) -> Iterator[Frame]:
        numbers = np.random.default_rng(self._settings["seed"])
        if self._read is None or self._read[0] != (layer, layout):
            yield from self._read_layer(layer, layout, numbers)
        assert self._read is not None
        _, plane, lost = self._read
        atlas = plane.binned(grid, self._settings["least"])
        classes = [str(name) for name in self._network.classes or range(lost.shape[1])]
        cells = cells_of(atlas, plane.values, lost, classes)
        side = min(SIDE, max(self._network.input_shape[:2]))
        before = _goal_of(self.atlas)
        record = self._record = AtlasRecord(next(self._runs), atlas, cells, side)
        if before != _goal_of(atlas):
            with LOCK:
                self._point()
        yield record.frame()
        yield from self._paint(record, side)

    def _read_layer(self, layer: str, layout: str, numbers: np.random.Generator) -> Iterator[Frame]:
        """Read the layer for all pictures, and lay out what was read."""
        images = bundled_pictures(self._network) if self._images is None else self._images
        self._images = images
        values, sources, lost = [], [], []
        columns = next(info["cols"] for info in self.layers if info["name"] == layer)
        for number, image in enumerate(images):
            if number % STRIDE == 0:
                yield {"layer": layer, "read": number, "of": len(images)}
            found, at = taken(
                self._network, image, number, layer, self._settings["places"], numbers
            )
            values.append(found)
            sources.append(at)
            places = (at[:, 1] * columns + at[:, 2]).tolist()
            lost.append(lost_logits(self._network, image, layer=layer, places=places))
        yield {"layer": layer, "read": len(images), "of": len(images)}
        plane = spread(layer, np.concatenate(values), np.concatenate(sources), layout, numbers)
        self._read = (layer, layout), plane, np.concatenate(lost)

    def _paint(self, record: AtlasRecord, side: int) -> Iterator[Frame]:
        steps, layer = self._settings["steps"], record.atlas.layer
        goals = directions(layer, (cell.direction for cell in record.cells), cosine_power=2.0)
        for start in range(0, len(goals), BATCH):
            batch = goals[start : start + BATCH]
            batch += [batch[-1]] * (BATCH - len(batch))  # of one size, so that it compiles once
            shown = 0
            images = None
            try:
                for frame in methods.ascend(
                    self._network, batch, steps=steps, size=side, preset="lucid",
                    seed=self._settings["seed"] + start,
                ):  # fmt: skip
                    images = frame.images
                    if frame.step - shown >= STRIDE and frame.step < steps:
                        shown = frame.step
                        yield record.paint(start, images, done=False)
            except AscentDivergedError as error:
                record.notes.append(f"Cells {start} to {start + BATCH - 1} are unfinished: {error}")
            if images is None:
                images = np.full((BATCH, side, side, 3), 0.5, np.float32)
            yield record.paint(start, images, done=True)

    def _point(self, _change: Any = None) -> None:
        """Let other views look at what the chosen cell holds, once there are such cells."""
        found = [each for each in self.cells if [each.row, each.column] == self.cell]
        if not found or self._images is None or _goal_of(self.atlas) != self._goal():
            return
        number, row, column = found[0].source
        with self.hold_trait_notifications():
            self.channel = int(np.argmax(found[0].direction))
            self.position = [row, column]
            self.image = self._images[number]

    @t.validate("projection")
    def _check_projection(self, proposal: Any) -> str:
        return check_name("a projection", proposal.value, self.projections)

    def _still(self) -> bytes | None:
        record = self._record
        if record is None or not record.painted:
            return None
        side, grid = record.pictures.shape[1], record.atlas.grid
        sheet = np.full((grid * side, grid * side, 3), 255, np.uint8)
        for cell, picture in zip(record.cells, self.pictures, strict=False):
            top, left = cell.row * side, cell.column * side
            sheet[top : top + side, left : left + side] = picture
        return as_png(Image.fromarray(sheet))


def _goal_of(atlas: Atlas | None) -> Hashable:
    """What was chosen for an atlas to be like this."""
    return None if atlas is None else (atlas.layer, atlas.layout, atlas.grid)


def _several(net: Network, images: Any) -> Sequence[Any]:
    """Images that the network takes, one by one."""
    found = as_images(images)
    for image in found:
        net.batch(image)
    return found


def _last_with_places(net: Network) -> str:
    """The last activation function with rows and columns, else the last layer that has them."""
    spatial = [layer for layer in net.layers if len(layer.spatial) == 2]
    found = [layer.name for layer in spatial if layer.kind == "activation"]
    found = found or [layer.name for layer in spatial if layer.channels > 1]
    return found[-1] if found else net.layers[-1].name
