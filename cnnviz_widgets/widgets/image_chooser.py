"""Bundled pictures, or sounds, to choose from, and the person's own.

The page sends an own picture shrunk, as RGB bytes in one message; what arrives is checked, and
brought to what the network takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import traitlets as t
from PIL import Image

from .. import zoo
from ..network import Network
from .selection import Selection
from .shared.base import View
from .shared.names import check_name
from .shared.picture import as_png, fitted, to_pixels
from .shared.sequence_picture import drawn_wave, sequence_pixels
from .shared.wire import MalformedMessageError, text, whole

THUMBNAIL_SIDE = 56

UPLOAD_SIDE = 1024
"""Pixels on a side of an upload at most; pages shrink to half of that."""

LONGEST = 256
"""Pixels on the longer side of a picture for a network that takes any size: quick to look at."""

SMALL = 64
"""A network for grey pictures of at most so many pixels on a side is offered digits."""


class ImageChooser(View):
    """Chooses a picture for a network: a bundled one, or one that is uploaded, dropped or pasted.

    Attributes:
        names: of the bundled pictures, or sounds, that suit the network.
        name: of the chosen one; "upload: FILE" for an own one, "" for one from elsewhere.
        image: the chosen picture as the network takes it, float32 (H, W, C) in [0, 1]; or the
            sound, (T, 1) in [-1, 1].
        uploads: whether the network takes pictures of the person's own.

    Args:
        net: the network.
        name: of the first picture; none is chosen if left out.
        selection: to share the image with other views.

    Raises:
        traitlets.TraitError: if there is no such picture.

    Example:
        >>> cw.widgets.ImageChooser(cw.load("photos"), name="cat")
    """

    bundle = "image-chooser"

    names = t.List(t.Unicode()).tag(sync=True, kernel_only=True)
    name = t.Unicode("").tag(sync=True, echo_update=False)
    thumbnails = t.List().tag(sync=True, kernel_only=True)
    uploads = t.Bool(True).tag(sync=True, kernel_only=True)
    image = t.Any(None, allow_none=True)

    def __init__(self, net: Network, *, name: str = "", selection: Selection | None = None) -> None:
        self._network = net
        self._upload: tuple[str, np.ndarray] | None = None
        self._loaded: np.ndarray | None = None  # the picture that `name` tells of
        super().__init__()
        self._handlers["upload"] = self._receive_upload
        with self._building():
            self.names = list(examples_for(net))
            self.thumbnails = [_thumbnail(each) for each in self.names]
            self.uploads = len(net.input_shape) == 3
            if selection is not None:
                self._at_close.append(selection.join(self, ["image"]))
            self.name = name

    @t.validate("name")
    def _check_name(self, proposal: Any) -> str:
        known = ["", *self.names, *(self._upload or ())[:1]]
        return check_name("the name of a picture", proposal.value, known)

    @t.observe("name")
    def _load(self, _change: Any = None) -> None:
        if not self.name:
            return
        if self._upload is not None and self.name == self._upload[0]:
            self._loaded = self._upload[1]
        else:
            self._loaded = self._bundled(self.name)
        self.image = self._loaded
        self._withdraw_complaint()

    @t.observe("image")
    def _forget_name(self, _change: Any) -> None:
        if self.image is not self._loaded:
            self.name = ""

    def _bundled(self, name: str) -> np.ndarray:
        return zoo.sound(name) if name in zoo.sounds() else self._fit(zoo.image(name))

    def _fit(self, picture: np.ndarray) -> np.ndarray:
        return self._network.fit(picture, longest=max(LONGEST, *self._network.input_shape[:2]))

    def _receive_upload(self, content: Mapping[str, Any], buffers: Sequence[Any]) -> None:
        if not self.uploads:
            raise MalformedMessageError("expected no picture for a network that takes none")
        width = whole(content, "width", 1, UPLOAD_SIDE)
        height = whole(content, "height", 1, UPLOAD_SIDE)
        label = f"upload: {text(content, 'name')}"
        expected = width * height * 3
        if len(buffers) != 1 or memoryview(buffers[0]).nbytes != expected:
            sizes = [memoryview(each).nbytes for each in buffers]
            raise MalformedMessageError(f"expected one buffer of {expected} bytes, got {sizes}")
        pixels = np.frombuffer(buffers[0], np.uint8).reshape(height, width, 3)
        self._upload = label, self._fit(pixels)
        if self.name == label:
            self._load()  # another file of the same name
        else:
            self.name = label

    def _still(self) -> bytes | None:
        if self.image is None:
            return None
        if not self.uploads:
            batch = np.asarray(self._network.batch(self.image))
            return as_png(fitted(sequence_pixels(self._network, batch[0])))
        return as_png(fitted(to_pixels(self.image)))


def pictures_for(net: Network) -> tuple[str, ...]:
    """The names of the bundled pictures that suit a network: photographs, digits, or none."""
    shape = net.input_shape
    if len(shape) != 3 or shape[-1] not in (1, 3):
        return ()
    digits = shape[-1] == 1 and max(shape) <= SMALL
    names = (name for name in zoo.images() if name != "digits")  # the sheet of them all
    return tuple(name for name in names if name.startswith("digit-") == digits)


def examples_for(net: Network) -> tuple[str, ...]:
    """The names of the bundled pictures or sounds that suit the network."""
    sounds = len(net.input_shape) == 2 and net.input_shape[-1] == 1
    if sounds and net.takes((zoo.SOUND_LENGTH, 1)):
        return zoo.sounds()
    return pictures_for(net)


def bundled_name(net: Network, image: Any) -> str:
    """The name of the bundled picture that `image` is, as it is or fitted to `net`; else ""."""
    shape = np.shape(image)
    for name in examples_for(net) if len(net.input_shape) == 2 else ():
        if np.array_equal(zoo.sound(name), image):
            return name
    for name in pictures_for(net):
        picture = zoo.image(name)
        if picture.shape[:2] != shape[:2] and shape != net.input_shape:
            continue
        if np.array_equal(picture, image) or np.array_equal(net.fit(picture), image):
            return name
    return ""


@lru_cache
def _thumbnail(name: str) -> bytes:
    if name in zoo.sounds():
        return as_png(Image.fromarray(drawn_wave(zoo.sound(name)[:, 0], THUMBNAIL_SIDE, 36)))
    return as_png(fitted(to_pixels(zoo.image(name)), THUMBNAIL_SIDE))
