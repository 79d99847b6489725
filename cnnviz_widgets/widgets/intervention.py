"""What a channel is for: change it, and see what becomes of everything that follows.

A person chooses a layer, a channel and perhaps a region of its map, and mutes, boosts, negates or
replaces it there. Each edit goes onto a stack. One pass without and one with the edits give the
maps of a later layer, the classes and an attribution, side by side; no edit of the same layers
compiles anything, so a slider is followed at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import traitlets as t

from .. import zoo
from ..methods import GUIDE
from ..methods.attribution.cams import spatial_layers
from ..methods.interventions.channel_effects import ChannelEffects, channel_effect_frames
from ..network import Edit, InputError, Network
from .editing import EditingView
from .image_chooser import pictures_for
from .records.intervention_frame import Look, as_frame, effects_frame, look, most_changed
from .selection import Selection
from .shared.commanded import Commanded
from .shared.layered import convolutions
from .shared.names import check_class, check_name
from .shared.picture import as_png, operation_picture
from .shared.running import Frame

METHODS = ("grad_cam", "layer_cam", "saliency", "input_x_gradient", "guided_backpropagation")
"""Attributions of one pass: quick enough to follow a slider."""


class Intervention(Commanded, EditingView):
    """Shows what follows when a channel, a region or a layer is changed.

    Set `image`, `layer`, `channel`, `region`, `whole`, `seen`, `target` or `method` to change what
    is chosen and shown; call `mute`, `boost`, `negate`, `replace`, `use_mean` or `transplant` to
    change it in the network.

    Attributes:
        region: (top, left, bottom, right) in cells of the layer, bottom and right not included, or
            `None` for all of the map.
        whole: whether the next edit is of all channels.
        seen: name of the layer whose maps are shown before and after.
        target: number of the class that attribution and ranking are of; `None` for the one that the
            network sees without edits.
        method: name of the attribution, or "" for none.

    Args:
        net: the network; edits that it has already count as part of it.
        image: one image, HWC (or NHWC with N = 1), uint8 or float in [0, 1]. If left out, that of
            the selection, or a bundled one that suits the network.
        layer: name of the layer to edit; the first convolution if left out.
        channel: its number; 0 if left out.
        seen: the layer to watch; the last one with rows and columns if left out.
        target: class index or name.
        edits: to begin with.
        donors: images by name, to transplant from; bundled ones if left out.
        reference: images (N, H, W, C) whose mean a channel can be replaced by.
        selection: to share image, layer, channel and class with other views.

    Raises:
        InputError: if the network cannot take an image, or an edit does not fit.
        UnknownLayerError, UnknownTargetError: if an edit's layer, a channel or a class is unknown.
        traitlets.TraitError: if there is no such layer or channel.

    Example:
        >>> view = cw.Intervention(cw.load("digits"), cw.image("digit-3"), layer="conv2", channel=5)
        >>> view.mute()
        >>> cw.Attribution(view.net, view.image)  # any method or view, on the edited network
    """

    bundle = "intervention"
    commands = ("undo", "redo", "clear", "rank", "stop")
    interrupted = "Interrupted. Rank begins anew."

    classes = t.List(t.Unicode()).tag(sync=True, kernel_only=True)
    methods = t.List().tag(sync=True, kernel_only=True)
    seen = t.Unicode("").tag(sync=True, echo_update=False)
    target = t.Int(None, allow_none=True).tag(sync=True, echo_update=False)
    method = t.Unicode("").tag(sync=True, echo_update=False)

    def __init__(
        self,
        net: Network,
        image: Any = None,
        *,
        layer: str | None = None,
        channel: int | None = None,
        seen: str | None = None,
        target: int | str | None = None,
        edits: Sequence[Edit] = (),
        donors: Mapping[str, Any] | None = None,
        reference: Any = None,
        selection: Selection | None = None,
    ) -> None:
        self._images = 0  # how many there have been; numbers the one at hand
        self._before: tuple[Any, Look] | None = None  # and what it is of
        self._effects: tuple[Any, ChannelEffects] | None = None
        self._looks: tuple[Look, Look, str] | None = None
        self._seen_class: tuple[int, int] | None = None  # and the image that it is of
        super().__init__(net, edits, donors, reference)
        with self._building():
            self._offer_layers(net.layers)
            self.classes = [str(name) for name in net.classes or range(net.logits.shape[-1])]
            maps = len(net.input_shape) == 3 and bool(spatial_layers(net))
            self.methods = [[name, GUIDE[name].title] for name in METHODS if maps]
            self.layer = convolutions(net)[0]
            self.seen = seen or convolutions(net)[-1]
            self.method = METHODS[0] if maps else ""
            names = ("layer", "channel", "target", "image")
            self._choose(selection, names, layer, channel)
            if target is not None:
                self.target = net.class_index(target)
            if image is not None:
                self.image = image
            elif self.image is None:
                self.image = self._bundled()
        self.observe(self._new_image, "image")
        self.observe(self._look, ["layer", "channel", "seen", "target", "method"])
        self._look()

    @property
    def effects(self) -> ChannelEffects | None:
        """The newest ranking, as far as it came."""
        return None if self._effects is None else self._effects[1]

    def rank(self) -> None:
        """Measure what muting each channel of the layer does to the class, with the edits."""
        wanted, key = self._wanted(), self._effects_key()
        self._runner.start(lambda: self._ranking(wanted, key), stream=True)

    def stop(self) -> None:
        """End the ranking; what it has found stays."""
        self._runner.stop()

    def settle_frame(self, frame: Frame) -> Frame:
        """Make the newest frame the one that stays; then no ranking is on its way."""
        return super().settle_frame({**frame, "ranking": False})

    def _new_image(self, _change: Any) -> None:
        self._images += 1
        self._look()

    @t.validate("seen")
    def _check_seen(self, proposal: Any) -> str:
        names = [info["name"] for info in self.layers]
        return check_name("the name of a layer to watch", proposal.value, names)

    @t.validate("method")
    def _check_method(self, proposal: Any) -> str:
        return check_name(
            "an attribution", proposal.value, ["", *(name for name, _ in self.methods)]
        )

    @t.validate("target")
    def _check_target(self, proposal: Any) -> int | None:
        return check_class(proposal.value, self.classes)

    def _wanted(self) -> dict[str, Any]:
        return {
            "image": self.image, "number": self._images, "edits": self.edits, "layer": self.layer,
            "channel": self.channel, "seen": self.seen, "target": self.target,
            "method": self.method,
        }  # fmt: skip

    def _effects_key(self) -> tuple[Any, ...]:
        return self._images, self.layer, self.target

    def _look(self, _change: Any = None) -> None:
        wanted = self._wanted()
        key = self._effects_key()
        self._runner.start(lambda: self._answer(wanted, key), stream=False)

    def _answer(self, wanted: dict[str, Any], key: Any) -> Iterator[Frame]:
        yield self._compared(wanted) | self._known_effects(key, wanted["edits"])

    def _compared(self, wanted: dict[str, Any]) -> Frame:
        net, layer, seen, method = (
            self._network, wanted["layer"], wanted["seen"], wanted["method"],
        )  # fmt: skip
        batch = net.batch(wanted["image"])
        target = self._target_of(wanted, batch)
        layers = [layer, seen]
        before = self._look_before(wanted, batch, target)
        edited = net.with_edits(wanted["edits"])
        after = look(edited, batch, layers, method, target) if wanted["edits"] else before
        self._looks = before, after, seen
        return as_frame(before, after, layer, wanted["channel"], seen, target)

    def _look_before(self, wanted: dict[str, Any], batch: Any, target: int) -> Look:
        key = *(wanted[name] for name in ("number", "layer", "seen", "method")), target
        if self._before is None or self._before[0] != key:
            found = look(
                self._network, batch, [wanted["layer"], wanted["seen"]], wanted["method"], target
            )
            self._before = key, found
        return self._before[1]

    def _target_of(self, wanted: dict[str, Any], batch: Any) -> int:
        if wanted["target"] is not None:
            return wanted["target"]
        if self._seen_class is None or self._seen_class[0] != wanted["number"]:
            self._show_input(wanted["image"])
            seen = look(self._network, batch, [], "", 0).outcome.logits
            self._seen_class = wanted["number"], int(np.nan_to_num(np.asarray(seen)[0]).argmax())
        return self._seen_class[1]

    def _ranking(self, wanted: dict[str, Any], key: Any) -> Iterator[Frame]:
        frame = self._compared(wanted) | {"ranking": True}
        yield frame
        net = self._network.with_edits(wanted["edits"])
        for found in channel_effect_frames(
            net, wanted["image"], wanted["layer"], target=frame["target"]
        ):
            self._effects = (key, wanted["edits"]), found
            yield frame | effects_frame(found, True)

    def _known_effects(self, key: Any, edits: tuple[Edit, ...]) -> Frame:
        if self._effects is None or self._effects[0][0] != key:
            return {}
        (_, then), found = self._effects
        return effects_frame(found, then == edits)

    def _bundled(self) -> Any:
        names = pictures_for(self._network)
        if not names:
            raise InputError(
                "expected an image: no bundled one suits a network that takes "
                f"{self._network.input_shape}. Pass Intervention(net, image)."
            )
        return self._network.fit(zoo.image(names[0]))

    def _still(self) -> bytes | None:
        if self._looks is None:
            return None
        before, after, seen = self._looks
        channel = int(most_changed(before.map(seen), after.map(seen))[0])
        pair = [each.map(seen)[..., channel] for each in (before, after)]
        shares = [np.asarray(each.outcome.probabilities)[0] for each in (before, after)]
        lines = [f"{seen}:{channel} before, after, and the difference"]
        lines += [edit.title for edit in self.edits if edit.on] or ["no edits"]
        for k in np.argsort(-np.maximum(*shares))[:3]:
            lines.append(f"{self.classes[k]}: {shares[0][k]:.1%} before, {shares[1][k]:.1%} after")
        return as_png(
            operation_picture([(each, None) for each in (*pair, pair[1] - pair[0])], lines)
        )
