"""Many images at once: where a layer puts them on a plane, what it mistakes, what is near what.

A run reads the layer for all images, batch by batch, and lays out what was read. What was read is
kept, so that another projection or metric needs no new look at the images. Colours, search and zoom
are the page's alone.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from typing import Any

import numpy as np
import traitlets as t

from ..methods.in_batches import as_chosen, as_examples
from ..methods.layout.layer_vectors import POOLINGS, LayerVectors, layer_vector_frames
from ..methods.layout.neighbours import METRICS, nearest_neighbours
from ..methods.layout.projection import PROJECTIONS, is_installed, missing
from ..network import InputError, Network
from .records.embedding_labels import class_names, labels_of
from .records.embedding_layouts import Placed, lay_out
from .selection import Selection
from .shared.aside import Aside
from .shared.layered import LayeredView
from .shared.locked import LOCK
from .shared.names import check_name
from .shared.picture import as_png
from .shared.played import Played
from .shared.running import Frame
from .shared.wire import floats, integers
from .stills.embedding import embedding_picture
from .stills.thumbnail_sheets import ACROSS, thumbnail_sheets, thumbnail_size

COLORS = ("label", "prediction", "right", "confidence")
KEPT = 3
"""Layers whose vectors are kept."""

FEWEST = 4
"""Images that can be laid out."""

STILL = 1000
"""Images at most whose thumbnails are in the still picture."""


class Embedding(Played, LayeredView):
    """Shows where a layer puts many images, as thumbnails or dots on a plane.

    What is near what in the layer is listed for a chosen image, which becomes the image of all
    linked views.

    Attributes:
        projection: "pca", "tsne", or "umap" where umap-learn is installed.
        pooling: "mean" or "max" of each channel over its places, or "none" for all values.
        metric: "cosine" or "euclidean": of neighbours, and of t-SNE and UMAP. PCA keeps lengths.
        color: "label", "prediction", "right" (or wrong) or "confidence".
        display: "thumbnails" or "dots".
        number: of the chosen image, or `None`.
        image: the chosen image; `None` until one is.
        neighbours: of the chosen image: `numbers` and `distances` in the layer, the nearest first.

    Args:
        net: the network.
        images: several, HWC, uint8 or float in [0, 1], or what else the network takes; an array
            (N, ...) or a list of one shape.
        labels: of each image, class numbers or names; names that are no classes of the network are
            only shown.
        layer: its name; the one before the logits if left out.
        projection: "pca", "tsne", or "umap", which needs
            `pip install 'cnnviz_widgets[projections]'`.
        pooling: "mean", "max" or "none".
        metric: "cosine" or "euclidean".
        color: "label" if there are labels, else "prediction", if left out.
        seed: of UMAP's random numbers.
        rate: frames a second where the page cannot acknowledge them: in Colab and for `run`.
        selection: to share layer and image with other views.

    Raises:
        InputError: if there are fewer than four images, the network cannot take them, or labels are
            not as many as images.
        ImportError: for "umap", without umap-learn.
        traitlets.TraitError: if there is no such layer, projection, pooling, metric or colour.

    References:
        van der Maaten and Hinton 2008, Visualizing Data using t-SNE. McInnes, Healy and Melville
        2018, UMAP, https://arxiv.org/abs/1802.03426.

    Example:
        >>> cw.Embedding(net, images, labels, projection="tsne")
    """

    bundle = "embedding"

    projections = t.List(t.Unicode()).tag(sync=True, kernel_only=True)
    about = t.Dict().tag(sync=True, kernel_only=True)
    thumbnails = t.Dict(default_value=None, allow_none=True).tag(sync=True, kernel_only=True)
    neighbours = t.Dict(default_value=None, allow_none=True).tag(sync=True, kernel_only=True)
    projection = t.Unicode("pca").tag(sync=True, echo_update=False)
    pooling = t.Enum(POOLINGS, "mean").tag(sync=True, echo_update=False)
    metric = t.Enum(METRICS, "cosine").tag(sync=True, echo_update=False)
    color = t.Enum(COLORS, "prediction").tag(sync=True, echo_update=False)
    display = t.Enum(["thumbnails", "dots"], "thumbnails").tag(sync=True, echo_update=False)
    number = t.Int(None, allow_none=True, min=0).tag(sync=True, echo_update=False)
    image = t.Any(None, allow_none=True)

    def __init__(
        self,
        net: Network,
        images: Any,
        labels: Any = None,
        *,
        layer: str | None = None,
        projection: str = "pca",
        pooling: str = "mean",
        metric: str = "cosine",
        color: str | None = None,
        seed: int = 0,
        rate: float = 4.0,
        selection: Selection | None = None,
    ) -> None:
        if projection == "umap" and not is_installed("umap"):
            raise ImportError(missing("umap"))
        self._network, self._seed = net, seed
        self._images = as_examples(net, images)
        self._choices = as_chosen(net, images, self._images)
        count = len(self._images)
        if count < FEWEST:
            raise InputError(f"expected {FEWEST} images or more to lay out, got {count}.")
        self._labels = labels_of(net, labels, count)
        self._read: OrderedDict[tuple[str, str], LayerVectors] = OrderedDict()
        self._placed: Placed | None = None
        super().__init__(rate=rate)
        self._finding = Aside(self._complain)
        self._at_close.append(self._finding.close)
        with self._building():
            layers = net.at((1, *self._images.shape[1:])).layout.layers
            self._offer_layers(layers)
            # t-SNE is the package's own, and can be watched.
            self.projections = [
                name for name in PROJECTIONS if name == "tsne" or is_installed(name)
            ]
            self.about = self._told()
            self.layer = _before_logits(net)
            self._choose(selection, ("layer", "image"), layer, None, ("image",))
            self.projection, self.pooling, self.metric = projection, pooling, metric
            self.color = color or ("prediction" if self._labels is None else "label")
        self.observe(self._begin_anew, ["layer", "pooling", "projection", "metric"])
        self.observe(self._point, "number")
        self.observe(self._find, ["number", "metric"])
        self.observe(self._forget_number, "image")
        self.play()

    @property
    def vectors(self) -> LayerVectors | None:
        """What was read of the chosen layer, as the method gives it; `None` until it is."""
        return self._read.get((self.layer, self.pooling))

    @property
    def places(self) -> np.ndarray | None:
        """Where the images are, float32 (N, 2), across and up; `None` until they are laid out."""
        return None if self._placed is None else self._placed.places

    @property
    def pictured(self) -> bool:
        """Whether the images are pictures, so that there are thumbnails."""
        shape = self._images.shape
        return len(shape) == 4 and min(shape[1:3]) > 1

    def _told(self) -> dict[str, Any]:
        """What the page is told of the set, once."""
        labels = self._labels
        return {
            "count": len(self._images),
            "pictured": self.pictured,
            "classes": list(class_names(self._network)),
            "labels": None if labels is None else list(labels.names),
            "codes": None if labels is None else integers(labels.codes),
            "comparable": labels is not None and labels.classes,
        }

    def _goal(self) -> Hashable:
        return self.layer, self.pooling, self.projection, self.metric

    def _start(self, *, step: bool) -> None:
        goal = self.layer, self.pooling, self.projection, self.metric
        self._runner.start(lambda: self._make(*goal), stream=True, step=step)

    def _begin_anew(self, _change: Any) -> None:
        if self._goal() != self._goal_of_run or self.state == "error":
            self.restart()

    def _make(self, layer: str, pooling: Any, projection: str, metric: Any) -> Iterator[Frame]:
        if self.pictured and self.thumbnails is None:
            yield from self._shrink()
        if (layer, pooling) not in self._read:
            yield from self._look(layer, pooling)
        self._read.move_to_end((layer, pooling))
        found = self._read[layer, pooling]
        self._find()
        told = {
            "layer": layer, "pooling": pooling, "projection": projection, "metric": metric,
            "pooled": self._has_places(layer),
            "size": found.values.shape[1],
            "predicted": integers(found.probabilities.argmax(1)),
            "confidence": floats(np.nan_to_num(found.probabilities.max(1))),
        }  # fmt: skip
        for placed in lay_out(found.values, projection, metric, self._seed):
            self._placed = placed
            yield {
                **told,
                "places": floats(placed.places),
                "step": placed.step,
                "steps": placed.steps,
                "words": placed.words,
            }

    def _has_places(self, layer: str) -> bool:
        return bool(self._network[layer].spatial)

    def _shrink(self) -> Iterator[Frame]:
        """Thumbnails of all images, sent once."""
        files = []
        count = len(self._images)
        for sheet in thumbnail_sheets(self._images):
            files.append(sheet)
            yield {"doing": "thumbnails", "done": min(count, len(files) * ACROSS**2), "of": count}
        width, height = thumbnail_size(self._images)
        with LOCK:
            self.thumbnails = {"width": width, "height": height, "across": ACROSS, "files": files}

    def _look(self, layer: str, pooling: Any) -> Iterator[Frame]:
        """Read the layer for all images."""
        count = len(self._images)
        yield {"doing": "reading", "done": 0, "of": count}
        for found in layer_vector_frames(self._network, self._images, layer, pooling):
            if len(found.values) == count:
                self._read[layer, pooling] = found
            else:
                yield {"doing": "reading", "done": len(found.values), "of": count}
        while len(self._read) > KEPT:
            self._read.popitem(last=False)

    def _point(self, _change: Any) -> None:
        """Let other views look at the chosen image."""
        if self.number is not None:
            self.image = self._choices[self.number]

    def _forget_number(self, _change: Any) -> None:
        """Another view has chosen an image that need not be one of these."""
        number = self.number
        if number is not None and not np.array_equal(self.image, self._choices[number]):
            self.number = None

    def _find(self, _change: Any = None) -> None:
        """Have the neighbours of the chosen image searched."""
        found, number, metric = self.vectors, self.number, self.metric
        if number is None or found is None:
            with LOCK:
                self.neighbours = None
            return
        self._finding.start(lambda: self._nearest(found, number, metric))

    def _nearest(self, found: LayerVectors, number: int, metric: Any) -> Iterator[None]:
        numbers, distances = nearest_neighbours(found.values, number, metric=metric)
        with LOCK:
            self.neighbours = {
                "of": number,
                "layer": found.layer,
                "pooling": found.pooling,
                "pooled": self._has_places(found.layer),
                "metric": metric,
                "numbers": numbers.tolist(),
                "distances": np.nan_to_num(distances).tolist(),
            }
        yield

    @t.validate("projection")
    def _check_projection(self, proposal: Any) -> str:
        return check_name("a projection", proposal.value, self.projections)

    @t.validate("color")
    def _check_color(self, proposal: Any) -> str:
        labels = self._labels
        if proposal.value == "label" and labels is None:
            raise t.TraitError("expected labels to colour by: Embedding(net, images, labels).")
        if proposal.value == "right" and (labels is None or not labels.classes):
            raise t.TraitError(
                "expected labels that are classes of the network, to tell right from wrong."
            )
        return proposal.value

    @t.validate("number")
    def _check_number(self, proposal: Any) -> int | None:
        number, count = proposal.value, len(self._images)
        if number is not None and not 0 <= number < count:
            raise t.TraitError(f"expected an image from 0 to {count - 1}, got {number}.")
        return number

    def _still(self) -> bytes | None:
        places, found = self.places, self.vectors
        if places is None or found is None:
            return None
        labels = self._labels
        codes = found.probabilities.argmax(1) if labels is None else labels.codes
        shown = self.pictured and self.display == "thumbnails" and len(places) <= STILL
        return as_png(embedding_picture(places, codes, self._images if shown else None))


def _before_logits(net: Network) -> str:
    """The layer whose values the last classification sees, or the logits of a network of one."""
    names = [layer.name for layer in net.layers]
    at = names.index(net.logits.name) if net.logits.name in names else len(names) - 1
    earlier = [layer for layer in net.layers[:at] if layer.channels > 1]
    return earlier[-1].name if earlier else names[at]
