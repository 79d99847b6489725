"""What the `digits` network is trained and judged on: scikit-learn's handwritten digits.

1,797 digits of 8x8 pixels (0 to 16), scaled to [0, 1] and to 28x28 by bicubic interpolation,
clipped where that overshoots. A fixed fifth, 36 of each class or so, is held out. Training turns
and shifts the rest a little. scikit-learn is needed here and nowhere else.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from PIL import Image

from .examples import Examples
from .images import DIGIT_SIDE

BATCH = 64
_SPLIT_SEED = 0


def training_digits() -> Examples:
    """The four fifths for training: float32 (1437, 28, 28, 1) in [0, 1], int32 (1437,)."""
    images, labels, held_out = _split()
    return images[~held_out], labels[~held_out]


def held_out_digits() -> Examples:
    """The fifth that training never sees: float32 (360, 28, 28, 1) in [0, 1], int32 (360,)."""
    images, labels, held_out = _split()
    return images[held_out], labels[held_out]


def training_batches(rng: np.random.Generator) -> Iterator[Examples]:
    """Endless batches of training digits, each turned and shifted a little.

    Args:
        rng: source of all randomness; the same seed gives the same batches.

    Yields:
        float32 (64, 28, 28, 1) in [0, 1] and int32 (64,) classes.
    """
    images, labels = training_digits()
    while True:
        chosen = rng.choice(len(images), BATCH, replace=False)
        yield np.stack([_moved(images[index], rng) for index in chosen]), labels[chosen]


@lru_cache
def _split() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All digits, their classes, and which of them are held out."""
    try:
        from sklearn.datasets import load_digits
        from sklearn.model_selection import train_test_split
    except ImportError as error:
        raise ImportError(
            "the handwritten digits come with scikit-learn, which is not installed: "
            "`pip install cnnviz_widgets[train]`"
        ) from error
    digits, classes = map(np.asarray, load_digits(return_X_y=True))
    _, chosen = train_test_split(
        np.arange(len(classes)), test_size=0.2, stratify=classes, random_state=_SPLIT_SEED
    )
    images = np.stack([_scaled(digit.reshape(8, 8) / 16) for digit in digits])
    held_out = np.isin(np.arange(len(classes)), chosen)
    return images, classes.astype(np.int32), held_out


def _scaled(digit: np.ndarray) -> np.ndarray:
    small = Image.fromarray(digit.astype(np.float32))
    large = small.resize((DIGIT_SIDE, DIGIT_SIDE), Image.Resampling.BICUBIC)
    return np.clip(np.asarray(large), 0, 1)[..., None]


def _moved(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A digit turned by up to 12 degrees and shifted by up to 2 pixels each way."""
    angle, right, down = rng.uniform((-12, -2, -2), (12, 2, 2))
    moved = Image.fromarray(digit[..., 0]).rotate(
        angle, Image.Resampling.BILINEAR, translate=(right, down)
    )
    return np.asarray(moved)[..., None]
