"""Units of a recurrent layer over time: states, gates, the prediction after each step, the input.

The network runs once for an input, and all numbers of all steps go to the page: moving through the
steps, playing them, another unit or another gate is the page's own affair. It comes here only so
that others can follow it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import traitlets as t

from .. import zoo
from ..methods import StatesOverTime, hidden_states, recurrent_layers
from ..network import InputError, Network
from .image_chooser import pictures_for
from .selection import Selection
from .shared.layered import LayeredView
from .shared.names import check_name
from .shared.picture import as_png, operation_picture
from .shared.pictured import PicturedView
from .shared.running import Frame
from .shared.wire import floats, layer_info

CLASSES = 16
"""Classes that are shown at most: those that are ever the likeliest."""


class HiddenStates(PicturedView, LayeredView):
    """Shows what a recurrent layer holds after each step of a sequence.

    Set `image`, `layer`, `channel`, `step` or `show` to change what is shown.

    Attributes:
        channel: number of the unit whose course is drawn.
        step: number of the step that is looked at, in the order of the sequence.
        show: what the heat map shows: `state`, `cell` of an LSTM, or a gate by its name.
        shown: what there is to show.
        order: of the units in the heat map: `index`, or `strongest`.

    Args:
        net: a network with a recurrent layer: of Flax, of Keras, or a bare `jax.lax.scan`.
        image: one example, as the network takes it. If left out, that of the selection, or a
            bundled picture that suits the network.
        layer: name of a recurrent layer; the last if left out.
        channel: number of a unit; 0 if left out.
        step: the last one if left out.
        show: the state if left out.
        order: of the units.
        selection: to share image, layer and channel with other views.

    Raises:
        InputError: if the network has no recurrent layer or cannot take the input.
        traitlets.TraitError: if there is no such layer, unit, step, state or gate.

    Example:
        >>> net = cw.load("digits_gru")
        >>> cw.HiddenStates(net, net.fit(cw.image("digit-3")))
    """

    bundle = "hidden-states"

    step = t.Int(0, min=0).tag(sync=True, echo_update=False)
    show = t.Unicode("").tag(sync=True, echo_update=False)
    shown = t.List(t.Unicode()).tag(sync=True, kernel_only=True)
    order = t.Enum(["index", "strongest"], "index").tag(sync=True, echo_update=False)

    def __init__(
        self,
        net: Network,
        image: Any = None,
        *,
        layer: str | None = None,
        channel: int | None = None,
        step: int | None = None,
        show: str | None = None,
        order: str = "index",
        selection: Selection | None = None,
    ) -> None:
        self._network = net
        self._result: StatesOverTime | None = None
        self._steps = 0  # of the chosen layer
        super().__init__()
        with self._building():
            self._offer_recurrent((1, *net.input_shape))
            self.layer = self.layers[-1]["name"]
            self.order = order
            self._choose(selection, ("layer", "channel", "image"), layer, channel)
            if image is not None:
                self.image = image
            elif self.image is None:
                self.image = _bundled(net)
            self._offer_steps()
            self.step = self._steps - 1 if step is None else step
            self.show = self.shown[0] if show is None else show
        self.observe(self._new_sequence, ["image", "layer"])
        self._look()

    @property
    def result(self) -> StatesOverTime | None:
        """What is shown, as the method gives it; `None` until there is something."""
        return self._result

    def _offer_recurrent(self, shape: tuple[int, ...]) -> None:
        names = recurrent_layers(self._network, shape)
        if not names:
            hidden_states(self._network, np.zeros(shape, np.float32))  # says what is wrong
        self._loops = {loop.name: loop for loop in self._network.at(shape).loops}
        self.layers = [
            {**layer_info(self._network[loop.owner]), "name": name, "channels": loop.units}
            for name, loop in self._loops.items()
        ]

    def _offer_steps(self) -> None:
        """What can be chosen of the layer for the input at hand."""
        self._offer_recurrent(tuple(self._network.batch(self.image).shape))
        loop = self._loops[self.layer]
        self._steps = loop.length
        self.shown = [*loop.states, *(gate.name for gate in loop.gates)]

    def _new_sequence(self, _change: Any) -> None:
        last = self.step == self._steps - 1
        with self.hold_sync():
            self._offer_steps()
            if last or self.step >= self._steps:
                self.step = self._steps - 1
            if self.show not in self.shown:
                self.show = self.shown[0]
        self._look()

    @t.validate("step")
    def _check_step(self, proposal: Any) -> int:
        if not 0 <= proposal.value < max(1, self._steps):
            raise t.TraitError(
                f"expected a step of {self.layer} from 0 to {self._steps - 1}, "
                f"got {proposal.value}."
            )
        return proposal.value

    @t.validate("show")
    def _check_show(self, proposal: Any) -> str:
        return check_name("a state or a gate", proposal.value, self.shown)

    def _look(self, _change: Any = None) -> None:
        image, layer = self.image, self.layer
        self._runner.start(lambda: self._answer(image, layer), stream=False)

    def _answer(self, image: Any, layer: str) -> Iterator[Frame]:
        found = hidden_states(self._network, image, layer=layer)
        self._show_picture(self._network.batch(image))
        self._result = found
        yield _as_frame(found, self._network.classes)

    def _still(self) -> bytes | None:
        found = self._result
        if found is None:
            return None
        arrays = {**found.states, **found.gates}
        step, show = self.step, self.show
        values = arrays[show][0].T
        maps = [(values, (0, step, len(values), step + 1))]
        lines = [f"{found.layer}: {show} of {len(values)} units over {values.shape[1]} steps"]
        if found.predictions is not None:
            said = found.predictions[0].T
            maps.append((said, (0, step, len(said), step + 1)))
            best = int(said[:, step].argmax())
            name = self._network.classes[best] if self._network.classes else best
            lines.append(f"prediction after step {step}: {name} ({said[best, step]:.0%})")
        return as_png(operation_picture(maps, [*lines, *found.notes]))


def _as_frame(found: StatesOverTime, classes: tuple[str, ...] | None) -> Frame:
    states = {name: values[0] for name, values in found.states.items()}
    gates = {name: values[0] for name, values in found.gates.items()}
    arrays = [*states.items(), *gates.items()]
    steps, units = next(iter(states.values())).shape
    frame: Frame = {
        "layer": found.layer,
        "steps": steps,
        "units": units,
        "maps": [
            {"name": name, "gate": name in gates, "units": values.shape[1]}
            for name, values in arrays
        ],
        "values": floats(np.concatenate([values.ravel() for _, values in arrays])),
        "features": 0,
        "predicted": found.predicted,
        "classes": [],
        "reads": None if found.reads is None else [float(each) for each in found.reads],
        "reverse": found.reverse,
        "notes": list(found.notes),
    }
    if found.inputs is not None:
        frame |= {"features": found.inputs.shape[-1], "inputs": floats(found.inputs[0])}
    if found.predictions is not None:
        said = found.predictions[0]
        listed = _listed(said)
        frame["classes"] = [str(classes[k]) if classes else str(k) for k in listed]
        frame["predictions"] = floats(said[:, listed])
    return frame


def _listed(said: np.ndarray) -> list[int]:
    """The classes to show: all if they are few, else those that are likeliest at some step."""
    if said.shape[1] <= CLASSES:
        return list(range(said.shape[1]))
    best = np.argsort(-said.max(0), kind="stable")[:CLASSES]
    return sorted(int(k) for k in best)


def _bundled(net: Network) -> Any:
    """A bundled picture that suits a network."""
    names = pictures_for(net)
    if not names:
        raise InputError(
            "expected an input: no bundled one suits a network that takes "
            f"{net.input_shape}. Pass HiddenStates(net, x)."
        )
    return net.fit(zoo.image(names[0]))
