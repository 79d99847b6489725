"""A job beside a view's own, such as a search or a file: it has no state that the page shows.

It takes turns with all other jobs, a step at a time, and a newer one replaces it. What its steps
find, they hand over themselves.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

from ...live import Job, State, in_colab, run_here, shared_worker


class Aside:
    """Runs one job at a time beside a view's own.

    Args:
        complain: is told of an error.
    """

    def __init__(self, complain: Callable[[Exception], None]) -> None:
        self._complain = complain
        self._job: Job | None = None
        self._ended = threading.Condition()

    def start(self, steps: Callable[[], Iterator[Any]]) -> None:
        """Run these steps in place of those before."""
        job = self._job = Job(steps, _Listener(self), shared_worker.wake)
        if in_colab():
            run_here(job)
        else:
            shared_worker.submit(self, job)

    def wait(self, timeout: float) -> None:
        """Wait until there is nothing to do, at most so many seconds."""
        with self._ended:
            self._ended.wait_for(lambda: self._job is None or self._job.ended, timeout)

    def close(self) -> None:
        """End the job."""
        self._job = None
        self.note(None)
        shared_worker.close(self)

    def note(self, error: Exception | None) -> None:
        """The job has ended."""
        if error is not None:
            self._complain(error)
        with self._ended:
            self._ended.notify_all()


class _Listener:
    def __init__(self, aside: Aside) -> None:
        self._aside = aside

    def delay(self) -> float:
        return 0.0

    def show(self, frame: Any) -> None:
        pass  # a step hands over itself what it found

    def tell(self, state: State, error: Exception | None) -> None:
        if state in ("done", "idle", "error"):
            self._aside.note(error)
