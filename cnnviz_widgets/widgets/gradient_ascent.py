"""A picture that forms step by step: what a unit, a channel, a layer or a class answers to most.

A run is an ascent from its start to its last step. Its frames stream to the page as messages. What
is kept of them, here in full precision and there as painted, is what the Iteration slider goes
back through, during the run and after it.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import traitlets as t

from .. import methods, zoo
from ..live import History
from ..methods import AscentDivergedError, AscentFrame, Objective
from ..network import Network
from .ascent.aim import Aim, label, tiles
from .ascent.aimed import AimedView
from .ascent.compared import climb, presets_of
from .ascent.record import AscentRecord
from .ascent.results import ResultsView
from .ascent.settings import PARAMETERISATIONS
from .selection import Selection
from .shared.layered import convolutions
from .shared.names import keywords_of, refuse_unknown
from .shared.picture import as_png
from .shared.played import Played
from .shared.run_files import still
from .shared.running import Frame
from .shared.sequence_picture import from_minus_1_to_1
from .shared.wire import pack, whole

AIMED = ("objective", "layer", "channel", "position", "target", "end", "channels")
TUNED = (
    "preset", "compare", "parameterisation", "size", "seed", "learning_rate", "redirect", "steps",
)  # fmt: skip

EARLY = 32
"""The step after which a run is judged for the first time."""


class GradientAscent(Played, ResultsView, AimedView):
    """Shows a gradient ascent while it runs, with Play, Pause, Stop and Step.

    The page's controls and the methods here do the same. A change of what is climbed, or of how,
    begins a new run while one is running.

    Attributes:
        objective: channel, unit, layer, class (its logit), probability (of the class), or own for
            an expression, an `Objective` or a list that was given.
        target: the number of the class.
        end: "positive", "negative" for the opposite of what a channel or a unit looks for, or
            "both" for the two side by side.
        channels: 1, 4 or 9: how many neighbouring channels or units are climbed as a grid.
        preset: where settings come from: default, lucid, distill2017, maco or pixel.
        compare: a second preset, climbed beside the first at the same size and for as many steps;
            "" for none. One picture of each then, whatever `channels` says.
        parameterisation: what is turned, by name; "auto" for the preset's.
        size: of the picture; `None` for the preset's or the network's own.
        seed: of the random numbers.
        learning_rate: of the optimiser; `None` for the preset's.
        redirect: steps for which a dead start is helped by redirected ReLU; `None` likewise.
        steps: of a run.
        iteration: which step's picture is shown; -1 for the newest.
        sample_rate: at which a sequence of single values is played, samples a second.
        examples: real patches that fire the unit most, and least, once the climb is over.
        advice: what is wrong with the result and what helps, if something is known to be.

    Args:
        net: the network.
        objective: "layer:channel", "layer:channel@row,column", "layer", a class by name or number,
            a sum of such ("conv2:3 - 0.2*conv2:4"), an `Objective`, or a list of them, with one
            picture for each; channel 0 of the last convolution if left out.
        target: another name for `objective`, as the methods call it.
        end: of the channel or unit.
        channels: of the grid.
        preset: where settings come from that are left out.
        compare: another preset, climbed beside it.
        parameterisation: by name, or an object such as `Fourier(decay=1.5)`.
        steps: of a run; the preset's if left out, 256 for the default one.
        size: of the picture, one number or (rows, columns); the preset's, or the network's own, if
            left out.
        learning_rate: of the optimiser; the preset's if left out.
        redirect: in steps; the preset's if left out.
        seed: of the random numbers.
        images: where real examples are looked for once the climb is over, each HWC; bundled ones
            that suit the network if left out, and none for an empty list.
        rate: frames a second where the page cannot acknowledge them: in Colab and for `run`.
        sample_rate: samples a second at which the result of a network for sounds is played.
        selection: to share layer, channel, position, class and iteration with other views.
        settings: others of `methods.ascend`: start, transforms, jitter, l2, total_variation,
            optimizer, batch, key, steps_per_frame, memory.

    Raises:
        UnknownLayerError, UnknownTargetError: if there is no such objective.
        InputError: if the network cannot take such a picture.

    Example:
        >>> view = cw.GradientAscent(cw.load("photos"), "conv4:5", preset="lucid")
        >>> view.play()
        >>> cw.GradientAscent(cw.load("photos"), ["conv2:0", "conv2:1", "conv2:0 - conv2:1"])
    """

    bundle = "gradient-ascent"

    iteration = t.Int(-1, min=-1).tag(sync=True, echo_update=False)

    def __init__(
        self,
        net: Network,
        objective: Objective | str | int | Sequence[Objective | str | int] | None = None,
        *,
        target: Objective | str | int | Sequence[Objective | str | int] | None = None,
        end: str = "positive",
        channels: int = 1,
        preset: str = "default",
        compare: str = "",
        parameterisation: methods.Parameterisation | str | None = None,
        steps: int | None = None,
        size: int | Sequence[int] | None = None,
        learning_rate: float | None = None,
        redirect: int | None = None,
        seed: int = 0,
        images: Iterable[Any] | None = None,
        rate: float = 4.0,
        sample_rate: float = float(zoo.SOUND_RATE),
        selection: Selection | None = None,
        **settings: Any,
    ) -> None:
        known = keywords_of(methods.ascend, only=True)
        refuse_unknown("GradientAscent", settings, ["rate", "sample_rate", "selection", *known])
        if objective is not None and target is not None:
            raise TypeError("expected objective or target, two names of the same, got both.")
        asked = target if objective is None else objective
        goal = f"{convolutions(net)[-1]}:0" if asked is None else asked
        tuned = {
            "preset": preset,
            "size": tuple(size) if isinstance(size, Sequence) else size,
            "learning_rate": learning_rate,
            "redirect": redirect,
            "seed": seed,
        }
        painted = PARAMETERISATIONS.get(parameterisation) if isinstance(
            parameterisation, str
        ) else parameterisation  # fmt: skip
        methods.ascend(  # refuses what makes no sense
            net, goal, steps=steps, parameterisation=painted, **tuned, **settings
        )
        self._network = net
        self._others = settings
        self._runs = itertools.count(1)
        self._newest: object = None  # tells a run from those that replaced it
        super().__init__(rate=rate)
        self._handlers["show"] = self._show
        with self._building():
            self.sample_rate = sample_rate
            self._prepare_results(images)
            self._offer_settings(parameterisation, steps, **tuned)
            self.classes = [str(name) for name in net.classes or range(net.logits.shape[-1])]
            self.end, self.channels, self.compare = end, channels, compare
            self.layer = convolutions(net)[-1]
            names = ("layer", "channel", "position", "target", "iteration")
            chosen = selection is not None and selection.target is not None
            later = () if chosen else ("target",)  # class 0 is no one's choice
            self._choose(selection, names, None, None, later)
            if asked is not None:
                self._aim(asked)
        self.observe(self._new_goal, [*AIMED, *TUNED])

    @property
    def frames(self) -> History[AscentFrame]:
        """What is kept of the newest run, by step."""
        return History(2) if self._record is None else self._record.pictures

    @property
    def images(self) -> np.ndarray | None:
        """The pictures that are shown, float32 (N, H, W, C) in [0, 1]; `None` before a run.

        Of a network for sequences (N, T, C), in the range of its inputs.
        """
        frames = self.frames
        if self.iteration < 0 or frames.newest is None:
            return None if frames.newest is None else frames.newest.images
        return frames.get(self.iteration).images

    @property
    def image(self) -> np.ndarray | None:
        """The picture that is shown, or the first of them, float32 (H, W, C) in [0, 1]."""
        return None if self.images is None else self.images[0]

    def settle_frame(self, frame: Frame) -> Frame:
        """Make the newest frame the one that stays, with what a new page has to know of the run."""
        past = {} if self._record is None else self._record.past()
        return super().settle_frame(frame | past)

    def _goal(self) -> Hashable:
        size = tuple(self.size) if isinstance(self.size, list) else self.size
        return self._aimed_at(), size, *(getattr(self, name) for name in TUNED if name != "size")

    def _start(self, *, step: bool) -> None:
        self._forget_results()
        self.iteration = -1
        aim, steps, settings = self._aimed_at(), self.steps, self._settings()
        self._newest = token = object()
        self._runner.start(lambda: self._climb(aim, steps, settings, token), stream=True, step=step)

    def _climb(
        self, aim: Aim, steps: int, settings: Mapping[str, Any], token: object
    ) -> Iterator[Frame]:
        goals = aim.goals(self._network)
        target = goals[0] if len(goals) == 1 else goals
        record, error = None, None
        try:
            for frame in climb(self._network, target, steps=steps, **settings):
                if record is None:  # only now: until then the last run stays
                    shown = tiles(goals, len(frame.images), presets_of(settings))
                    bytes_ = frame.images.nbytes
                    record = AscentRecord(
                        next(self._runs), label(goals), steps, bytes_, shown, self._paint,
                        functools.partial(from_minus_1_to_1, self._network),
                    )  # fmt: skip
                    self._record, self._goals = record, goals
                yield record.add(frame)
                if frame.step == EARLY:
                    self._judge(settings, None)
        except AscentDivergedError as diverged:
            error = diverged
            raise
        finally:
            replaced = token is not self._newest
            if not replaced and (record is not None or error is not None):
                self._judge(settings, error)

    def _show(self, content: Mapping[str, Any], _buffers: Sequence[Any]) -> None:
        step = whole(content, "step")
        if self._record is not None:
            self.send(*pack(self._runner.outbox.stamp(self._record.replay(step))))

    def _still(self) -> bytes | None:
        images = self.images
        return None if images is None else as_png(still(images, self._paint))

    def _shown_images(self) -> np.ndarray | None:
        return self.images
