"""What is kept of one dream, and its frames as the page takes them."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from ...live import History
from ...methods import DreamFrame
from ..shared.picture import to_pixels
from ..shared.running import Frame
from ..shared.wire import integers

MEMORY = 128e6
"""Bytes of pictures that are kept of a dream; when it is long, every n-th one."""

LONGEST = 800
"""Pixels on the longer side of what the page is sent; Python has the dream in full size."""

WASHED_OUT = 0.25
"""Share of values at black or white, beyond the photograph's own, of a dream that is hardly one."""


class DreamRecord:
    """The past of one dream.

    Args:
        number: of the run.
        label: what is dreamt of, in words.
        photograph: where it begins, (H, W, C) in [0, 1].
    """

    def __init__(self, number: int, label: str, photograph: np.ndarray) -> None:
        self.label = label
        self._shared: dict[str, Any] = {"run": number, "label": label}
        self._ends = _at_an_end(photograph)
        limit = int(np.clip(MEMORY // (4 * photograph.size), 8, 1024))
        self.pictures: History[DreamFrame] = History(limit)

    def add(self, frame: DreamFrame) -> Frame:
        """Keep a frame, and make one for the page of it."""
        self.pictures.add(frame.step, frame)
        return self._as_frame(frame)

    def past(self) -> Frame:
        """What a page has to know of the dream so far, if it was not there."""
        return {"kept": integers(self.pictures.steps())}

    def replay(self, step: int) -> Frame:
        """The kept picture nearest to a step, for the page."""
        return self._as_frame(self.pictures.get(step)) | self.past() | {"replay": True}

    def _as_frame(self, frame: DreamFrame) -> Frame:
        pixels = shown(frame.image)
        washed = _at_an_end(frame.image) - self._ends
        return {
            **self._shared,
            "step": frame.step,
            "steps": frame.steps,
            "octave": frame.octave,
            "octaves": frame.octaves,
            "iteration": frame.iteration,
            "score": frame.score,
            "note": _washed_out(washed) if washed > WASHED_OUT else "",
            "size": size_of(frame.image),
            "width": pixels.shape[1],
            "height": pixels.shape[0],
            "pixels": pixels.tobytes(),
        }


def shown(image: Any) -> np.ndarray:
    """A picture in [0, 1] as the page shows it: uint8 RGB, shrunk if it is large."""
    pixels = to_pixels(image)
    rows, columns = pixels.shape[:2]
    scale = LONGEST / max(rows, columns)
    if scale >= 1:
        return pixels
    size = max(1, round(columns * scale)), max(1, round(rows * scale))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX))


def size_of(image: Any) -> list[int]:
    """Width and height of a picture itself."""
    return [image.shape[1], image.shape[0]]


def _at_an_end(image: np.ndarray) -> float:
    """The share of values that are black or white."""
    return float(np.mean((image <= 0) | (image >= 1)))


def _washed_out(share: float) -> str:
    return (
        f"The dream drowns the photograph: {share:.0%} of its values have gone to black or white. "
        "Lower the strength, or have fewer iterations."
    )
