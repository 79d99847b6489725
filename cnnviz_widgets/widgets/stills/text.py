"""A text with a colour behind each token, as a still picture."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float
from PIL import Image, ImageDraw

from ..shared.picture import INK, LINE_HEIGHT, PAPER, as_png, lines_picture, palette

WIDTH = 640
ROOM = 4  # pixels beside a token of several letters


def text_picture(
    labels: Sequence[str], values: Float[np.ndarray, " t"], signed: bool, lines: Sequence[str]
) -> bytes:
    """Tokens in rows, coloured by their values, and below them lines of text, as a PNG file."""
    most = float(np.abs(values).max()) or 1.0
    codes = np.rint((values / most + 1) * 127.5 if signed else values / most * 255)
    colours = palette("diverging" if signed else "viridis")[codes.clip(0, 255).astype(np.uint8)]
    words = lines_picture(lines)
    places = list(_places(labels))
    height = (places[-1][1] + 2) * LINE_HEIGHT * 2 if places else 0
    picture = Image.new("RGB", (max(WIDTH, words.width), height + words.height), PAPER)
    canvas = ImageDraw.Draw(picture)
    for label, colour, (left, row, width) in zip(labels, colours, places, strict=True):
        top = LINE_HEIGHT + row * LINE_HEIGHT * 2
        box = (left, top, left + width - 1, top + LINE_HEIGHT + 6)
        canvas.rectangle(box, fill=tuple(int(part) for part in colour))
        dark = float(colour @ np.array([0.299, 0.587, 0.114])) < 140
        canvas.text((left + _room(label), top + 4), _plain(label), PAPER if dark else INK)
    picture.paste(words, (0, height))
    return as_png(picture)


def _places(labels: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Left edge, row and width of each token; rows end where no more fits."""
    canvas = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    left, row = LINE_HEIGHT, 0
    for label in labels:
        width = round(canvas.textlength(_plain(label) or " ")) + 2 * _room(label)
        if left + width > WIDTH - LINE_HEIGHT:
            left, row = LINE_HEIGHT, row + 1
        yield left, row, width
        left += width


def _room(label: str) -> int:
    return ROOM if len(label) > 1 else 1


def _plain(label: str) -> str:
    """What Pillow's own font has letters for: others without their accents."""
    known = (unicodedata.normalize("NFD", c)[0] if ord(c) > 255 else c for c in label)
    return "".join(known).encode("latin-1", "replace").decode("latin-1")
