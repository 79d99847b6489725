"""The job of a view, and how its frames and states get to the view.

A view has one job at most. A newer one replaces it, and what the old one still says is dropped. The
worker of all views drives the job, or the calling thread does: in Colab, and for `run`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Protocol, runtime_checkable

from ...live import Frame, Job, Outbox, State, in_colab, run_here, shared_worker
from .locked import LOCK


@runtime_checkable
class Host(Protocol):
    """Whom a runner serves: a view."""

    def send_frame(self, frame: Frame, settled: bool) -> None:
        """Send a numbered frame to the page."""
        ...

    def settle_frame(self, frame: Frame) -> Frame:
        """Keep the newest frame of a job that has come to rest, with all that a page needs."""
        ...

    def note_state(self, state: State, error: Exception | None, /) -> None:
        """Show the job's state, and its error in words."""
        ...


class Runner:
    """Runs the jobs of one view.

    Attributes:
        state: of the newest job.
        error: that it ended with, if so.

    Args:
        host: the view.
        rate: frames a second when the calling thread runs a job and no acknowledgements arrive.
    """

    def __init__(self, host: Host, rate: float) -> None:
        self.rate = rate
        self.outbox = Outbox(host.send_frame)
        self._host = host
        self._job: Job | None = None
        self._sink: _Sink | None = None
        self.state: State = "idle"
        self.error: Exception | None = None
        self._settled = threading.Condition(LOCK)
        self._here = False

    def start(
        self,
        make_frames: Callable[[], Iterator[Frame]],
        *,
        stream: bool,
        step: bool = False,
        pace: float = 0.0,
    ) -> None:
        """Run a job in place of the one before.

        Args:
            make_frames: gives the job's frames.
            stream: whether frames follow one another, so that only the last one is to be kept.
            step: make one frame, then pause.
            pace: seconds between two frames, at least.
        """
        sink = _Sink(self, stream, pace)
        job = Job(make_frames, sink, shared_worker.wake)
        if step:
            job.step()
        with LOCK:
            old, self._job, self._sink = self._job, job, sink
            self._change_state("running", None)
        if self._here and old is not None:
            old.stop()  # whoever drives it takes up the new one
        self._drive()

    def answer(self, frame: Frame) -> None:
        """Send a frame that needed no job, and keep it; only while none is at work."""
        kept = self._host.settle_frame(self.outbox.stamp(frame))
        self.outbox.offer(kept, settled=True)

    def pause(self) -> None:
        """Let the job rest after the frame that it is at."""
        if self._job is not None:
            self._job.pause()

    def resume(self) -> None:
        """Let a paused job go on."""
        if self._job is not None:
            self._job.resume()
            self._drive()

    def step(self) -> None:
        """Let the job make one frame."""
        if self._job is not None:
            self._job.step()
            self._drive()

    def stop(self) -> None:
        """End the job."""
        if self._job is not None:
            self._job.stop()
            self._drive()

    def run_here(self) -> None:
        """Drive the job in the calling thread until it rests.

        Raises:
            KeyboardInterrupt: after the job was paused.
        """
        shared_worker.withdraw(self)
        stall, self.outbox.stall = self.outbox.stall, 1 / self.rate
        self._here = True
        try:
            job = None
            while job is not self._job and self._job is not None:
                job = self._job
                run_here(job)
        finally:
            self._here = False
            self.outbox.stall = stall
            if self._job is not None and self._job.delay() is not None:
                self._drive()  # an order came at the last moment

    def acknowledge(self, number: int) -> None:
        """The page has painted this frame."""
        self.outbox.acknowledge(number)
        shared_worker.wake()

    def rests(self, timeout: float) -> bool:
        """Wait until the job rests; whether it does by then."""
        with self._settled:
            return self._settled.wait_for(lambda: self.state != "running", timeout)

    def wait(self, timeout: float) -> None:
        """Wait until the job rests.

        Raises:
            TimeoutError: if it is still at work after `timeout` seconds.
        """
        if not self.rests(timeout):
            raise TimeoutError(
                f"{type(self._host).__name__} is still at work after {timeout:g} s: wait longer "
                "with wait(timeout=...), or end it with close()."
            )

    def close(self) -> None:
        """End the job, and have no more."""
        with LOCK:
            job, self._job, self._sink = self._job, None, None
            self._change_state("idle", None)
        if self._here and job is not None:
            job.stop()
        shared_worker.close(self)

    def _drive(self) -> None:
        if self._here or self._job is None:
            return
        if in_colab():
            self.run_here()
        else:
            shared_worker.submit(self, self._job)

    def show(self, sink: _Sink, frame: Frame) -> None:
        """Pass a frame on, if it is of the newest job."""
        with LOCK:
            if sink is not self._sink:
                return
            sink.newest, sink.answered = frame, True
        if sink.stream:
            self.outbox.offer(self.outbox.stamp(frame))
        else:
            self._settle(sink)

    def tell(self, sink: _Sink, state: State, error: Exception | None) -> None:
        """Pass a state on, if it is of the newest job."""
        if state != "running" and sink is self._sink:
            self._settle(sink)
        with LOCK:
            if sink is self._sink:
                self._change_state(state, error)

    def _settle(self, sink: _Sink) -> None:
        frame, sink.newest = sink.newest, None
        if frame is not None:
            kept = self._host.settle_frame(self.outbox.stamp(frame))
            self.outbox.offer(kept, settled=True)

    def _change_state(self, state: State, error: Exception | None) -> None:
        self.state, self.error = state, error
        self._host.note_state(state, error)
        self._settled.notify_all()


class _Sink:
    """Listens to one job."""

    def __init__(self, runner: Runner, stream: bool, pace: float) -> None:
        self.stream = stream
        self.pace = pace
        self._next = 0.0  # when another frame is welcome
        self.newest: Frame | None = None  # not settled yet
        self.answered = False
        self._runner = runner

    def delay(self) -> float:
        over = self.answered and not self.stream  # its next turn only ends it
        wait = max(0.0, self._next - time.monotonic())
        return 0.0 if over else max(wait, self._runner.outbox.delay())

    def show(self, frame: Frame) -> None:
        self._next = time.monotonic() + self.pace
        self._runner.show(self, frame)

    def tell(self, state: State, error: Exception | None) -> None:
        self._runner.tell(self, state, error)
