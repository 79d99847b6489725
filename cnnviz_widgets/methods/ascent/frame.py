"""What an ascent gives at each of its moments, and what it says when it cannot go on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32

from ...network import from_row


@dataclass(frozen=True)
class AscentFrame:
    """One moment of an ascent, of one picture or of several.

    Attributes:
        step: number of the step, 0 for the start.
        image: float32 (H, W, C) in [0, 1]; the first of `images`. Transparent parts show grey. Of
            sequences (T, C) in the range of the network's inputs.
        score: the objective's value for this image, as transformed; penalties are not in it.
        every_image: what `images` gives; `None` where there is but one.
        every_score: what `scores` gives; likewise.
        opacity: float32 (N, H, W) in [0, 1] where the parameterisation has one (`Alpha`, `Maco`).
    """

    step: int
    image: Float32[np.ndarray, "*place c"]
    score: float
    every_image: Float32[np.ndarray, "n ..."] | None = None
    every_score: Float32[np.ndarray, " n"] | None = None
    opacity: Float32[np.ndarray, "n ..."] | None = None

    @property
    def images(self) -> Float32[np.ndarray, "n ..."]:
        """All pictures, in [0, 1]; of sequences (N, T, C) in their own range."""
        return self.image[None] if self.every_image is None else self.every_image

    @property
    def scores(self) -> Float32[np.ndarray, " n"]:
        """The scores of all pictures."""
        if self.every_score is None:
            return np.asarray([self.score], np.float32)
        return self.every_score


def of_sequences(frame: AscentFrame, ends: tuple[float, float], rank: int) -> AscentFrame:
    """A frame of pictures of one row, as the sequences that they stand for.

    Args:
        frame: painted in [0, 1].
        ends: of the range of the network's inputs.
        rank: axes of an input.
    """
    low, high = np.float32(ends[0]), np.float32(ends[1])
    images = from_row(low + (high - low) * frame.images, rank)
    opacity = None if frame.opacity is None else from_row(frame.opacity, rank)
    return replace(frame, image=images[0], every_image=images, opacity=opacity)


class AscentDivergedError(FloatingPointError):
    """An ascent that came to numbers with which it cannot go on.

    Attributes:
        last: the last good frame, or `None` if there was none.
    """

    def __init__(self, message: str, last: AscentFrame | None) -> None:
        super().__init__(message)
        self.last = last
