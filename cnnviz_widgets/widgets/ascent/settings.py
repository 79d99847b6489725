"""How an ascent view climbs: its preset, and what replaces parts of it.

What a page can choose is a trait; `None` or "auto" stands for what the preset says. All other
settings of `methods.ascend` are passed on as they were given.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import traitlets as t

from ...methods import (
    CPPN,
    Alpha,
    Bilinear,
    Fourier,
    LaplacianPyramid,
    LowResolution,
    Maco,
    Parameterisation,
    Pixels,
)
from ...methods.ascent.ascend import layers_seen
from ...methods.ascent.presets import PRESETS, presets_for
from ...network import Layer, Network
from ...network.images import MAX_SIDE
from ..shared.layered import LayeredView
from ..shared.names import check_name

PARAMETERISATIONS: Mapping[str, Parameterisation | None] = {
    "auto": None,
    "fourier": Fourier(),
    "pixels": Pixels(),
    "low resolution": LowResolution(),
    "laplacian": LaplacianPyramid(),
    "bilinear": Bilinear(),
    "maco": Maco(),
    "cppn": CPPN(),
    "alpha": Alpha(),
}
"""By name; "auto" is the preset's."""

OF_SEQUENCES = ("auto", "fourier", "pixels")
"""Those that paint sequences, too."""

OWN = "own"


class ClimbingView(LayeredView):
    """A view that runs ascents, with the settings that a page can choose.

    Attributes:
        preset: where settings come from that are left open.
        compare: a second preset, climbed beside the first; "" for none.
        parameterisation: one of `PARAMETERISATIONS`; "own" for an object that was given.
        size: of the picture, one number or [rows, columns]; `None` for the preset's.
        seed: of the random numbers.
        learning_rate: of the optimiser; `None` for the preset's.
        redirect: for how many steps a dead start is helped; `None` for the preset's.
        steps: of a run.
    """

    presets = t.List().tag(sync=True, kernel_only=True)
    parameterisations = t.List(t.Unicode()).tag(sync=True, kernel_only=True)
    preset = t.Enum(list(PRESETS), "default").tag(sync=True, echo_update=False)
    compare = t.Enum(["", *PRESETS], "").tag(sync=True, echo_update=False)
    parameterisation = t.Unicode("auto").tag(sync=True, echo_update=False)
    size: Any = t.Any(None, allow_none=True).tag(sync=True, echo_update=False)
    seed = t.Int(0, min=0, max=2**31 - 1).tag(sync=True, echo_update=False)
    learning_rate: Any = t.Float(None, allow_none=True, min=1e-12, max=1e6).tag(
        sync=True, echo_update=False
    )
    redirect: Any = t.Int(None, allow_none=True, min=0, max=10**6).tag(sync=True, echo_update=False)
    steps = t.Int(256, min=1, max=10**6).tag(sync=True, echo_update=False)

    _own_parameterisation: Parameterisation | None = None
    _network: Network
    _others: Mapping[str, Any]  # settings that are no traits

    def _offer_settings(
        self, parameterisation: Parameterisation | str | None, steps: int | None, **given: Any
    ) -> None:
        """Take over what was given, and let the page know what there is to choose from."""
        self.presets = [  # the page sets the steps of one that is chosen there, unless it has none
            {
                "name": known,
                "rate": each.learning_rate,
                "size": each.size,
                "steps": each.steps if steps is None else None,
                "redirect": each.redirect,
            }
            for known, each in presets_for(self._network).items()
        ]
        name = OWN
        if isinstance(parameterisation, str):
            name = parameterisation
        elif parameterisation is None:
            name = "auto"
        else:
            self._own_parameterisation = parameterisation
        offered = [] if self._own_parameterisation is None else [OWN]
        painters = PARAMETERISATIONS if len(self._network.input_shape) == 3 else OF_SEQUENCES
        self.parameterisations = [*painters, *offered]
        for setting, value in given.items():
            setattr(self, setting, value)
        self.parameterisation = name
        self.steps = presets_for(self._network)[self.preset].steps if steps is None else steps
        self._offer_layers(self._layers_at_size())
        if steps is None:
            self.observe(self._take_steps, "preset")
        self.observe(self._resize, ["preset", "size"])

    def _settings(self) -> dict[str, Any]:
        """As `ascent_compared.climb` takes them, but for the steps."""
        own = self.parameterisation == OWN
        painted = PARAMETERISATIONS.get(self.parameterisation)
        size = tuple(self.size) if isinstance(self.size, (list, tuple)) else self.size
        return {
            **self._others,
            "preset": self.preset,
            "compare": self.compare,
            "parameterisation": self._own_parameterisation if own else painted,
            "size": size,
            "seed": self.seed,
            "learning_rate": self.learning_rate,
            "redirect": self.redirect,
        }

    def _rate(self) -> float:
        """The learning rate that counts."""
        return self.learning_rate or presets_for(self._network)[self.preset].learning_rate

    def _layers_at_size(self) -> tuple[Layer, ...]:
        """The layers for what the network sees of the pictures."""
        names = ("preset", "size", "transforms", "jitter", "start")
        settings = self._settings()
        return layers_seen(
            self._network, **{name: settings[name] for name in names if name in settings}
        )

    def _take_steps(self, _change: Any) -> None:
        self._bring(steps=presets_for(self._network)[self.preset].steps)

    def _resize(self, _change: Any) -> None:
        self._offer_layers(self._layers_at_size())

    @t.validate("preset", "compare")
    def _check_preset(self, proposal: Any) -> str:
        return check_name("a preset", proposal.value, ["", *presets_for(self._network)])

    @t.validate("parameterisation")
    def _check_parameterisation(self, proposal: Any) -> str:
        if self.parameterisations and proposal.value not in self.parameterisations:
            raise t.TraitError(
                f"expected parameterisation as one of {', '.join(self.parameterisations)}, got "
                f"{proposal.value!r}."
            )
        return proposal.value

    @t.validate("size")
    def _check_size(self, proposal: Any) -> Any:
        value = proposal.value
        if value is None:
            return None
        sides = [value] if isinstance(value, (int, np.integer)) else value
        whole = isinstance(sides, (list, tuple)) and len(sides) <= 2
        if not whole or not all(
            isinstance(side, (int, np.integer)) and 0 < side <= MAX_SIDE for side in sides
        ):
            raise t.TraitError(
                f"expected a size of one number or (rows, columns), from 1 to {MAX_SIDE} pixels, "
                f"got {value!r}."
            )
        return int(sides[0]) if len(sides) == 1 else [int(side) for side in sides]
