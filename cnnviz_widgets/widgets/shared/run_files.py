"""The pictures of a run as files: one step as a still, or the whole run as a film."""

from __future__ import annotations

import io
import math
import wave as wave_file
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from PIL import Image

from .picture import GAP, PAPER, fitted, to_pixels

FORMATS = {"png": "image/png", "gif": "image/gif", "webp": "image/webp", "wav": "audio/wav"}
"""What files there are, and their media types."""

MOST_FRAMES = 96
"""Of a film."""

FRAME_MS = 60
LAST_MS = 1500
"""How long a film shows a frame, and the last one."""

FILM_SIDE = 256
"""Pixels that a film has on its longer side at least: smaller ones show hardly anything."""


Paint = Callable[[np.ndarray], np.ndarray]
"""Makes uint8 RGB of a picture, or of a sequence."""

Moment = TypeVar("Moment")


def mosaic(images: np.ndarray, paint: Paint = to_pixels) -> Image.Image:
    """Pictures (N, H, W, C) in [0, 1] as a grid, pixel by pixel; one of them alone as it is."""
    painted = [paint(image) for image in images]
    count, (rows, columns) = len(painted), painted[0].shape[:2]
    if count == 1:
        return Image.fromarray(painted[0])
    across = math.ceil(math.sqrt(count))
    down = math.ceil(count / across)
    size = across * (columns + GAP) - GAP, down * (rows + GAP) - GAP
    whole = Image.new("RGB", size, PAPER)
    for k, image in enumerate(painted):
        place = k % across * (columns + GAP), k // across * (rows + GAP)
        whole.paste(Image.fromarray(image), place)
    return whole


def still(images: np.ndarray, paint: Paint = to_pixels) -> Image.Image:
    """The pictures, enlarged for places without widgets."""
    return fitted(np.asarray(mosaic(images, paint)))


def sound(wave: np.ndarray, rate: float) -> bytes:
    """A sequence of single values from -1 to 1 as a WAV file of 16 bits.

    Args:
        wave: (T, 1).
        rate: samples a second.
    """
    file = io.BytesIO()
    with wave_file.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(round(rate))
        out.writeframes(np.rint(wave.clip(-1, 1) * 32767).astype("<i2").tobytes())
    return file.getvalue()


def film(moments: Sequence[Moment], kind: str, draw: Callable[[Moment], Image.Image]) -> bytes:
    """A run as a film that repeats.

    Args:
        moments: in order, at least one; some of them if they are many.
        kind: "gif" or "webp".
        draw: makes the picture of a moment; smaller ones are brought to the size of the largest.
    """
    count = min(len(moments), MOST_FRAMES)
    chosen = np.unique(np.linspace(0, len(moments) - 1, count).round().astype(int))
    shown = _of_one_size([draw(moments[k]) for k in chosen])
    lengths = [FRAME_MS] * (len(shown) - 1) + [LAST_MS]
    first, *rest = shown if kind == "webp" else [_of_256_colours(picture) for picture in shown]
    file = io.BytesIO()
    more = {"quality": 85, "method": 2} if kind == "webp" else {}
    first.save(file, kind, save_all=True, append_images=rest, duration=lengths, loop=0, **more)
    return file.getvalue()


def _of_256_colours(picture: Image.Image) -> Image.Image:
    """As a GIF needs it, the rare colours with it: a cat's eyes stay green.

    Pillow's own choice drops them, and takes up to a second for a picture.
    """
    colours = picture.quantize(method=Image.Quantize.FASTOCTREE)
    return picture.quantize(palette=colours, dither=Image.Dither.FLOYDSTEINBERG)


def _of_one_size(pictures: Sequence[Image.Image]) -> list[Image.Image]:
    width, height = max(picture.size for picture in pictures)
    times = max(math.ceil(FILM_SIDE / max(width, height)), 1)
    size = width * times, height * times
    return [
        picture if picture.size == size else picture.resize(size, Image.Resampling.BICUBIC)
        for picture in pictures
    ]
