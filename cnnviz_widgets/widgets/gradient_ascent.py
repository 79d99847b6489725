"""A picture that forms step by step: what a unit, a channel, a layer or a class answers to most.

A run is an ascent from its start to its last step. Its frames stream to the page as messages. What
is kept of them, here in full precision and there as painted, is what the Iteration slider goes
back through, during the run and after it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import traitlets as t

from .. import methods
from ..live import History
from ..methods import AscentFrame
from ..network import Layer, Network
from .ascent_record import AscentRecord
from .layered import LayeredView, convolutions
from .names import keywords_of, refuse_unknown
from .picture import as_png, fitted, to_pixels
from .running import Frame
from .selection import Selection
from .wire import MalformedMessageError, pack, text, whole

KINDS = ("channel", "unit", "layer", "class")


class GradientAscent(LayeredView):
    """Shows a gradient ascent while it runs, with Play, Pause, Stop and Step.

    The page's controls and the methods here do the same. `objective`, `layer`, `channel`,
    `position` and `target` say what to climb; a change while it runs begins a new run.

    Attributes:
        objective: channel, unit, layer or class.
        target: the number of the class.
        steps: of a run.
        iteration: which step's picture is shown; -1 for the newest.

    Args:
        net: the network.
        objective: "layer:channel", "layer:channel@row,column", "layer", or a class by name or
            number; channel 0 of the last convolution if left out.
        steps: of a run.
        size: of the picture, one number or (rows, columns); the network's own if left out.
        learning_rate: of the optimiser; the preset's if left out.
        seed: of the random numbers.
        rate: frames a second where the page cannot acknowledge them: in Colab and for `run`.
        selection: to share layer, channel, position, class and iteration with other views.
        settings: others of `methods.ascend`: start, jitter, l2, total_variation, parameterisation,
            optimizer, key, steps_per_frame.

    Raises:
        UnknownLayerError, UnknownTargetError: if there is no such objective.
        InputError: if the network cannot take such a picture.

    Example:
        >>> view = cw.GradientAscent(cw.load("photos"), "conv4:5")
        >>> view.play()
    """

    bundle = "gradient-ascent"

    classes = t.List(t.Unicode()).tag(sync=True, kernel_only=True)
    objective = t.Enum(KINDS, "channel").tag(sync=True, echo_update=False)
    target = t.Int(0).tag(sync=True, echo_update=False)
    steps = t.Int(256, min=1).tag(sync=True, echo_update=False)
    iteration = t.Int(-1, min=-1).tag(sync=True, echo_update=False)

    def __init__(
        self,
        net: Network,
        objective: str | int | None = None,
        *,
        steps: int = 256,
        size: int | Sequence[int] | None = None,
        learning_rate: float | None = None,
        seed: int = 0,
        rate: float = 4.0,
        selection: Selection | None = None,
        **settings: Any,
    ) -> None:
        known = keywords_of(methods.ascend, only=True)
        refuse_unknown("GradientAscent", settings, ["rate", "selection", *known])
        goal = f"{convolutions(net)[-1]}:0" if objective is None else objective
        sides = (size, size) if isinstance(size, int) else size
        self._network = net
        self._settings = {
            "size": sides if sides is None else tuple(sides),
            "learning_rate": learning_rate,
            "seed": seed,
            **settings,
        }
        methods.ascend(net, goal, steps=steps, **self._settings)  # refuses what makes no sense
        self._runs = itertools.count(1)
        self._goal_of_run: str | int | None = None  # none if it may not go on
        self._record: AscentRecord | None = None
        super().__init__(rate=rate)
        self._handlers |= {"command": self._command, "show": self._show}
        with self._building():
            self._offer_layers(self._layers_at_size())
            self.classes = [str(name) for name in net.classes or range(net.logits.shape[-1])]
            self.steps = steps
            self.layer = convolutions(net)[-1]
            names = ("layer", "channel", "position", "target", "iteration")
            chosen = selection is not None and selection.target is not None
            later = () if chosen else ("target",)  # class 0 is no one's choice
            self._choose(selection, names, None, None, later)
            if objective is not None:
                self._aim(objective)
        self.observe(self._new_goal, ["objective", "layer", "channel", "position", "target"])

    def play(self) -> None:
        """Start a run, or go on with a paused one."""
        if self._can_go_on():
            self._runner.resume()
        else:
            self._begin()

    def pause(self) -> None:
        """Rest after the step at hand."""
        self._runner.pause()

    def resume(self) -> None:
        """Go on with a paused run, or start one."""
        self.play()

    def step(self) -> None:
        """Make one step, then rest."""
        if self._can_go_on():
            self._runner.step()
        else:
            self._begin(step=True)

    def stop(self) -> None:
        """End the run; what was kept of it can still be looked at."""
        self._goal_of_run = None
        self._runner.stop()

    def run(self) -> None:
        """Like `play`, but in the calling thread: returns when the run has ended or is paused.

        Frames reach the page while the cell runs, `rate` a second or, where the page can
        acknowledge them meanwhile, as fast as it paints.

        Raises:
            KeyboardInterrupt: after an interrupt (the notebook's stop button), which pauses.
        """
        self.play()
        self._runner.run_here()

    @property
    def frames(self) -> History[AscentFrame]:
        """What is kept of the newest run, by step."""
        return History(2) if self._record is None else self._record.pictures

    @property
    def image(self) -> np.ndarray | None:
        """The picture that is shown, float32 (H, W, C) in [0, 1]; `None` before the first run."""
        frames = self.frames
        if self.iteration < 0 or frames.newest is None:
            return None if frames.newest is None else frames.newest.image
        return frames.get(self.iteration).image

    def settle_frame(self, frame: Frame) -> Frame:
        """Make the newest frame the one that stays, with what a new page has to know of the run."""
        past = {} if self._record is None else self._record.past()
        return super().settle_frame(frame | past)

    def _goal(self) -> str | int:
        """What the traits say is to be climbed, as `methods.ascend` takes it."""
        if self.objective == "class":
            return self.target
        if self.objective == "layer":
            return self.layer
        at = self._cell() if self.objective == "unit" else ""
        return f"{self.layer}:{self.channel}{at}"

    def _cell(self) -> str:
        """Of a unit: the chosen one if the layer has it, else the middle."""
        rows, columns = self._info()["rows"], self._info()["cols"]
        if rows * columns == 1:
            return ""
        place = self.position
        if place is None or place[0] >= rows or place[1] >= columns:
            place = rows // 2, columns // 2
        return f"@{place[0]},{place[1]}"

    def _aim(self, goal: str | int) -> None:
        """Set the traits to what a short text or a number stands for."""
        found = methods.objective(self._network, goal)
        named = isinstance(goal, str) and goal in self._network
        if not named and (not isinstance(goal, str) or goal in self.classes):
            self.objective, self.target = "class", *found.arguments
            return
        (self.layer,) = found.layers
        self.objective = {0: "layer", 1: "channel", 3: "unit"}[len(found.arguments)]
        if found.arguments:
            self.channel = found.arguments[0]
            self.position = list(found.arguments[1:]) or self.position

    def _layers_at_size(self) -> tuple[Layer, ...]:
        """The layers for pictures of the size that is asked for."""
        start, size = self._settings.get("start"), self._settings["size"]
        if start is not None:
            shape = self._network.batch(start).shape
        else:
            rows, columns, channels = self._network.input_shape
            shape = (1, *(size or (rows, columns)), channels)
        return self._network.at(shape).layout.layers

    def _new_goal(self, _change: Any) -> None:
        running = self.state == "running" and self._goal_of_run is not None
        if running and self._goal() != self._goal_of_run:
            self._begin()

    def _can_go_on(self) -> bool:
        """Whether there is an unfinished run of what is chosen now.

        Orders are carried out later, so the state tells what was, not what was asked for last.
        """
        return self.state in ("running", "paused") and self._goal() == self._goal_of_run

    def _begin(self, step: bool = False) -> None:
        self._goal_of_run = goal = self._goal()
        self.iteration = -1
        steps = self.steps
        self._runner.start(lambda: self._climb(goal, steps), stream=True, step=step)

    def _climb(self, goal: str | int, steps: int) -> Iterator[Frame]:
        label = methods.objective(self._network, goal).label
        record = None
        for frame in methods.ascend(self._network, goal, steps=steps, **self._settings):
            if record is None:  # only now: until then the last run stays
                record = AscentRecord(next(self._runs), label, steps, frame.image.nbytes)
                self._record = record
            yield record.add(frame)

    def _command(self, content: Mapping[str, Any], _buffers: Sequence[Any]) -> None:
        command = text(content, "command")
        orders = {"play": self.play, "pause": self.pause, "stop": self.stop, "step": self.step}
        if command not in orders:
            raise MalformedMessageError(f"expected one of {list(orders)}")
        try:
            orders[command]()
        except KeyboardInterrupt:  # in Colab, where the run was in this thread
            self.message = "Interrupted. Play goes on."

    def _show(self, content: Mapping[str, Any], _buffers: Sequence[Any]) -> None:
        step = whole(content, "step")
        if self._record is not None:
            self.send(*pack(self._runner.outbox.stamp(self._record.replay(step))))

    @t.validate("target")
    def _check_target(self, proposal: Any) -> int:
        if not 0 <= proposal.value < len(self.classes):
            raise t.TraitError(
                f"expected a class from 0 to {len(self.classes) - 1}, got {proposal.value}."
            )
        return proposal.value

    def _still(self) -> bytes | None:
        image = self.image
        return None if image is None else as_png(fitted(to_pixels(image)))
