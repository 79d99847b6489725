"""The way of frames to a page: two at most are on it, and only the newest waits.

A page acknowledges what it has painted. Until then a frame counts as on its way, and while `limit`
frames are, a new one replaces the one that waits. So a slow page sees fewer frames, never old ones.

A page can fall silent: it was closed, its tab is hidden, or the front end delivers no messages
while a cell runs. Its frames on the way are then given up after `stall` seconds: work goes on
unhindered, and one frame, the newest, is sent every `stall` seconds in case someone looks again.
A page that never answered counts as silent from the start.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

Frame = dict[str, Any]


class Outbox:
    """Sends frames to one view, no faster than it paints them.

    It may be used from several threads; frames leave in their order. No lock is held while one is
    sent.

    Args:
        send: called with a frame, and whether it is settled.
        limit: how many frames may be on their way.
        stall: after how many seconds of silence frames on their way are given up.
        clock: the time in seconds.
    """

    def __init__(
        self,
        send: Callable[[Frame, bool], None],
        *,
        limit: int = 2,
        stall: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.stall = stall
        self._send = send
        self._limit = limit
        self._clock = clock
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._kept: tuple[Frame, bool] | None = None
        self._on_the_way: deque[int] = deque(maxlen=limit)  # one given up makes way by itself
        self._sending = False
        self._answering = False
        self._last_sign = clock()  # when something was sent or acknowledged

    def stamp(self, frame: Frame) -> Frame:
        """The frame with its `number`: 1, 2, 3, … in the order of the calls."""
        return {"number": next(self._numbers), **frame}

    def offer(self, frame: Frame, *, settled: bool = False) -> None:
        """Send a stamped frame if there is room for it, else keep it in place of an older one.

        Args:
            frame: what `stamp` gave.
            settled: the last one of a job, which is sent in any case.
        """
        with self._lock:
            self._kept = (frame, settled)
        self._send_what_may_leave()

    def acknowledge(self, number: int) -> None:
        """Note that the page has painted this frame, and so is done with all earlier ones."""
        with self._lock:
            remaining = [each for each in self._on_the_way if each > number]
            self._on_the_way = deque(remaining, maxlen=self._limit)
            self._answering = True
            self._last_sign = self._clock()
        self._send_what_may_leave()

    def delay(self) -> float:
        """In how many seconds it makes sense to compute another frame; 0.0 means now."""
        with self._lock:
            if not self._is_full() or not self._answering:
                return 0.0
            return max(0.0, self._last_sign + self.stall - self._clock())

    def ready(self) -> bool:
        """Whether there is room for a frame, or no one to wait for."""
        return self.delay() == 0.0

    def _is_full(self) -> bool:
        return len(self._on_the_way) >= self._limit

    def _send_what_may_leave(self) -> None:
        while (letter := self._take()) is not None:
            try:
                self._send(*letter)
            finally:
                with self._lock:
                    self._sending = False

    def _take(self) -> tuple[Frame, bool] | None:
        """Take the kept frame, if it may leave. One thread sends at a time, to keep the order."""
        with self._lock:
            if self._kept is None or self._sending:
                return None
            frame, settled = self._kept
            if self._is_full() and not settled:
                if self._clock() < self._last_sign + self.stall:
                    return None
                self._answering = False
            self._kept = None
            self._sending = True
            self._on_the_way.append(frame["number"])
            self._last_sign = self._clock()
            return frame, settled
