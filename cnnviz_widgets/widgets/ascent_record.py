"""What is kept of one ascent: some of its pictures, all of its scores."""

from __future__ import annotations

import numpy as np

from ..live import History
from ..methods import AscentFrame
from .picture import to_pixels
from .running import Frame
from .wire import floats, integers

MEMORY = 32e6
"""Bytes of pictures that are kept of a run; when it is long, every n-th one."""

MOST_PICTURES = 1024


class AscentRecord:
    """The past of one run, and its frames as the page takes them.

    Args:
        number: of the run.
        label: what is climbed, in words.
        planned: how many steps.
        picture_bytes: of one picture.
    """

    def __init__(self, number: int, label: str, planned: int, picture_bytes: int) -> None:
        self.pictures: History[AscentFrame] = History(
            int(np.clip(MEMORY // picture_bytes, 8, MOST_PICTURES))
        )
        self._shared = {"run": number, "steps": planned, "objective": label}
        self._scores: dict[int, float] = {}

    def add(self, frame: AscentFrame) -> Frame:
        """Keep a frame, and make one for the page of it."""
        self.pictures.add(frame.step, frame)
        self._scores[frame.step] = frame.score
        first = {"scores": self._all_scores()} if len(self._scores) == 1 else {}
        return self._as_frame(frame) | first

    def past(self) -> Frame:
        """What a page has to know of the run so far, if it was not there."""
        return {"scores": self._all_scores(), "kept": integers(self.pictures.steps())}

    def replay(self, step: int) -> Frame:
        """The kept picture nearest to a step, for the page."""
        kept = {"kept": integers(self.pictures.steps()), "replay": True}
        return self._as_frame(self.pictures.get(step)) | kept

    def _as_frame(self, frame: AscentFrame) -> Frame:
        pixels = to_pixels(frame.image)
        return {
            **self._shared,
            "step": frame.step,
            "score": frame.score,
            "width": pixels.shape[1],
            "height": pixels.shape[0],
            "pixels": pixels.tobytes(),
        }

    def _all_scores(self) -> bytes:
        """One score a step; those of steps between frames lie on a line."""
        steps = list(self._scores)
        return floats(np.interp(np.arange(steps[-1] + 1), steps, list(self._scores.values())))
