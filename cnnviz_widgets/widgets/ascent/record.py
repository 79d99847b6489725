"""What is kept of one ascent: some of its pictures, all of its scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict

import numpy as np
from PIL import Image

from ...live import History
from ...methods import AscentFrame
from ..shared.picture import to_pixels
from ..shared.running import Frame
from ..shared.sequence_picture import HEIGHT, WIDTH, is_wave
from ..shared.wire import floats, integers
from .aim import Tile

MEMORY = 32e6
"""Bytes of pictures that are kept of a run; when it is long, every n-th one."""

MOST_PICTURES = 1024

MOST_STREAMED = 512 * 512
"""Pixels of all pictures of a frame, where there are several; larger ones are shrunk."""


class AscentRecord:
    """The past of one run, and its frames as the page takes them.

    The score of several pictures together is the mean of theirs.

    Args:
        number: of the run.
        label: what is climbed, in words.
        planned: how many steps.
        picture_bytes: of the pictures of one step.
        tiles: what each picture climbs.
        paint: makes uint8 RGB of a picture.
        heard: brings sequences of one value a step to -1 to 1, where they are drawn and played.
    """

    def __init__(
        self,
        number: int,
        label: str,
        planned: int,
        picture_bytes: int,
        tiles: Sequence[Tile] = (),
        paint: Callable[[np.ndarray], np.ndarray] = to_pixels,
        heard: Callable[[np.ndarray], np.ndarray] = np.asarray,
    ) -> None:
        self.label = label
        self.planned = planned
        self.paint = paint
        self.heard = heard
        self.tiles = tuple(tiles) or (Tile(label),)
        self.pictures: History[AscentFrame] = History(
            int(np.clip(MEMORY // picture_bytes, 8, MOST_PICTURES))
        )
        self._shared = {
            "run": number,
            "steps": planned,
            "objective": label,
            "tiles": [asdict(tile) for tile in self.tiles],
        }
        self._scores: dict[int, np.ndarray] = {}

    def add(self, frame: AscentFrame) -> Frame:
        """Keep a frame, and make one for the page of it."""
        self.pictures.add(frame.step, frame)
        self._scores[frame.step] = frame.scores
        first = {"scores": self._all_scores()} if len(self._scores) == 1 else {}
        return self._as_frame(frame) | first

    def past(self) -> Frame:
        """What a page has to know of the run so far, if it was not there."""
        if not self._scores:
            return {}
        return {"scores": self._all_scores(), "kept": integers(self.pictures.steps())}

    def replay(self, step: int) -> Frame:
        """The kept picture nearest to a step, for the page."""
        kept = {"kept": integers(self.pictures.steps()), "replay": True}
        return self._as_frame(self.pictures.get(step)) | kept

    def scores(self) -> np.ndarray:
        """The scores that there are, (steps, pictures)."""
        return np.stack(list(self._scores.values()))

    def _as_frame(self, frame: AscentFrame) -> Frame:
        if frame.images.ndim < 4 and is_wave(frame.images[0]):
            return self._as_waves(frame)
        pixels = [self.paint(image) for image in frame.images]
        if len(pixels) > 1:
            total = sum(each.shape[0] * each.shape[1] for each in pixels)
            pixels = [_reduced(each, total) for each in pixels]
        return {
            **self._numbers(frame),
            "width": pixels[0].shape[1],
            "height": pixels[0].shape[0],
            "pixels": b"".join(each.tobytes() for each in pixels),
        }

    def _as_waves(self, frame: AscentFrame) -> Frame:
        """What the page draws and plays where each picture is a sequence of single values."""
        waves = self.heard(frame.images)
        return {
            **self._numbers(frame),
            "width": WIDTH,
            "height": HEIGHT,
            "length": waves.shape[1],
            "samples": floats(waves),
            "pixels": b"",
        }

    def _numbers(self, frame: AscentFrame) -> Frame:
        return {
            **self._shared,
            "step": frame.step,
            "score": float(frame.scores.mean()),
            "each": [float(score) for score in frame.scores],
        }

    def _all_scores(self) -> bytes:
        """One score a step; those of steps between frames lie on a line."""
        steps = list(self._scores)
        means = [scores.mean() for scores in self._scores.values()]
        return floats(np.interp(np.arange(steps[-1] + 1), steps, means))


def _reduced(pixels: np.ndarray, total: int) -> np.ndarray:
    """A picture shrunk as far as `total` pixels need to be."""
    times = int(np.ceil(np.sqrt(total / MOST_STREAMED)))
    return pixels if times == 1 else np.asarray(Image.fromarray(pixels).reduce(times))
