"""A bounded memory of a long run: when it is full, every second frame goes.

What stays is spread evenly over the run, however long it gets, and the newest is always there.
"""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

T = TypeVar("T")


class History(Generic[T]):
    """Keeps some of the frames of a run, by step. One thread may add while others look.

    Args:
        limit: the most frames that are kept, the newest included; at least 2.
    """

    def __init__(self, limit: int) -> None:
        if limit < 2:
            raise ValueError(f"a history keeps 2 frames or more, not {limit}")
        self._limit = limit
        self._lock = threading.Lock()
        self._kept: dict[int, T] = {}
        self._newest: tuple[int, T] | None = None
        self._stride = 1
        self._seen = 0

    def __len__(self) -> int:
        return len(self.steps())

    def add(self, step: int, frame: T) -> None:
        """Keep the frame of a step; steps must come in rising order."""
        with self._lock:
            if self._newest is not None and step <= self._newest[0]:
                raise ValueError(f"step {step} comes after step {self._newest[0]}")
            self._newest = (step, frame)
            if self._seen % self._stride == 0:
                self._kept[step] = frame
            self._seen += 1
            if len(self._kept) >= self._limit:
                self._kept = dict(list(self._kept.items())[::2])
                self._stride *= 2

    def steps(self) -> list[int]:
        """The steps that are kept, in rising order."""
        with self._lock:
            return sorted(self._all())

    def get(self, step: int) -> T:
        """The kept frame nearest to a step.

        Raises:
            LookupError: nothing is kept yet.
        """
        with self._lock:
            kept = self._all()
        if not kept:
            raise LookupError("no frame is kept yet")
        return kept[min(kept, key=lambda each: abs(each - step))]

    @property
    def newest(self) -> T | None:
        """The frame that was added last, or `None`."""
        with self._lock:
            return None if self._newest is None else self._newest[1]

    def _all(self) -> dict[int, T]:
        return self._kept if self._newest is None else self._kept | dict([self._newest])
