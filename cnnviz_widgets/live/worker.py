"""One thread for all views.

A view has one job at a time: a new one replaces the old one (latest wins). Jobs take turns frame
by frame, so a long ascent does not hold up a slider in another view. The thread starts with the
first job and ends when the last view is closed, or when Python exits. It holds no lock while a job
computes or sends.
"""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Callable, Hashable

from .job import Job

_logger = logging.getLogger(__name__)


class Worker:
    """Drives the jobs of any number of views.

    Args:
        name: of its thread.
    """

    def __init__(self, name: str = "cnnviz-worker") -> None:
        self._name = name
        self._changed = threading.Condition()
        self._jobs: dict[Hashable, Job | None] = {}  # by view; the first is next in turn
        self._discarded: list[Job] = []
        self._thread: threading.Thread | None = None

    def submit(self, view: Hashable, job: Job) -> None:
        """Run this job for a view, in place of the one that it had."""
        with self._changed:
            if (old := self._jobs.get(view)) is not job:
                self._discard(old)
            self._jobs[view] = job  # which keeps the view's place in the queue
            self._start()
            self._changed.notify_all()

    def withdraw(self, view: Hashable) -> None:
        """Drive the job of a view no longer: its caller does so from now on."""
        with self._changed:
            if view in self._jobs:
                self._jobs[view] = None

    def close(self, view: Hashable) -> None:
        """Forget a view and end its job."""
        with self._changed:
            self._discard(self._jobs.pop(view, None))
            self._changed.notify_all()

    def wake(self) -> None:
        """Look again whether a job has something to do: an order or an acknowledgement came."""
        with self._changed:
            self._changed.notify_all()

    def shutdown(self, timeout: float = 2.0) -> None:
        """End all jobs and wait for the thread, which may be in the middle of a frame."""
        with self._changed:
            for view in list(self._jobs):
                self._discard(self._jobs.pop(view))
            thread = self._thread
            self._changed.notify_all()
        if thread is not None:
            thread.join(timeout)

    def _discard(self, job: Job | None) -> None:
        if job is not None:
            self._discarded.append(job)  # its iterator is closed by the thread that runs it

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while (work := self._wait()) is not None:
            job, discarded = work
            for each in discarded:
                _guarded(each.discard)
            if job is not None:
                _guarded(job.turn)

    def _wait(self) -> tuple[Job | None, list[Job]] | None:
        """Wait for something to do; `None` when no view is left."""
        with self._changed:
            while True:
                discarded, self._discarded = self._discarded, []
                job, delay = self._next()
                if job is not None or discarded:
                    return job, discarded
                if not self._jobs:
                    self._thread = None
                    return None
                self._changed.wait(delay)

    def _next(self) -> tuple[Job | None, float | None]:
        """The job whose turn it is, or in how many seconds to look again."""
        delays = []
        for view, job in self._jobs.items():
            delay = None if job is None else job.delay()
            if delay == 0.0:
                self._jobs[view] = self._jobs.pop(view)  # to the end of the queue
                return job, None
            if delay is not None:
                delays.append(delay)
        return None, min(delays, default=None)


shared_worker = Worker()
atexit.register(shared_worker.shutdown)


def _guarded(action: Callable[[], None]) -> None:
    """Do it; the thread of all views must survive what a view's own code may raise."""
    try:
        action()
    except BaseException:
        _logger.exception("a view could not be told of its job")
