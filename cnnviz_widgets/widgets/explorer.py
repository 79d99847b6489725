"""All views of a network side by side, looking at the same thing."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

import ipywidgets
import numpy as np

from ..network import InputError, Network, find_attention
from .activations import Activations
from .architecture import Architecture
from .attention import Attention
from .attribution import Attribution
from .deconvolution import Deconvolution
from .embedding import Embedding
from .feature_maps import FeatureMaps
from .gradient_ascent import GradientAscent
from .health import Health
from .hidden_states import HiddenStates
from .image_chooser import ImageChooser, bundled_name, examples_for
from .intervention import Intervention
from .layer_list import LayerList
from .operation import Operation
from .selection import Selection
from .shared.base import View
from .shared.names import keywords_of, refuse_unknown
from .text import Text
from .training import Training
from .view_tabs import ViewTabs
from .waveform import Waveform
from .weights import Weights

METHODS = ("grad_cam", "saliency")
"""Of attribution: quick ones to begin with."""

HANDFUL = 5
"""Images from which there are views of many."""

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


class Explorer(ipywidgets.Box):
    """Image chooser, class probabilities, layers, feature maps, ascent, and all else behind tabs.

    Attributes:
        selection: what is looked at; set its traits to move all views, observe them to follow.
        image_chooser, probabilities, layer_list, feature_maps, gradient_ascent: the views that are
            always in sight; for a network of tokens `text` in place of the first and the last.
        tabs: the others, each made when its tab is first opened: `tabs.view(cw.Operation)`.

    Args:
        net: the network.
        image: one image, HWC, one sequence, or one text; the first bundled picture or sound that
            suits the network if left out. A bundled picture is brought to the size in which the
            chooser would show it. Of several, NHWC or a list, the first one is looked at, and with
            five or more there are tabs for all of them.
        labels: the class of each, for several images.
        training: a `Training` whose network this is, before, while or after it learns; it has a
            tab then, and its layer and channel follow the others'. Closing the bench leaves it be.

    Raises:
        InputError: if the network cannot take the image, or no bundled one suits it, or `training`
            is something else.

    Example:
        >>> cw.Explorer(cw.load("photos"), cw.image("cat"))
    """

    _ipython_display_ = None  # that of ipywidgets 7 would leave out the still picture

    def __new__(cls, *args: Any, **kwargs: Any):
        """Refuse unknown keywords before ipywidgets swallows them."""
        refuse_unknown(cls.__name__, kwargs, keywords_of(cls.__init__))
        return super().__new__(cls, *args, **kwargs)

    def __init__(
        self,
        net: Network,
        image: Any = None,
        labels: Any = None,
        *,
        training: Any = None,
    ) -> None:
        from .probabilities import Probabilities  # here, since bqplot imports pandas: a second

        self.selection = Selection()
        self._set = image, labels
        self._training = _checked(training)
        self._leave_training: Callable[[], None] = lambda: None
        image = image[0] if _is_several(net, image) else image
        with ExitStack() as undo:  # should one of the views be refused
            begin = self._with_a_picture if net.lookup is None else self._with_a_text
            chooser, middle, right = begin(net, image, undo)
            self.tabs = ViewTabs(self._makers(net))
            undo.pop_all()
        self.layer_list = LayerList(net, selection=self.selection)
        self.probabilities = Probabilities(net, self.selection)
        self._in_sight = (*chooser, self.layer_list, middle, right)
        side = ipywidgets.VBox([*chooser, self.probabilities.box, self.layer_list])
        super().__init__(
            [
                _flexible(side, "1 1 280px"),
                _flexible(middle, "4 1 520px"),
                _flexible(right, "2 1 360px"),
                _flexible(self.tabs, "1 1 100%"),
            ],
            layout={"display": "flex", "flex_flow": "row wrap", "align_items": "flex-start"},
        )

    def _with_a_picture(
        self, net: Network, image: Any, undo: ExitStack
    ) -> tuple[tuple[View, ...], View, View]:
        name = _first_picture(net) if image is None else bundled_name(net, image)
        chooser = self.image_chooser = ImageChooser(net, name=name, selection=self.selection)
        undo.callback(chooser.close)
        image = chooser.image if name else image
        self.feature_maps = FeatureMaps(net, image, selection=self.selection)
        undo.callback(self.feature_maps.close)
        self.gradient_ascent = GradientAscent(net, selection=self.selection)
        undo.callback(self.gradient_ascent.close)
        return (chooser,), self.feature_maps, self.gradient_ascent

    def _with_a_text(
        self, net: Network, image: Any, undo: ExitStack
    ) -> tuple[tuple[View, ...], View, View]:
        """A text is typed, not chosen; and no ascent leads to one."""
        self.text = Text(net, image, selection=self.selection)
        undo.callback(self.text.close)
        self.feature_maps = FeatureMaps(net, self.text.image, selection=self.selection)
        undo.callback(self.feature_maps.close)
        return (), self.text, self.feature_maps

    @property
    def views(self) -> tuple[View, ...]:
        """The views that there are so far, apart from the chart."""
        return *self._in_sight, *self.tabs.views

    def _makers(self, net: Network) -> Mapping[type[View], Callable[[], View]]:
        """What stands behind tabs: what every network has, and what this one has besides."""
        chosen, program = self.selection, net.at(net.batch(self.image).shape)
        makers: dict[type[View], Callable[[], View]] = {
            **self._of_its_kind(net),
            Architecture: lambda: Architecture(net, self.image, selection=chosen),
            Operation: lambda: Operation(net, self.image, selection=chosen),
            Weights: lambda: Weights(net, self.image, selection=chosen),
            Intervention: lambda: Intervention(net, self.image, selection=chosen),
        }
        images, labels = self._set
        if _is_several(net, images) and len(images) >= HANDFUL:
            makers[Activations] = lambda: Activations(net, images, selection=chosen)
            makers[Embedding] = lambda: Embedding(net, images, labels, selection=chosen)
        if find_attention(program):
            makers[Attention] = lambda: Attention(net, self.image, selection=chosen)
        if program.loops:
            makers[HiddenStates] = lambda: HiddenStates(net, self.image, selection=chosen)
        makers[Health] = lambda: self._health(net)
        if self._training is not None:
            training = self._training
            makers[Training] = lambda: self._joined(training)
        return makers

    def _health(self, net: Network) -> Health:
        """Of all images.

        Raises:
            InputError: if there is but one or a few: that a unit is dead is told by many.
        """
        images, labels = self._set
        if not _is_several(net, images) or len(images) < HANDFUL:
            what = "images" if net.lookup is None else "texts"
            raise InputError(
                f"expected many {what}, some dozens at least, to tell what is wrong with a "
                f"network: Explorer(net, {what}, labels), with the class of each as labels."
            )
        return Health(net, images, labels, selection=self.selection)

    def _joined(self, training: Training) -> Training:
        """The iteration stays its own: here that of an ascent is shared."""
        names = ("layer", "channel")
        self._leave_training = self.selection.join(training, names)
        return training

    def _of_its_kind(self, net: Network) -> dict[type[View], Callable[[], View]]:
        """What there is for pictures only, or for sounds only; a text's attribution is in sight."""
        chosen, shape = self.selection, net.input_shape
        if net.lookup is not None:
            return {}
        makers: dict[type[View], Callable[[], View]] = {
            Attribution: lambda: Attribution(net, self.image, METHODS, selection=chosen)
        }
        if len(shape) == 3:
            makers[Deconvolution] = lambda: Deconvolution(net, self.image, selection=chosen)
        if len(shape) == 2 and shape[-1] == 1:
            makers[Waveform] = lambda: Waveform(net, self.image, selection=chosen)
        return makers

    @property
    def image(self) -> Any:
        """The image that is looked at; set it to look at another one."""
        return self.selection.image

    @image.setter
    def image(self, image: Any) -> None:
        self.selection.image = image

    @property
    def error(self) -> Exception | None:
        """What went wrong last in one of the views, or `None` if all is well."""
        errors = (part.error for part in (*self.views, self.probabilities))
        return next((error for error in errors if error is not None), None)

    @property
    def _own(self) -> tuple[Any, ...]:
        """What the bench made itself; a training is the person's, and may go on for hours."""
        views = (view for view in self.views if view is not self._training)
        return *views, self.probabilities

    def wait(self, timeout: float = 60.0) -> None:
        """Block until all views but that of a training have come to rest.

        Raises:
            TimeoutError: if one is still at work after `timeout` seconds.
        """
        end = time.monotonic() + timeout
        for part in self._own:
            part.wait(max(0.0, end - time.monotonic()))

    def close(self) -> None:
        """End all jobs and take the views off the page."""
        if self.comm is None:
            return  # it is closed; the garbage collector closes again
        self._leave_training()
        for part in self._own:
            part.close()
        super().close()

    def __repr__(self) -> str:
        return f"<Explorer, {self.feature_maps.state}>"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        data, metadata = self.feature_maps._repr_mimebundle_(**kwargs)
        if WIDGET_VIEW in data:
            data[WIDGET_VIEW]["model_id"] = self.model_id
        return data | {"text/plain": repr(self)}, metadata


def _first_picture(net: Network) -> str:
    names = examples_for(net)
    if not names:
        raise InputError(
            "expected an image: no bundled picture or sound suits a network that takes "
            f"{net.input_shape}."
        )
    return names[0]


def _is_several(net: Network, image: Any) -> bool:
    return isinstance(image, (list, tuple)) or np.ndim(image) > len(net.input_shape)


def _checked(training: Any) -> Training | None:
    if training is not None and not isinstance(training, Training):
        raise InputError(
            "expected a cw.Training, as training = cw.Training(model, images), got "
            f"{type(training).__name__}."
        )
    return training


def _flexible(widget: ipywidgets.DOMWidget, flex: str) -> ipywidgets.DOMWidget:
    """Let a widget share a line, or have one to itself where there is little room."""
    widget.layout.flex = flex
    widget.layout.min_width, widget.layout.max_width = "0", "100%"
    return widget
