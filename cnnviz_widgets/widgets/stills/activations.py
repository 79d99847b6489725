"""A still picture of all layers' distributions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from ...methods.statistics.activation_statistics import LayerStatistics
from ..records.activations_frame import without_zeros
from ..shared.picture import INK, LINE_HEIGHT, PAPER

WIDTH, ROW, BARS = 600, 40, (190, 460)
BAR = (58, 111, 176)


def activations_picture(layers: Sequence[LayerStatistics]) -> Image.Image:
    """A row for each layer: its name, a histogram of what is not zero, and the share of zeros."""
    image = Image.new("RGB", (WIDTH, ROW * len(layers) + LINE_HEIGHT), PAPER)
    canvas = ImageDraw.Draw(image)
    for at, each in enumerate(layers):
        base = ROW * (at + 1)
        name = each.layer.encode("latin-1", "replace").decode("latin-1")
        canvas.text((LINE_HEIGHT, base - 22), name[:26], INK)
        canvas.text((BARS[1] + LINE_HEIGHT, base - 22), f"{each.zeros.mean():.0%} zero", INK)
        _bars(canvas, without_zeros(each).sum(0), base)
    return image


def _bars(canvas: ImageDraw.ImageDraw, counts: np.ndarray, base: int) -> None:
    left, right = BARS
    step = (right - left) / len(counts)
    most = max(1, int(counts.max()))
    for k, count in enumerate(counts.tolist()):
        if count:
            high = max(1, round((ROW - 8) * count / most))
            box = (
                left + k * step,
                base - high,
                max(left + k * step, left + (k + 1) * step - 1),
                base,
            )
            canvas.rectangle(box, BAR)
    canvas.line((left, base, right, base), INK)
