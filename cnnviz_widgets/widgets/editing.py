"""What the person changes in the network: a stack of edits, and the place that the next one is of.

A view that derives from this computes; here edits are made, named, switched and taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import traitlets as t

from .. import zoo
from ..network import Edit, InputError, Network
from ..network.errors import suggest
from .image_chooser import pictures_for
from .records.edit_stack import EditStack
from .records.intervention_told import told_history, told_stack
from .shared.locked import LOCK
from .shared.pictured import PicturedLayers
from .shared.wire import MalformedMessageError, text, whole


class EditingView(PicturedLayers):
    """A view in which the values of layers are changed.

    Attributes:
        stack: the edits as the page shows them.
        history: what the buttons Undo, Redo and Clear can do.
        donors: names of the images that can be transplanted from.
        means: whether there are pictures whose mean a channel can be replaced by.
        region: (top, left, bottom, right) in cells of the layer, bottom and right not included, or
            `None` for all of the map.
        whole: whether the next edit is of all channels.
    """

    stack = t.List().tag(sync=True, kernel_only=True)
    history = t.Dict().tag(sync=True, kernel_only=True)
    donors = t.List(t.Unicode()).tag(sync=True, kernel_only=True)
    means = t.Bool(False).tag(sync=True, kernel_only=True)
    region: Any = t.List(t.Int(min=0), None, allow_none=True, minlen=4, maxlen=4).tag(
        sync=True, echo_update=False
    )
    whole = t.Bool(False).tag(sync=True, echo_update=False)

    def __init__(
        self,
        net: Network,
        edits: Sequence[Edit],
        donors: Mapping[str, Any] | None,
        reference: Any,
    ) -> None:
        net.with_edits(edits)  # says what is wrong with them
        self._stack = EditStack(tuple(edits))
        self._given = None if donors is None else dict(donors)
        self._reference = reference
        super().__init__(net)
        self._handlers |= {
            "edit": self._edit, "change": self._change, "remove": self._remove,
        }  # fmt: skip
        with self._building():
            self.donors = list(pictures_for(net) if self._given is None else self._given)
            self.means = reference is not None
            self._tell_stack()

    @property
    def edits(self) -> tuple[Edit, ...]:
        """All edits in their order, those that are switched off too."""
        return self._stack.edits

    @property
    def net(self) -> Network:
        """The network with the edits, for any method and any other view."""
        return self._network.with_edits(self.edits)

    def mute(self) -> None:
        """Set the chosen place to 0."""
        self.add(self._here("mute"))

    def boost(self, factor: float = 2.0) -> None:
        """Multiply the chosen place by a factor."""
        self.add(self._here("boost", factor))

    def negate(self) -> None:
        """Change the sign of the chosen place."""
        self.add(self._here("negate"))

    def replace(self, value: float = 0.0) -> None:
        """Put a number in the chosen place."""
        self.add(self._here("replace", value))

    def use_mean(self) -> None:
        """Put each channel's mean over the reference pictures in the chosen place.

        Raises:
            InputError: if no reference was given.
        """
        if self._reference is None:
            raise InputError(
                "expected reference pictures for the mean: make the view with "
                "Intervention(net, image, reference=images)."
            )
        self.add(self._here("mean", self._reference))

    def transplant(self, image: Any, name: str = "") -> None:
        """Put what the network makes of another image in the chosen place."""
        edit = self._here("transplant", self._network.batch(image))
        place = f"transplant {edit.place} from {name}" if name else ""
        self.add(Edit(edit.layer, edit.kind, edit.channels, edit.region, edit.value, place))

    def add(self, edit: Edit) -> None:
        """Make any edit.

        Raises:
            InputError: if it does not fit; the stack stays as it is.
            UnknownLayerError, UnknownTargetError: if there is no such layer or channel.
        """
        self._network.with_edits([edit])
        self._do(lambda stack: stack.add(edit))

    def change(self, at: int, **changes: Any) -> None:
        """Change the `value`, the `name` or `on` of the edit of this number."""
        self._do(lambda stack: stack.change(at, **changes))

    def remove(self, at: int) -> None:
        """Take an edit out."""
        self._do(lambda stack: stack.remove(at))

    def clear(self) -> None:
        """Take all edits out."""
        self._do(EditStack.clear)

    def undo(self) -> None:
        """Take back what was done last."""
        self._do(EditStack.undo)

    def redo(self) -> None:
        """Do again what was taken back."""
        self._do(EditStack.redo)

    def _look(self, _change: Any = None) -> None:
        """Show what the edits do."""
        raise NotImplementedError

    def _here(self, kind: str, value: Any = None) -> Edit:
        channels = None if self.whole else self.channel
        region = self.region
        return Edit(self.layer, kind, channels, None if region is None else tuple(region), value)

    def _do(self, act: Callable[[EditStack], None]) -> None:
        with LOCK:
            act(self._stack)
            self._tell_stack()
        self._look()

    def _tell_stack(self) -> None:
        self.stack = told_stack(self.edits)
        self.history = told_history(self._stack)

    @t.observe("layer")
    def _forget_region(self, _change: Any) -> None:
        self.region = None

    @t.validate("region")
    def _check_region(self, proposal: Any) -> Any:
        if proposal.value is None:
            return None
        rows, columns = self._info()["rows"], self._info()["cols"]
        top, left, bottom, right = proposal.value
        if not (top < bottom <= rows and left < right <= columns):
            raise t.TraitError(
                f"expected a region (top, left, bottom, right) within the {rows} rows and "
                f"{columns} columns of {self.layer}, got {proposal.value}."
            )
        return proposal.value

    def _donor(self, name: str) -> Any:
        """An image to transplant from, of the size of the one that is looked at."""
        if name not in self.donors:
            raise InputError(
                f"expected an image to transplant from, got {name!r}: {suggest(name, self.donors)}"
            )
        if self._given is not None:
            return self._given[name]
        rows, columns = self._network.batch(self.image).shape[1:3]
        return _cut(self._network.fit(zoo.image(name)), rows, columns)

    # --- from the page

    def _edit(self, content: Mapping[str, Any], _buffers: Sequence[Any]) -> None:
        kind = text(content, "kind")
        if kind == "transplant":
            name = text(content, "from")
            self.transplant(self._donor(name), name)
        else:
            acts = {
                "mute": self.mute, "boost": self.boost, "negate": self.negate,
                "replace": self.replace, "mean": self.use_mean,
            }  # fmt: skip
            if kind not in acts:
                raise MalformedMessageError(f"expected one of {[*acts, 'transplant']}")
            acts[kind]()

    def _change(self, content: Mapping[str, Any], _buffers: Sequence[Any]) -> None:
        at = whole(content, "edit")
        if "name" in content:
            self.change(at, name=text(content, "name", 60))
        elif "on" in content:
            self.change(at, on=bool(content["on"]))
        else:
            value = content.get("value")
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise MalformedMessageError(f"expected a number for value, got {value!r}")
            self.change(at, value=float(value))

    def _remove(self, content: Mapping[str, Any], _buffers: Sequence[Any]) -> None:
        self.remove(whole(content, "edit"))


def _cut(image: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """The middle of a picture, repeated at its edges where it is too small."""
    down, across = max(0, rows - image.shape[0]), max(0, columns - image.shape[1])
    padding = ((down // 2, down - down // 2), (across // 2, across - across // 2), (0, 0))
    image = np.pad(image, padding, "edge")
    top, left = (image.shape[0] - rows) // 2, (image.shape[1] - columns) // 2
    return image[top : top + rows, left : left + columns]
