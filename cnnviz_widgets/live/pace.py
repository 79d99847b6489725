"""When to look at a process that must not be held up, such as a training.

A look costs time that the process would have used. So the next one is due only when the process has
run for so long that all looks together stay within their share of it, whatever a look costs on this
machine; or, where that is wanted, at every n-th step.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Pace:
    """Says when to look, and keeps the account.

    Attributes:
        looking: seconds spent on looks.

    Args:
        share: of the time, that looks may take.
        every: look at the steps that are a multiple of it instead.
        clock: the time in seconds.
    """

    def __init__(
        self,
        share: float,
        every: int | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.share = share
        self.every = every
        self.looking = 0.0
        self._clock = clock
        self._start: float | None = None
        self._end: float | None = None

    def begin(self) -> None:
        """The process starts, or goes on after a rest."""
        if self._start is None:
            self._start = self._clock()
        elif self._end is not None:
            self._start += self._clock() - self._end  # a rest counts for nothing
        self._end = None

    def rest(self) -> None:
        """The process stands still."""
        self._end = self._clock()

    @property
    def cost(self) -> float:
        """The share of the time so far that went into looking, from 0 to 1."""
        passed = self._passed()
        return self.looking / passed if passed > 0 else 0.0

    def due(self, step: int) -> bool:
        """Whether to look after this step."""
        if self.every is not None:
            return step % self.every == 0
        return self.looking <= self.share * self._passed()

    @contextmanager
    def look(self) -> Iterator[None]:
        """Count the time inside as spent on looking."""
        start = self._clock()
        try:
            yield
        finally:
            self.looking += self._clock() - start

    def _passed(self) -> float:
        if self._start is None:
            return 0.0
        return (self._clock() if self._end is None else self._end) - self._start
