"""A training as a still picture: its loss, the first filters, a unit's map and what drives it."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from ...methods.statistics.training_look import UnitLook
from ..records.training_record import Moment, TrainingRecord, thinned
from ..shared.picture import INK, PAPER, as_png, beside, palette, to_pixels

WIDTH, HEIGHT, EDGE = 600, 180, 14
COLORS = ((26, 95, 180), (163, 22, 15), (27, 110, 60), (122, 75, 0))


def training_picture(record: TrainingRecord, moment: Moment, look: UnitLook | None) -> bytes:
    """Curves above pictures, as a PNG file.

    Args:
        record: of the training.
        moment: the network that is shown.
        look: a unit of it, if someone looked.
    """
    parts = [_curves(record)] if record.scalars() else []
    pictures = [] if moment.filters is None else [_sheet(moment.filters[1])]
    if look is not None:
        pictures.append(_colored(look.map))
        if look.ascent is not None:
            pictures.append(to_pixels(look.ascent))
    if pictures:
        parts.append(beside([_square(each) for each in pictures]))
    width = max((part.width for part in parts), default=WIDTH)
    whole = Image.new("RGB", (width, sum(part.height + EDGE for part in parts) or EDGE), PAPER)
    top = 0
    for part in parts:
        whole.paste(part, (0, top))
        top += part.height + EDGE
    return as_png(whole)


def _curves(record: TrainingRecord) -> Image.Image:
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    canvas = ImageDraw.Draw(image)
    last = max(record.step, 1)
    for k, (name, curve) in enumerate(record.scalars().items()):
        found = thinned(curve)
        known = np.isfinite(found.values)
        color = COLORS[k % len(COLORS)]
        if known.any():
            low, high = found.values[known].min(), found.values[known].max()
            down = 1 - (found.values[known] - low) / (high - low or 1)
            xs = EDGE + found.steps[known] / last * (WIDTH - 2 * EDGE)
            ys = 2 * EDGE + down * (HEIGHT - 3 * EDGE)
            canvas.line(list(zip(xs.tolist(), ys.tolist(), strict=True)), color, 2)
        words = f"{name} {curve.values[-1]:.3g}"
        canvas.text(
            (EDGE + 150 * k, 2), words.encode("latin-1", "replace").decode("latin-1"), color
        )
    canvas.line([(EDGE, HEIGHT - EDGE), (WIDTH - EDGE, HEIGHT - EDGE)], INK)
    return image


def _sheet(filters: np.ndarray) -> np.ndarray:
    """Filters in a grid, uint8 RGB."""
    count, rows, columns, _ = filters.shape
    across = int(np.ceil(np.sqrt(count)))
    down = -(-count // across)
    sheet = np.full((down * (rows + 1), across * (columns + 1), 3), 255, np.uint8)
    largest = float(np.nan_to_num(np.abs(filters)).max()) or 1.0
    for k, each in enumerate(filters):
        top, left = k // across * (rows + 1), k % across * (columns + 1)
        sheet[top : top + rows, left : left + columns] = to_pixels(0.5 + 0.5 * each / largest)
    return sheet


def _colored(values: np.ndarray) -> np.ndarray:
    known = np.nan_to_num(values)
    share = (known - known.min()) / (np.ptp(known) or 1)
    return palette("viridis")[np.rint(share * 255).astype(np.uint8)]


def _square(pixels: np.ndarray) -> np.ndarray:
    """At one size, so that all stand in a row."""
    side = 280
    image = Image.fromarray(np.ascontiguousarray(pixels))
    return np.asarray(image.resize((side, side), Image.Resampling.NEAREST))
