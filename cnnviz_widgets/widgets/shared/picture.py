"""Still pictures of views, for places where no widgets run: a pull request, print, a saved page.

Only Pillow is needed. The colours are those of the front end on a light page.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from ...methods import TileSheet

SIDE = 280
"""Pixels on the longer side of a picture that stands alone."""

GRID_WIDTH = 600
GAP = 2
PAPER = (255, 255, 255)
INK = (60, 60, 60)
LINE_HEIGHT = 14

# Every fifteenth of 256 colours. Authors and licences are in the front end's colormap-anchors.ts.
_ANCHORS = {
    "viridis": (
        "440154481769472a7a433d843d4e8a355e8d2e6d8e297b8e23898e"
        "1f978b21a5852eb37c46c06f65cb5e89d548b0dd2fd8e219fde725"
    ),
    "magma": (
        "0000040907201a10423111654a1079621980792282912b81aa337d"
        "c23b75d9466bec5860f7725cfc8e64feaa74fec68afde2a3fcfdbf"
    ),
    "cividis": (
        "00224e002d681637702e416d3f4c6c4e566c5c616e696b71767676"
        "838179928c78a09875afa471bfb06bcfbd62dfca57f0d846fee838"
    ),
    "diverging": (
        "001261022a7003417f08598f2575a15194b680b2cab0cfdedee6e9"
        "eedbd0e4bea8d7a081cc855dc06b3aaf4c188f2b06731406590008"
    ),
    "gray": "000000ffffff",
}
COLORMAPS = tuple(_ANCHORS)


@lru_cache
def palette(colormap: str) -> np.ndarray:
    """256 colours, uint8 (256, 3)."""
    anchors = np.frombuffer(bytes.fromhex(_ANCHORS[colormap]), np.uint8).reshape(-1, 3)
    places = np.linspace(0, 255, len(anchors))
    channels = [np.interp(np.arange(256), places, anchors[:, k]) for k in range(3)]
    return np.rint(np.stack(channels, -1)).astype(np.uint8)


def to_pixels(image: Any) -> np.ndarray:
    """An image in [0, 1] as uint8 RGB.

    Args:
        image: (H, W, C); one channel is shown as grey, three as colours, others by their mean.
    """
    values = np.asarray(image, np.float32)
    if values.shape[-1] != 3:
        values = np.repeat(values.mean(-1, keepdims=True), 3, -1)
    return np.rint(np.nan_to_num(values).clip(0, 1) * 255).astype(np.uint8)


def as_png(image: Image.Image) -> bytes:
    """A picture as a PNG file."""
    file = io.BytesIO()
    image.save(file, "png", optimize=True)
    return file.getvalue()


def fitted(pixels: np.ndarray, side: int = SIDE) -> Image.Image:
    """Pixels enlarged or shrunk until the longer side has `side` pixels."""
    rows, columns = pixels.shape[:2]
    scale = side / max(rows, columns)
    return _resized(pixels, max(1, round(columns * scale)), max(1, round(rows * scale)))


def sheet_picture(
    picture: np.ndarray | None, sheet: TileSheet, colormap: str, scale: str, order: str
) -> Image.Image:
    """The input beside a grid of all channels.

    Args:
        picture: the input, uint8 RGB, if it is one.
        sheet: the channels.
        colormap: one of `COLORMAPS`, or "auto": diverging where there are negative values.
        scale: "channel" or "layer": which values span the colours.
        order: "index" or "strongest".
    """
    grid = _grid(_coloured(sheet, colormap, scale)[_order(sheet, order)])
    if picture is None:
        return grid
    left = fitted(picture)
    start = left.width + 4 * GAP
    whole = Image.new("RGB", (start + grid.width, max(left.height, grid.height)), PAPER)
    whole.paste(left, (0, 0))
    whole.paste(grid, (start, 0))
    return whole


def maps_picture(
    pixels: np.ndarray, maps: Sequence[tuple[np.ndarray, bool]], opacity: float
) -> Image.Image:
    """The input beside maps that are laid over it.

    Args:
        pixels: the input, uint8 RGB.
        maps: codes of the input's size, or of one row, and whether 128 stands for zero.
        opacity: of the maps, 0 to 1.
    """
    grey = np.repeat(pixels.mean(-1, keepdims=True), 3, -1)
    shown = [pixels]
    columns = np.arange(pixels.shape[1])
    for codes, signed in maps:
        if codes.shape != pixels.shape[:2]:  # of a sequence: stretches of one row
            codes = np.repeat(codes[:, columns * codes.shape[1] // len(columns)], len(pixels), 0)
        colours = palette("diverging" if signed else "magma")[codes]
        shown.append(np.rint(grey + opacity * (colours - grey)).astype(np.uint8))
    return beside(shown)


def beside(pictures: Sequence[np.ndarray]) -> Image.Image:
    """Pictures side by side, uint8 RGB, all of one shape and at one scale."""
    parts = [fitted(each) for each in pictures]
    step = parts[0].width + 4 * GAP
    whole = Image.new("RGB", (step * len(parts) - 4 * GAP, parts[0].height), PAPER)
    for k, part in enumerate(parts):
        whole.paste(part, (k * step, 0))
    return whole


def pairs_picture(pairs: Sequence[tuple[np.ndarray, np.ndarray]]) -> Image.Image:
    """Pairs of pictures in three columns, uint8 RGB, all at one scale."""
    longest = max(max(pair[0].shape[:2]) for pair in pairs)
    across = min(3, math.ceil(math.sqrt(len(pairs))))
    side = GRID_WIDTH // (2 * across)
    step = side + GAP, 2 * side + 4 * GAP  # down, and right to the next pair
    down = math.ceil(len(pairs) / across)
    whole = Image.new("RGB", (across * step[1] - 3 * GAP, down * step[0] - GAP), PAPER)
    for k, pair in enumerate(pairs):
        top, left = k // across * step[0], k % across * step[1]
        for second, pixels in enumerate(pair):
            tile = fitted(pixels, max(1, side * max(pixels.shape[:2]) // longest))
            whole.paste(tile, (left + second * (side + GAP), top))
    return whole


def operation_picture(
    maps: Sequence[tuple[np.ndarray, Sequence[float] | None]], lines: Sequence[str]
) -> Image.Image:
    """Maps with a place marked on each, and below them lines of text.

    Args:
        maps: values (rows, columns), and the marked top, left, bottom and right, or `None`.
        lines: what is done between them.
    """
    parts = [_marked(values, box) for values, box in maps]
    text = lines_picture(lines)
    width = max(sum(part.width + 4 * GAP for part in parts), text.width)
    height = max((part.height for part in parts), default=0)
    whole = Image.new("RGB", (width, height + text.height), PAPER)
    start = 0
    for part in parts:
        whole.paste(part, (start, 0))
        start += part.width + 4 * GAP
    whole.paste(text, (0, height))
    return whole


def _marked(values: np.ndarray, box: Sequence[float] | None) -> Image.Image:
    known = np.nan_to_num(values, posinf=0, neginf=0)
    low, high = float(known.min()), float(known.max())
    signed = low < 0
    if signed:
        high = max(-low, high)
        low = -high
    share = (known - low) / (high - low or 1)
    colours = palette("diverging" if signed else "viridis")[np.rint(share * 255).astype(np.uint8)]
    image = fitted(colours)
    if box is not None:
        down, across = image.height / values.shape[0], image.width / values.shape[1]
        top, left, bottom, right = box
        place = left * across, top * down, right * across - 1, bottom * down - 1
        ImageDraw.Draw(image).rectangle(place, outline=(0, 0, 0), width=4)
        ImageDraw.Draw(image).rectangle(place, outline=(255, 255, 255), width=2)
    return image


def lines_picture(lines: Sequence[str]) -> Image.Image:
    """Lines of text."""
    plain = [line.encode("latin-1", "replace").decode("latin-1") for line in lines]
    canvas = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    width = max((math.ceil(canvas.textlength(line)) for line in plain), default=0)
    image = Image.new("RGB", (width + 2 * LINE_HEIGHT, (len(plain) + 1) * LINE_HEIGHT), PAPER)
    canvas = ImageDraw.Draw(image)
    for k, line in enumerate(plain):
        canvas.text((LINE_HEIGHT, LINE_HEIGHT // 2 + k * LINE_HEIGHT), line, INK)
    return image


def _coloured(sheet: TileSheet, colormap: str, scale: str) -> np.ndarray:
    """The tiles as uint8 (C, rows, columns, 3)."""
    low, high = np.nan_to_num(sheet.low), np.nan_to_num(sheet.high)  # a broken channel has neither
    if colormap == "auto":
        colormap = "diverging" if low.min() < 0 else "viridis"
    if scale == "layer":
        low, high = np.full_like(low, low.min()), np.full_like(high, high.max())
    if colormap == "diverging":
        high = np.maximum(abs(low), abs(high))
        low = -high
    span = np.where(high > low, high - low, 1)
    share = (np.nan_to_num(sheet.values()) - low[:, None, None]) / span[:, None, None]
    return palette(colormap)[np.rint(share.clip(0, 1) * 255).astype(np.uint8)]


def _order(sheet: TileSheet, order: str) -> np.ndarray:
    if order == "strongest":
        return np.argsort(-sheet.strength, kind="stable")
    return np.arange(len(sheet.tiles))


def _grid(tiles: np.ndarray) -> Image.Image:
    count, rows, columns = tiles.shape[:3]
    across = min(count, math.ceil(math.sqrt(2 * count * rows / columns)))
    width = max(1, min(96, GRID_WIDTH // across - GAP))
    height = max(1, round(width * rows / columns))
    down = math.ceil(count / across)
    grid = Image.new("RGB", (across * (width + GAP) - GAP, down * (height + GAP) - GAP), PAPER)
    for k, tile in enumerate(tiles):
        place = (k % across * (width + GAP), k // across * (height + GAP))
        grid.paste(_resized(tile, width, height), place)
    return grid


def _resized(pixels: np.ndarray, width: int, height: int) -> Image.Image:
    """Enlarged pixels stay square; shrunk ones are averaged."""
    larger = width >= pixels.shape[1]
    method = Image.Resampling.NEAREST if larger else Image.Resampling.BOX
    return Image.fromarray(np.ascontiguousarray(pixels)).resize((width, height), method)
