"""Jobs in the calling thread, for scripts that wait and for Colab.

In Colab what a background thread sends is not shown, and no acknowledgement arrives while a cell
runs. So there a job runs in the thread that asks for it, and frames leave at a rate that the
person chooses.

An interrupt (the notebook's stop button) pauses the job between two frames, so that it can go on
later; a second one cuts the frame short.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .job import Job

TICK = 0.005
"""Seconds between two looks whether an acknowledgement has come."""


def in_colab() -> bool:
    """Whether this Python is the kernel of a Colab notebook."""
    return "google.colab" in sys.modules


def run_here(job: Job, sleep: Callable[[float], None] = time.sleep) -> None:
    """Drive a job in the calling thread until it ends or is paused.

    Args:
        job: one that no worker drives.
        sleep: waits for some seconds.

    Raises:
        KeyboardInterrupt: after the job was paused, or stopped by a second interrupt.
    """
    with _noting_interrupts() as interrupts:
        while (delay := job.delay()) is not None:
            if interrupts:
                job.pause()
            if delay:
                sleep(min(delay, TICK))
            else:
                job.turn()
    if interrupts:
        raise KeyboardInterrupt


@contextmanager
def _noting_interrupts() -> Iterator[list[int]]:
    """Collect the first interrupt in a list; the second one is raised as ever."""
    noted: list[int] = []

    def note(number: int, _frame: object) -> None:
        if noted:
            raise KeyboardInterrupt
        noted.append(number)

    if threading.current_thread() is not threading.main_thread():
        yield noted  # interrupts reach the main thread only
        return
    before = signal.signal(signal.SIGINT, note)
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, before)
