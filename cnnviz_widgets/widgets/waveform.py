"""A sound as a network hears it: waveform, spectrogram, playback, and what speaks for a class when.

Attribution is computed for every sample; it travels as the sum over short stretches, which is what
a screen can show and what adds up to the whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import traitlets as t

from .. import zoo
from ..methods import Attribution, frames, probabilities
from ..methods.sequences.spectrogram import spectrogram
from ..network import InputError, Network
from .selection import Selection
from .shared.names import check_class, check_name
from .shared.picture import as_png, operation_picture
from .shared.pictured import PicturedView
from .shared.running import Frame
from .shared.wire import floats

STRETCHES = 256
"""Parts of a sound of which each has one colour."""

METHODS = ("integrated_gradients", "saliency", "input_x_gradient", "smooth_grad", "grad_cam")
_SIGNED = {"integrated_gradients", "input_x_gradient"}


class Waveform(PicturedView):
    """Shows a sound with what speaks for a class at which moment, and plays it.

    Set `image` (the sound), `target` or `method` to change what is shown.

    Attributes:
        method: of attribution.
        target: the number of a class; `None` for the one that the network hears.
        rate: samples a second.

    Args:
        net: a network that takes samples (T, 1).
        image: one sound, (T, 1), in [-1, 1].
        method: integrated_gradients, saliency, input_x_gradient, smooth_grad or grad_cam.
        target: class index or name; the one that the network hears if left out.
        rate: samples a second.
        selection: to share the sound and the class with other views.

    Raises:
        InputError: if the network takes no sound, or cannot take this one.
        traitlets.TraitError: if there is no such method or class.

    Example:
        >>> cw.Waveform(cw.load("sounds"), cw.sound("drum"))
    """

    bundle = "waveform"

    method = t.Unicode(METHODS[0]).tag(sync=True, echo_update=False)
    methods = t.List(t.Unicode(), list(METHODS)).tag(sync=True, kernel_only=True)
    target = t.Int(None, allow_none=True).tag(sync=True, echo_update=False)
    classes = t.List(t.Unicode()).tag(sync=True, kernel_only=True)
    rate = t.Float(float(zoo.SOUND_RATE)).tag(sync=True, kernel_only=True)

    def __init__(
        self,
        net: Network,
        image: Any = None,
        *,
        method: str = METHODS[0],
        target: int | str | None = None,
        rate: float = float(zoo.SOUND_RATE),
        selection: Selection | None = None,
    ) -> None:
        if len(net.input_shape) != 2 or net.input_shape[-1] != 1:
            raise InputError(
                f"expected a network for sounds (samples, 1), this one takes {net.input_shape}."
            )
        if not 3000 <= rate <= 384_000:
            raise InputError(f"expected a rate from 3000 to 384000 samples a second, got {rate}.")
        self._network = net
        self._result: Attribution | None = None
        super().__init__()
        with self._building():
            count = net.logits.channels
            self.classes = list(net.classes or (str(k) for k in range(count)))
            self.rate = float(rate)
            self.method = method
            if selection is not None:
                self._at_close.append(selection.join(self, ["image", "target"]))
            if target is not None:
                self.target = net.class_index(target)
            if image is not None:
                self.image = image
            elif self.image is None:
                self.image = zoo.sound(zoo.sounds()[0])
        self.observe(self._look, ["image", "method", "target"])
        self._look()

    @property
    def result(self) -> Attribution | None:
        """What each sample contributes, as the method gives it; `None` until there is something."""
        return self._result

    @t.validate("method")
    def _check_method(self, proposal: Any) -> str:
        return check_name("a method for sounds", proposal.value, METHODS)

    @t.validate("target")
    def _check_target(self, proposal: Any) -> int | None:
        return check_class(proposal.value, self.classes)

    def _look(self, _change: Any = None) -> None:
        wanted = self.image, self.method, self.target
        self._runner.start(lambda: self._answer(*wanted), stream=False)

    def _answer(self, sound: Any, method: str, target: int | None) -> Iterator[Frame]:
        options = {} if target is None else {"target": target}
        *_, found = frames(method, self._network, sound, **options)
        self._result = found
        batch = np.asarray(self._network.batch(sound))
        wave = batch[0, :, 0]
        seen = spectrogram(wave, self.rate)
        yield {
            "length": len(wave),
            "samples": floats(wave),
            "bins": len(seen.frequencies),
            "highest": float(seen.frequencies[-1]),
            "decibels": floats(seen.decibels),
            "shares": floats(_shares(found.values[0], method)),
            "signed": method in _SIGNED,
            "method": method,
            "target": found.target[0],
            "probabilities": floats(np.asarray(probabilities(self._network, sound))[0]),
            "notes": list(found.notes),
        }

    def _still(self) -> bytes | None:
        found = self._result
        if found is None:
            return None
        wave = np.asarray(self._network.batch(self.image))[0, :, 0]
        heard = spectrogram(wave, self.rate, hop=max(1, len(wave) // 128)).decibels.T[::-1]
        said = np.asarray(probabilities(self._network, self.image))[0]
        best = int(said.argmax())
        lines = [
            f"{len(wave) / self.rate:.2f} s, heard as {self.classes[best]} ({said[best]:.0%})",
            f"{found.method} for {self.classes[found.target[0]]}",
        ]
        shares = np.repeat(_shares(found.values[0], found.method)[None], 24, 0)
        return as_png(operation_picture([(heard + 60, None), (shares, None)], lines))


def _shares(values: np.ndarray, method: str) -> np.ndarray:
    """What each stretch contributes: the sum where values add up, else the mean of magnitudes."""
    each = values.reshape(len(values), -1).sum(1)
    each = each if method in _SIGNED else np.abs(each)
    edges = np.linspace(0, len(each), min(STRETCHES, len(each)) + 1).astype(int)
    sums = np.add.reduceat(each, edges[:-1])
    return sums if method in _SIGNED else sums / np.diff(edges)
