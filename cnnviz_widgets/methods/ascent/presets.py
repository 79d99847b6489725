"""Settings of an ascent that belong together, by name.

| name | what it is |
| --- | --- |
| `default` | Fourier waves and mild transforms that keep the size, for pictures at any size |
| `lucid` | Lucid's own defaults |
| `distill2017` | the recipe of the Distill article's appendix: slow, and very clean |
| `maco` | Fel et al. 2023: photographs' spectrum, phases only |
| `pixel` | the bare gradient: each pixel by itself, no transforms |

Sequences have two of them: `default`, with waves along the line, moved and stretched a little in
time, and `pixel`, each value by itself.

Lucid's canvas grows and shrinks with the picture. Here it is always the same, so that one step is
compiled once: a little more than the picture is at its largest, and black beyond it. More border
than that would only be climbed in vain. And the picture is turned and scaled in one reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import optax

from ...network import InputError, Network
from ...network.errors import suggest
from .maco import Maco
from .parameterisations import Fourier, Parameterisation, Pixels
from .transforms import (
    Affine,
    Compose,
    Crop,
    Crops,
    Jitter,
    Noise,
    Pad,
    Rotate,
    Scale,
    Shift,
    compose,
)

ADAM = optax.scale_by_adam()  # one object, so that its steps are compiled once
NADAM = optax.scale_by_adam(eps=1e-7, nesterov=True)


@dataclass(frozen=True)
class Preset:
    """Settings of an ascent; any can be replaced when it is called.

    Attributes:
        parameterisation: what is turned.
        transforms: what is done to the picture before the network sees it.
        optimizer: of optax, without a learning rate.
        learning_rate: of it.
        steps: how many.
        size: of the picture; the network's own if `None`.
        redirect: for how many steps a dead start is helped by redirected ReLU.
    """

    parameterisation: Parameterisation
    transforms: Compose
    optimizer: Any
    learning_rate: float
    steps: int
    size: int | None = None
    redirect: int = 16


def _span(first: int, last: int) -> tuple[float, ...]:
    return tuple(float(number) for number in range(first, last + 1))


PRESETS = {
    "default": Preset(
        Fourier(flat=20.0),  # or first layers' channels that want one plain colour fall short
        compose(Shift(1 / 32), Scale((0.95, 0.975, 1.0, 1.025, 1.05)), Rotate(_span(-5, 5))),
        ADAM, 0.1, 256,  # twice Lucid's rate, for black and white to be in reach in 256 steps
        redirect=128,  # units that hardly anything fires need more than Lucid's 16
    ),
    "lucid": Preset(
        Fourier(),
        compose(
            Pad(12),
            Jitter(8),
            Affine(
                (*_span(-10, 10), *[0.0] * 5),
                tuple(1 + (number - 5) / 50 for number in range(11)),
                fill=0.0,
                grow=True,
            ),
            Jitter(4),
            Crop(4),
        ),
        ADAM, 0.05, 512, 128,
    ),
    "distill2017": Preset(
        Fourier(),
        compose(
            Pad(16, "reflect"),
            Jitter(16),
            Scale((1.0, 0.975, 1.025, 0.95, 1.05)),
            Rotate(_span(-5, 5)),
            Jitter(8),
            Crop(4),  # what is left of the border: the picture's own size
        ),
        ADAM, 0.05, 2560, 128,
    ),
    "maco": Preset(Maco(), compose(Crops(), Noise(0.08, 0.04)), NADAM, 1.0, 256, 512),
    "pixel": Preset(Pixels(), compose(), ADAM, 0.05, 512, 128),
}  # fmt: skip
"""All presets by name."""


OF_SEQUENCES = {
    "default": Preset(
        Fourier(decay=0.5),  # as much in each octave, or a sound would be a rumble
        compose(Shift(16), Scale((0.98, 0.99, 1.0, 1.01, 1.02)), Noise(0.01)),
        ADAM, 0.05, 256,
    ),
    "pixel": Preset(Pixels(), compose(), ADAM, 0.05, 256),
}  # fmt: skip
"""Those of sequences and vectors, by name."""


def presets_for(net: Network) -> dict[str, Preset]:
    """The presets that there are for what a network takes, by name."""
    return PRESETS if len(net.input_shape) == 3 else OF_SEQUENCES


def preset_for(net: Network, name: str) -> Preset:
    """The settings of that name, for what a network takes.

    Raises:
        InputError: names the presets.
    """
    if name in PRESETS and name not in presets_for(net):
        raise InputError(
            f"expected a preset of {sorted(presets_for(net))} for a network that takes "
            f"{net.input_shape}, got {name!r}, which is for pictures."
        )
    return presets_for(net).get(name) or preset(name)


def preset(name: str) -> Preset:
    """The settings of that name.

    Raises:
        InputError: names the presets.
    """
    if name not in PRESETS:
        raise InputError(f"expected a preset, got {name!r}: {suggest(str(name), PRESETS)}")
    return PRESETS[name]
