"""A job: an iterator of frames, with the orders of the person who watches it.

Orders (`pause`, `resume`, `step`, `stop`) may come from any thread at any time; they are only
noted. What they mean happens in the job's next turn, in the thread that drives it. So a running
iterator is left between two frames, and the sink hears of everything in its true order.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Generator, Iterator
from typing import Any, Literal, Protocol, runtime_checkable

State = Literal["idle", "running", "paused", "done", "error"]


@runtime_checkable
class Sink(Protocol):
    """Where the frames of a job go."""

    def delay(self) -> float:
        """In how many seconds another frame is welcome; 0.0 means now."""
        ...

    def show(self, frame: Any) -> None:
        """Take a frame."""
        ...

    def tell(self, state: State, error: Exception | None) -> None:
        """Take note of the job's new state; idle means that it was stopped."""
        ...


class Job:
    """Runs an iterator of frames, one frame a turn, in whichever thread calls `turn`.

    Args:
        make_frames: called in the job's first turn; gives the iterator. A generator is closed when
            the job ends, in the thread that drives it.
        sink: where frames, states and errors go.
        wake: called after each order, to wake the thread that drives the job.
    """

    def __init__(
        self,
        make_frames: Callable[[], Iterator[Any]],
        sink: Sink,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._make_frames = make_frames
        self._frames: Iterator[Any] | None = None
        self._sink = sink
        self._wake = wake
        self._orders = threading.Lock()
        self._driving = threading.Lock()  # no order waits for it: only a change of driver does
        self._allowed = math.inf  # how many frames it may still make
        self._stopped = False
        self._told: State | None = None
        self.ended = False

    def pause(self) -> None:
        """Make no more frames until told to."""
        self._order(allowed=0.0)

    def resume(self) -> None:
        """Go on."""
        self._order(allowed=math.inf)

    def step(self) -> None:
        """Make one frame, then pause."""
        self._order(allowed=1.0)

    def stop(self) -> None:
        """End; the frames so far stay with the sink."""
        self._stopped = True
        self._wake()

    def delay(self) -> float | None:
        """In how many seconds the job wants its next turn; `None` until an order comes."""
        if self.ended:
            return None
        if self._stopped:
            return 0.0
        if self._allowed:
            return self._sink.delay()
        return None if self._told == "paused" else 0.0

    def turn(self) -> None:
        """Make one frame, or do what was ordered. An error goes to the sink."""
        with self._driving:
            if self.ended:
                return
            try:
                self._turn()
            except Exception as error:
                self._end("error", error)
            except BaseException:  # an interrupt has cut the iterator short
                self._end("idle")
                raise

    def discard(self) -> None:
        """End without a word to the sink, which no longer cares."""
        with self._driving:
            self._close()

    def _order(self, allowed: float) -> None:
        with self._orders:
            self._allowed = allowed
        self._wake()

    def _take_leave(self) -> bool:
        """Whether another frame may be made, which uses up a single step."""
        with self._orders:
            allowed = self._allowed
            self._allowed = max(0.0, allowed - 1.0)
        return allowed > 0

    def _turn(self) -> None:
        if self._stopped:
            self._end("idle")
        elif not self._take_leave():
            self._tell("paused")
        else:
            self._make_frame()

    def _make_frame(self) -> None:
        if self._allowed:
            self._tell("running")
        else:
            self._told = None  # a single step: "paused" has to be told again after it
        if self._frames is None:
            self._frames = self._make_frames()
        try:
            frame = next(self._frames)
        except StopIteration:
            self._end("done")
        else:
            self._sink.show(frame)

    def _tell(self, state: State, error: Exception | None = None) -> None:
        if state != self._told:
            self._told = state
            self._sink.tell(state, error)

    def _end(self, state: State, error: Exception | None = None) -> None:
        self._close()
        self._tell(state, error)

    def _close(self) -> None:
        self.ended = True
        frames, self._frames = self._frames, None
        if isinstance(frames, Generator):
            frames.close()
