"""What the `photos` network is trained and judged on: pieces of the bundled photographs.

Training draws a class, a square of 48 to 144 pixels that touches no held-out tile, scales it to
64x64 and changes it a little: mirrored, brighter or darker, tinted, now and then grey. Evaluation
takes five 64x64 pieces of every held-out tile, its corners and its middle, as they are.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from PIL import Image

from .cells import Cell
from .examples import Examples
from .held_out import held_out_mask, held_out_tiles
from .images import PHOTOGRAPHS, pixels

SIDE = 64
SMALLEST, LARGEST = 48, 144
BATCH = 64


def training_batches(rng: np.random.Generator) -> Iterator[Examples]:
    """Endless batches of training pieces.

    Args:
        rng: source of all randomness; the same seed gives the same batches.

    Yields:
        float32 (64, 64, 64, 3) in [0, 1] and int32 (64,) indices into `PHOTOGRAPHS`.
    """
    while True:
        labels = rng.integers(len(PHOTOGRAPHS), size=BATCH).astype(np.int32)
        squares = [training_square(PHOTOGRAPHS[label], rng) for label in labels]
        yield np.stack([_changed(_scaled(square), rng) for square in squares]), labels


def training_square(name: str, rng: np.random.Generator) -> Cell:
    """A random square of a photograph that touches none of its held-out tiles."""
    hidden = _hidden(name)
    height, width = hidden.shape
    side = round(SMALLEST * (LARGEST / SMALLEST) ** rng.random())
    while True:
        top = int(rng.integers(height - side + 1))
        left = int(rng.integers(width - side + 1))
        square = Cell(name, top, left, side, side)
        if not hidden[square.slices].any():
            return square


def evaluation_pieces() -> Examples:
    """The fixed pieces the network is judged on, all inside held-out tiles.

    Returns:
        float32 (N, 64, 64, 3) in [0, 1] and int32 (N,) indices into `PHOTOGRAPHS`.
    """
    squares = [square for name in PHOTOGRAPHS for square in evaluation_squares(name)]
    pieces = np.stack([pixels(square.label)[square.slices] for square in squares])
    labels = [PHOTOGRAPHS.index(square.label) for square in squares]
    return pieces.astype(np.float32) / 255, np.array(labels, np.int32)


def evaluation_squares(name: str) -> tuple[Cell, ...]:
    """The corners and the middle of every held-out tile of a photograph: 64x64 squares."""
    height, width, _ = pixels(name).shape
    places = ((0, 0), (0, 2), (1, 1), (2, 0), (2, 2))  # in halves of the room in the tile
    return tuple(
        Cell(
            name,
            tile.top + down * (tile.height - SIDE) // 2,
            tile.left + right * (tile.width - SIDE) // 2,
            SIDE,
            SIDE,
        )
        for tile in held_out_tiles(name, height, width)
        for down, right in places
    )


@lru_cache
def _hidden(name: str) -> np.ndarray:
    height, width, _ = pixels(name).shape
    return held_out_mask(held_out_tiles(name, height, width), height, width)


def _scaled(square: Cell) -> np.ndarray:
    # Cut first, scale after: a scaling filter would reach over the square's edge.
    piece = Image.fromarray(pixels(square.label)[square.slices])
    return np.asarray(piece.resize((SIDE, SIDE), Image.Resampling.BILINEAR), np.float32) / 255


def _changed(piece: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A piece as it might look in other light: float32, in [0, 1]."""
    if rng.random() < 0.5:
        piece = piece[:, ::-1]
    if rng.random() < 0.2:
        piece = np.broadcast_to(piece.mean(-1, keepdims=True), piece.shape)
    much = 0.4 * rng.random() ** 2  # most pieces change little, a few a lot
    tint = 1 + rng.uniform(-much, much, 3).astype(np.float32)
    contrast, brightness = 1 + rng.uniform(-much, much), rng.uniform(-much, much) / 2
    changed = (piece * tint - 0.5) * np.float32(contrast) + np.float32(0.5 + brightness)
    return np.clip(changed, 0, 1).astype(np.float32)
