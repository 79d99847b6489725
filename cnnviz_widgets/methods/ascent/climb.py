"""Drives the compiled steps of an ascent and hands out its frames.

On a CPU one step is one frame, in a Python loop: XLA runs convolutions inside a compiled loop
several times slower there. On an accelerator a frame takes as many steps as fit in its time.

A list of units too long for the memory is climbed in parts of equal size, which take turns at each
step, so that all pictures are there from the first frame on.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from ...network import FAST, REDIRECTED, Network, RuleBook
from ..objectives import Objective
from .frame import AscentDivergedError, AscentFrame
from .step import Seen, Settings, State, several_steps, step

FRAME_SECONDS = 1 / 30
"""How long a frame may take on an accelerator."""

CACHE = 32e6
"""Bytes that a step takes on a CPU at best: what its cache cannot hold is slower together."""

SATURATED = 0.99
"""Share of values at their ends above which a picture cannot be climbed any more."""


@dataclass
class Part:
    """Pictures that are climbed in one compiled step.

    Attributes:
        net: the network.
        goal: for all of them.
        state: where they are.
        settings: the numbers of the step.
        seen_shape: (N, H, W, C) as the network sees them.
        static: what the step is compiled for.
        last: the state before the last steps, how many those were, and whether they were dead, as
            long as it may have to be gone back to.
    """

    net: Network
    goal: Objective
    state: State
    settings: Settings
    seen_shape: tuple[int, ...]
    static: dict[str, Any]
    last: tuple[State, int, jax.Array] | None = None

    def advance(self, count: int, *, helped: bool) -> Seen:
        """What there is now; the state is `count` steps on then.

        Whether a start is dead is known only when its step is computed. It is not waited for: the
        next steps find out, and take the last ones anew, redirected.
        """
        if self.last is not None and np.asarray(self.last[2]).any():
            before, steps, _ = self.last
            _, self.state = self._run(before, steps, REDIRECTED)
        before = self.state
        seen, self.state = self._run(before, count, FAST)
        self.last = (before, count, seen.dead) if helped else None
        return seen

    def _run(self, state: State, count: int, rules: RuleBook) -> tuple[Seen, State]:
        run = self.net.at(self.seen_shape, self.goal.taps).run
        if count == 1:
            return run(step, state, self.settings, rules=rules, **self.static)
        return run(several_steps, state, self.settings, count, rules=rules, **self.static)


class Climb:
    """An ascent of one or more parts.

    Args:
        parts: that take turns.
        wanted: how many of the pictures of all parts are asked for; the rest fills the last part.
        redirect: steps in which a dead start is helped.
        as_given: makes of a frame of pictures what is handed out; it is as it is if left out.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        wanted: int,
        redirect: int,
        as_given: Callable[[AscentFrame], AscentFrame] | None = None,
    ) -> None:
        self.parts = parts
        self.wanted = wanted
        self.redirect = redirect
        self.as_given = as_given or (lambda frame: frame)
        self.label = ", ".join(part.goal.label for part in parts)
        self.first: float | None = None

    def frames(self, steps: int, per_frame: int | None) -> Iterator[AscentFrame]:
        """All frames, from the start to step `steps`."""
        pace, last, done = _Pace(per_frame), None, 0
        count = min(pace.steps, max(steps, 1))
        coming = self._advance(done, count)
        while True:
            seen, shown, done = coming, done, done + count
            if shown < steps:  # start on the next frame while this one is looked at
                count = min(pace.steps, steps - done) if done < steps else 1
                coming = self._advance(done, count)
            last = self._frame(shown, seen, last)
            yield self.as_given(last)
            pace.note()
            if shown >= steps:
                return

    def _advance(self, done: int, count: int) -> list[Seen]:
        found = []
        for part in self.parts:
            if len(self.parts) > 1 and found:
                jax.block_until_ready(found[-1])  # or all parts would be in memory together
            found.append(part.advance(count, helped=done < self.redirect))
        return found

    def _frame(self, shown: int, seen: Sequence[Seen], last: AscentFrame | None) -> AscentFrame:
        scores = self._all([part.scores for part in seen])
        images = self._all([part.pictures for part in seen])
        if not (np.isfinite(scores).all() and np.isfinite(images).all()):
            bad = scores[~np.isfinite(scores)]
            what = f"the score is {bad[0]}" if bad.size else "the picture is not finite"
            raise AscentDivergedError(
                f"the ascent of {self.label!r} diverged at step {shown}: {what}. "
                "Lower the learning rate, or look for NaN in the network's weights.",
                None if last is None else self.as_given(last),
            )
        total = float(scores.sum())
        self.first = total if self.first is None else self.first
        if last is not None and total < self.first and _saturated(images):
            raise AscentDivergedError(
                f"the ascent of {self.label!r} diverged at step {shown}: nearly all pixels are "
                f"black or white and the score, {total:.4g}, is below that of the start, "
                f"{self.first:.4g}. Lower the learning rate.",
                self.as_given(last),
            )
        opacity = None
        if all(part.opacity is not None for part in seen):
            opacity = self._all([part.opacity for part in seen])
        return AscentFrame(shown, images[0], float(scores[0]), images, scores, opacity)

    def _all(self, arrays: Sequence[Any]) -> np.ndarray:
        if len(arrays) == 1:
            return np.asarray(arrays[0])[: self.wanted]
        return np.concatenate([np.asarray(array) for array in arrays])[: self.wanted]


def _saturated(images: np.ndarray) -> bool:
    return bool((np.abs(images - 0.5) > 0.5 - 1 / 512).mean() > SATURATED)


def pictures_at_once(
    net: Network, goals: Sequence[Objective], shape: tuple[int, ...], memory: float | None
) -> int:
    """How many pictures a step's memory holds, at least one.

    Counts the values between the input and what the objectives need, each kept for the way back
    and once more as a gradient.

    Args:
        net: the network.
        goals: of the pictures.
        shape: (1, H, W, C) of one picture as the network sees it.
        memory: in bytes; half of what the device has if left out, and `CACHE` on a CPU.
    """
    names = {name for goal in goals for name in goal.taps}
    program = net.at(shape, names)
    values = [program.layer(name).value for name in names]
    known = {*program.frozen, program.program.x}
    needed = program.program.needed(values, known)
    numbers = sum(
        math.prod(program.program.avals[value].shape) for each in needed for value in each.outputs
    )
    return max(int((memory or _memory()) // (8 * (numbers + 4 * math.prod(shape)))), 1)


def _memory() -> float:
    if jax.default_backend() == "cpu":
        return CACHE
    return (jax.devices()[0].memory_stats() or {}).get("bytes_limit", 2e9) / 2


class _Pace:
    """How many steps to take between frames."""

    def __init__(self, fixed: int | None) -> None:
        self.adapting = fixed is None and jax.default_backend() != "cpu"
        self.steps = fixed or 1
        self.last = time.perf_counter()

    def note(self) -> None:
        """Adapt to how long the last frame took, at most twofold at a time."""
        now = time.perf_counter()
        if self.adapting:
            wanted = self.steps * FRAME_SECONDS / max(now - self.last, 1e-4)
            self.steps = int(np.clip(wanted, max(self.steps // 2, 1), self.steps * 2))
        self.last = now
