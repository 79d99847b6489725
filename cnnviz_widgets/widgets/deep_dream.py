"""DeepDream: a photograph into which a network paints what its layers see in it.

A dream goes from small octaves to large ones, and every iteration of every octave is a frame. They
stream to the page as messages; what is kept of them, here in full size and there as painted, is
what the Iteration slider goes back through.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import traitlets as t
from PIL import Image

from .. import methods, zoo
from ..live import History
from ..methods import DREAM_PRESETS, DreamFrame
from ..methods.ascent.deepdream import one_picture
from ..network import InputError, Network
from .image_chooser import pictures_for
from .records.dream_record import DreamRecord, shown, size_of
from .selection import Selection
from .shared.layered import LayeredView, convolutions
from .shared.locked import LOCK
from .shared.names import check_name, keywords_of, refuse_unknown
from .shared.picture import as_png, beside, to_pixels
from .shared.pictured import PicturedView
from .shared.played import Played
from .shared.run_files import film
from .shared.running import Frame
from .shared.saved import SavedView, no_run
from .shared.wire import pack, whole

GREYS = 255
"""Strength is told in grey levels, of which a picture has so many."""

SETTINGS = ("scale", "jitter", "tile", "guide", "seed", "key")
"""Of `methods.deep_dream`, and passed on to it as they are."""

Layers = str | Sequence[str] | Mapping[str, float] | None


class DeepDream(Played, SavedView, PicturedView, LayeredView):
    """Shows a photograph turning into a dream of what a layer or a channel sees in it.

    The page's controls, the traits and the methods (`play`, `pause`, `restart`, `stop`, `save`) do
    the same. A change while a dream runs begins a new one; else it waits for Play.

    Attributes:
        objective: "layer" (all of it), "channel", or "layers" for several with `weights`.
        weights: of several layers, by name.
        preset: one of `methods.DREAM_PRESETS`; setting it sets the three below.
        octaves: powers of the scale, from small to large; the photograph's own size is 0.
        iterations: for each octave.
        strength: grey levels (of 255) by which the picture changes at each iteration.
        iteration: which frame is shown, counted through all octaves; -1 for the newest.
        show: "beside" the photograph, or "over" it with a divider at `compare` percent.

    Args:
        net: the network.
        image: the photograph, HWC, uint8 or float in [0, 1], of any size; a bundled one if left
            out.
        layer: a name, "layer:channel", or several: a list of names, or weights by name. A
            convolution at two thirds of the depth if left out.
        channel: its number; the whole layer is dreamt of if left out.
        preset: "original" or "tensorflow".
        octaves: how many, or their powers; the preset's if left out.
        iterations: for each octave; the preset's if left out.
        strength: 0 to 255 grey levels; the preset's if left out.
        rate: frames a second where the page cannot acknowledge them: in Colab and for `run`.
        selection: to share image, layer, channel and iteration with other views.
        settings: others of `methods.deep_dream`: scale, jitter, tile, guide, seed, key.

    Raises:
        InputError: if the image is not one picture, a number is out of range, or no bundled
            photograph suits the network.
        UnknownLayerError: if there is no such layer.
        traitlets.TraitError: if there is no such channel or preset.

    Example:
        >>> view = cw.DeepDream(cw.load("photos"), cw.image("temple"), layer="conv3")
        >>> view.play()
        >>> view.save("dream.gif")
    """

    bundle = "deep-dream"

    presets = t.List(t.Dict()).tag(sync=True, kernel_only=True)
    weights = t.Dict(default_value={}).tag(sync=True, kernel_only=True)
    objective = t.Enum(["layer", "channel", "layers"], "layer").tag(sync=True, echo_update=False)
    preset = t.Unicode("original").tag(sync=True, echo_update=False)
    octaves = t.List(t.Int(min=-32, max=32), [0], minlen=1, maxlen=16).tag(
        sync=True, echo_update=False
    )
    iterations = t.Int(10, min=1, max=1000).tag(sync=True, echo_update=False)
    strength = t.Float(1.5, min=1e-3, max=GREYS).tag(sync=True, echo_update=False)
    iteration = t.Int(-1, min=-1).tag(sync=True, echo_update=False)
    show = t.Enum(["beside", "over"], "beside").tag(sync=True, echo_update=False)
    compare = t.Int(50, min=0, max=100).tag(sync=True, echo_update=False)

    def __init__(
        self,
        net: Network,
        image: Any = None,
        *,
        layer: Layers = None,
        channel: int | None = None,
        preset: str = "original",
        octaves: int | Sequence[int] | None = None,
        iterations: int | None = None,
        strength: float | None = None,
        rate: float = 4.0,
        selection: Selection | None = None,
        **settings: Any,
    ) -> None:
        own = [name for name in keywords_of(type(self).__init__, only=True) if name != "settings"]
        refuse_unknown("DeepDream", settings, [*own, *SETTINGS])
        self._network = net
        self._settings = settings
        self._runs = itertools.count(1)
        self._images = 0  # how many there have been; numbers the one at hand
        self._record: DreamRecord | None = None
        super().__init__(rate=rate)
        self._handlers["show"] = self._show
        with self._building():
            self._offer_layers(net.layers)
            self.presets = [{"name": name} | _numbers(name) for name in DREAM_PRESETS]
            self.layer = _two_thirds(net)
            names = ("layer", "channel", "image", "iteration")
            self._choose(selection, names, None, None)
            self._aim(layer, channel)
            self.preset = preset
            self._take_preset()
            self._set_numbers(octaves, iterations, strength)
            if image is not None or self.image is None:
                self.image = bundled_photograph(net) if image is None else image
            self._new_image()
            methods.deep_dream(net, self.image, **self._chosen())  # refuses what makes no sense
        self.observe(self._new_image, "image")
        self.observe(self._take_preset, "preset")
        self.observe(self._new_goal, ["objective", "layer", "channel", "image", "octaves",
                                      "iterations", "strength", "preset"])  # fmt: skip

    @property
    def frames(self) -> History[DreamFrame]:
        """What is kept of the newest dream, by step."""
        return History(2) if self._record is None else self._record.pictures

    @property
    def dream(self) -> np.ndarray | None:
        """The picture that is shown, float32 (H, W, C) in [0, 1]; `None` before the first run."""
        frames = self.frames
        if frames.newest is None:
            return None
        return (frames.newest if self.iteration < 0 else frames.get(self.iteration)).image

    def settle_frame(self, frame: Frame) -> Frame:
        """Make the newest frame the one that stays, with what a new page has to know of the run."""
        return super().settle_frame(frame | ({} if self._record is None else self._record.past()))

    def _aim(self, layer: Layers, channel: int | None) -> None:
        """Set the traits to what is asked for."""
        if isinstance(layer, str) and ":" in layer and layer not in self._network:
            found = methods.objective(self._network, layer)
            if len(found.arguments) != 1:
                raise InputError(f"expected a layer or one channel of it, got {layer!r}.")
            (layer,), channel = found.layers, int(found.arguments[0])
        if isinstance(layer, str):
            layer = self._network[layer].name
            self.layer = layer
        elif layer is not None:
            given = dict(layer) if isinstance(layer, Mapping) else dict.fromkeys(layer, 1.0)
            if not given:
                raise InputError("expected at least one layer, got none.")
            if channel is not None:
                raise InputError("expected one layer with a channel, got several.")
            self.weights = {self._network[name].name: float(n) for name, n in given.items()}
            self.objective = "layers"
        if channel is not None:
            self.channel, self.objective = channel, "channel"

    def _set_numbers(self, octaves: Any, iterations: int | None, strength: float | None) -> None:
        if isinstance(octaves, int):
            if not 1 <= octaves <= 16:
                raise InputError(f"expected 1 to 16 octaves, got {octaves}.")
            last = self.octaves[-1]
            octaves = range(last - octaves + 1, last + 1)
        if octaves is not None:
            self.octaves = list(octaves)
        self.iterations = self.iterations if iterations is None else iterations
        self.strength = self.strength if strength is None else strength

    def _take_preset(self, _change: Any = None) -> None:
        with self.hold_sync():
            self._bring(**_numbers(self.preset))

    def _new_image(self, _change: Any = None) -> None:
        photograph = one_picture(self._network, self.image)[0]
        pixels = shown(photograph)
        with LOCK:
            self._images += 1
            self.picture = {"size": size_of(photograph)} | {
                "width": pixels.shape[1], "height": pixels.shape[0], "pixels": pixels.tobytes(),
            }  # fmt: skip

    def _goal(self) -> Hashable:
        numbers = self.preset, tuple(self.octaves), self.iterations, self.strength
        place = {"layer": self.layer, "channel": (self.layer, self.channel), "layers": None}
        return (self._images, self.objective, place[self.objective], *numbers)

    def _start(self, *, step: bool) -> None:
        self.iteration = -1
        image, chosen, label = self.image, self._chosen(), self._label()
        self._runner.start(lambda: self._dream(image, chosen, label), stream=True, step=step)

    def _label(self) -> str:
        if self.objective == "layers":
            return " + ".join(f"{weight:g} {name}" for name, weight in self.weights.items())
        return self.layer if self.objective == "layer" else f"{self.layer}:{self.channel}"

    def _chosen(self) -> dict[str, Any]:
        """What is chosen now, as `methods.deep_dream` takes it."""
        climbed: Any = self.layer
        if self.objective == "layers":
            climbed = dict(self.weights)
        elif self.objective == "channel":
            climbed = methods.channel(self.layer, self.channel)
        return {
            "layer": climbed,
            "preset": self.preset,
            "octaves": tuple(self.octaves),
            "iterations": self.iterations,
            "rate": self.strength / GREYS,
            **self._settings,
        }

    def _dream(self, image: Any, chosen: dict[str, Any], label: str) -> Iterator[Frame]:
        photograph = np.asarray(one_picture(self._network, image)[0])
        record = None
        for frame in methods.deep_dream(self._network, image, **chosen):
            if record is None:  # only now: until then the last dream stays
                record = self._record = DreamRecord(next(self._runs), label, photograph)
            yield record.add(frame)

    def _show(self, content: Mapping[str, Any], _buffers: Sequence[Any]) -> None:
        step = whole(content, "step")
        if self._record is not None:
            self.send(*pack(self._runner.outbox.stamp(self._record.replay(step))))

    def _file(self, kind: str) -> bytes:
        dream, frames = self.dream, self.frames
        if dream is None:
            raise no_run()
        if kind == "png":
            return as_png(Image.fromarray(to_pixels(dream)))
        moments = [frames.get(step) for step in frames.steps()]
        return film(moments, kind, lambda frame: Image.fromarray(shown(frame.image)))

    def _file_name(self) -> str:
        return "dream" if self._record is None else f"dream {self._record.label}"

    @t.validate("image")
    def _check_image(self, proposal: Any) -> Any:
        one_picture(self._network, proposal.value)
        return proposal.value

    @t.validate("preset")
    def _check_preset(self, proposal: Any) -> str:
        return check_name("the name of a preset", proposal.value, DREAM_PRESETS)

    @t.validate("objective")
    def _check_objective(self, proposal: Any) -> str:
        if proposal.value == "layers" and not self.weights:
            raise t.TraitError(
                "expected several layers. Pass DeepDream(..., layer={name: weight})."
            )
        return proposal.value

    def _still(self) -> bytes | None:
        photograph = self._pixels()
        dream = self.dream
        if photograph is None or dream is None:
            return None
        return as_png(beside([photograph, to_pixels(dream)]))


def bundled_photograph(net: Network) -> np.ndarray:
    """A bundled picture that suits a network.

    Raises:
        InputError: if there is none.
    """
    names = pictures_for(net)
    if not names:
        raise InputError(
            f"expected an image: no bundled one suits a network that takes {net.input_shape}. "
            "Pass DeepDream(net, image)."
        )
    picture = zoo.image("cat" if "cat" in names else names[0])
    return picture if net.input_shape[-1] == 3 else net.fit(picture)


def _numbers(preset: str) -> dict[str, Any]:
    """What a preset sets."""
    found = DREAM_PRESETS[preset]
    return {
        "octaves": list(found.octaves),
        "iterations": found.iterations,
        "strength": round(found.rate * GREYS, 6),
    }


def _two_thirds(net: Network) -> str:
    """Deep enough for parts of things, and not yet whole ones."""
    found = convolutions(net)
    return found[round(2 / 3 * (len(found) - 1))]
