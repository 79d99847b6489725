"""What an ascent gives at each of its moments, and what it says when it cannot go on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32


@dataclass(frozen=True)
class AscentFrame:
    """One moment of an ascent, of one picture or of several.

    Attributes:
        step: number of the step, 0 for the start.
        image: float32 (H, W, C) in [0, 1]; the first of `images`. Transparent parts show grey.
        score: the objective's value for this image, as transformed; penalties are not in it.
        images: float32 (N, H, W, C), all pictures; one if left out.
        scores: float32 (N,), of all pictures.
        opacity: float32 (N, H, W) in [0, 1] where the parameterisation has one (`Alpha`, `Maco`).
    """

    step: int
    image: Float32[np.ndarray, "h w c"]
    score: float
    images: Float32[np.ndarray, "n h w c"] | None = None
    scores: Float32[np.ndarray, " n"] | None = None
    opacity: Float32[np.ndarray, "n h w"] | None = None

    def __post_init__(self) -> None:
        if self.images is None:
            object.__setattr__(self, "images", self.image[None])
        if self.scores is None:
            object.__setattr__(self, "scores", np.asarray([self.score], np.float32))


class AscentDivergedError(FloatingPointError):
    """An ascent that came to numbers with which it cannot go on.

    Attributes:
        last: the last good frame, or `None` if there was none.
    """

    def __init__(self, message: str, last: AscentFrame | None) -> None:
        super().__init__(message)
        self.last = last
