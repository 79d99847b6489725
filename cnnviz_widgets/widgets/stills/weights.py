"""A layer's weights as a still picture: kernels in a grid, and a histogram."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw

from ...methods.weights import Kernel, WeightStatistics
from ..shared.picture import INK, PAPER, as_png, lines_picture, palette

WIDTH, TILE, GAP = 600, 44, 3
MOST = 144
"""Kernels that are drawn at most."""

BAR = (42, 109, 176)
HISTOGRAM = (280, 90)


def weights_picture(
    kernel: Kernel, statistics: WeightStatistics, channel: int, entry: str
) -> bytes:
    """Draw a layer's weights as PNG.

    Args:
        kernel: the weights.
        statistics: of them.
        channel: whose kernel is drawn, where not all filters are.
        entry: the name that stands for the network's input.
    """
    values = kernel.values
    colored = values.shape[1] == 3 and values.ndim == 4 and next(iter(kernel.sources), "") == entry
    if colored:
        tiles, what = _in_color(np.moveaxis(values[:MOST], 1, -1)), "filters"
    else:
        slices = kernel.slices(channel)[:MOST]
        most = float(np.abs(np.nan_to_num(slices)).max()) or 1.0
        codes = np.rint(np.nan_to_num(slices) / most * 127.5 + 127.5).astype(np.uint8)
        tiles, what = palette("diverging")[codes], f"kernel of channel {channel}"
    shape = " x ".join(map(str, values.shape))
    text = lines_picture([
        f"{kernel.name}: {shape}, {what}",
        f"mean {statistics.mean:.3g}, deviation {statistics.std:.3g}, "
        f"from {statistics.low:.3g} to {statistics.high:.3g}, norm {statistics.norm:.3g}",
    ])  # fmt: skip
    parts = [text, _grid(tiles), _histogram(statistics)]
    whole = Image.new("RGB", (WIDTH, sum(part.height + 2 * GAP for part in parts)), PAPER)
    top = 0
    for part in parts:
        whole.paste(part, (GAP, top))
        top += part.height + 2 * GAP
    return as_png(whole)


def _in_color(filters: np.ndarray) -> np.ndarray:
    """Filters (n, rows, columns, 3) as colours: zero is grey, each to its own largest weight."""
    known = np.nan_to_num(filters)
    most = np.abs(known).max((1, 2, 3), keepdims=True)
    return np.rint(known / np.where(most > 0, most, 1) * 127.5 + 127.5).astype(np.uint8)


def _grid(tiles: np.ndarray) -> Image.Image:
    rows, columns = tiles.shape[1:3]
    side = TILE if max(rows, columns) > 1 else TILE // 2
    across = WIDTH // (side + GAP)
    down = math.ceil(len(tiles) / across)
    high = max(1, min(side, side * rows // columns))
    sheet = Image.new("RGB", (WIDTH, down * (high + GAP)), PAPER)
    for k, tile in enumerate(tiles):
        picture = Image.fromarray(np.ascontiguousarray(tile))
        place = (k % across * (side + GAP), k // across * (high + GAP))
        sheet.paste(picture.resize((side, high), Image.Resampling.NEAREST), place)
    return sheet


def _histogram(statistics: WeightStatistics) -> Image.Image:
    width, height = HISTOGRAM
    image = Image.new("RGB", (width, height), PAPER)
    canvas = ImageDraw.Draw(image)
    most, step = max(1, int(statistics.counts.max())), width / len(statistics.counts)
    for k, count in enumerate(statistics.counts.tolist()):
        if count:
            top = height - 1 - max(1, round((height - 2) * count / most))
            canvas.rectangle([k * step, top, (k + 1) * step - 1, height - 1], BAR)
    canvas.line([(0, height - 1), (width, height - 1)], INK)
    return image
