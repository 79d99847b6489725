"""What the `sounds` network is trained and judged on: sounds drawn anew, never the same twice.

Training draws from one stream of random numbers and the judgement from another. Both know the same
formulas: what is held out is each single sound, not a kind of instrument.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from .examples import Examples
from .sounds import sounds, synthesise

BATCH = 48
_PER_CLASS = 60
_HELD_OUT_SEED = 2_000_003


def training_batches(rng: np.random.Generator) -> Iterator[Examples]:
    """Endless batches of sounds: float32 (48, 4096, 1) in [-1, 1] and int32 (48,) classes."""
    while True:
        yield _drawn(rng.integers(len(sounds()), size=BATCH), rng)


@lru_cache
def held_out_sounds() -> Examples:
    """Sixty sounds of each class: float32 (420, 4096, 1) and int32 (420,)."""
    classes = np.repeat(np.arange(len(sounds())), _PER_CLASS)
    return _drawn(classes, np.random.default_rng(_HELD_OUT_SEED))


def _drawn(classes: np.ndarray, rng: np.random.Generator) -> Examples:
    names = sounds()
    waves = np.stack([synthesise(names[k], rng) for k in classes])
    return waves, classes.astype(np.int32)
