"""Floor 4: run methods in the background and hand their frames to views.

A method that takes time is an iterator of frames. A `Job` is one such iterator with the orders of
the person who watches it (pause, step, stop). A `Worker` gives all jobs their turns, one frame at
a time, in one thread; `run_here` does the same for one job in the calling thread. An `Outbox`
sends frames no faster than the page paints them, and a `History` keeps a bounded number of them.

Nothing here knows what a frame holds or how it travels: that is the views' business.
"""

from .foreground import in_colab, run_here
from .history import History
from .job import Job, Sink, State
from .outbox import Frame, Outbox
from .pace import Pace
from .worker import Worker, shared_worker

__all__ = [
    "Frame",
    "History",
    "Job",
    "Outbox",
    "Pace",
    "Sink",
    "State",
    "Worker",
    "in_colab",
    "run_here",
    "shared_worker",
]
