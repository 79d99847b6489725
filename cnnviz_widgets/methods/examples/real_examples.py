"""A unit's real examples: the patches of given pictures that fire it most, and least.

People predict better what a unit does when they see these beside its synthetic picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32

from ...network import Layer, Network, UnknownTargetError
from ..activations import activations
from ..ascent.resampling import GREY
from ..checks import check_count
from ..objectives import objective
from .picture_groups import Picture, batches, groups


@dataclass(frozen=True)
class Example:
    """A patch of a picture, and how strongly it fires a unit.

    Attributes:
        value: the unit's, at this place.
        image: number of the picture.
        row: of the place in the layer.
        column: likewise.
        box: top, left, bottom, right of the patch in the picture; may reach over its edges.
        patch: float32 (rows, columns, C) in [0, 1]; grey beyond the picture.
    """

    value: float
    image: int
    row: int
    column: int
    box: tuple[int, int, int, int]
    patch: Float32[np.ndarray, "h w c"]


def real_examples(
    net: Network,
    x: Any,
    *,
    unit: str,
    count: int = 9,
    least: bool = False,
    of_each: int = 1,
) -> list[Example]:
    """The patches of pictures that fire a channel most.

    Args:
        net: the network.
        x: a batch (N, H, W, C), or pictures in a list or an iterator, uint8 or float in [0, 1].
            A picture of a size that the network does not take is brought to its own.
        unit: "layer:channel"; of a layer with places the patch is what one place sees.
        count: how many at most.
        least: whether to take those that fire it least.
        of_each: how many of one picture at most, so that one picture does not fill the list.

    Returns:
        The examples, the strongest first (the weakest, for `least`); of equal ones of a picture
        the one nearest to its middle.

    Raises:
        InputError: if a picture is none that the network takes, or there is none.
        UnknownTargetError, UnknownLayerError: if there is no such channel.

    Example:
        >>> top = real_examples(net, map(cw.image, cw.images()[:15]), unit="conv4:5")
    """
    check_count("count", count)
    check_count("of_each", of_each)
    found = objective(net, unit)
    if not found.one_channel or len(found.arguments) != 1:
        raise UnknownTargetError(f'expected a channel such as "conv3:5", got {unit!r}.')
    (name,), (channel,) = found.layers, found.arguments
    examples: list[Example] = []
    for group in groups(net, x):
        maps = np.concatenate([_channel(net, batch, name, channel) for batch in batches(group)])
        for picture, values in zip(group, maps, strict=True):
            examples += _extremes(net, picture, name, values, least, of_each)
        examples = sorted(examples, key=lambda one: one.value if least else -one.value)[:count]
    return examples


def _channel(
    net: Network, batch: Float32[np.ndarray, "n h w c"], layer: str, channel: int
) -> Float32[np.ndarray, "n r s"]:
    """One channel of a layer; a layer without places has one row of them."""
    values = np.asarray(activations(net, batch, [layer])[layer][..., channel], np.float32)
    return values if values.ndim == 3 else values.reshape(len(batch), -1, 1)


def _extremes(
    net: Network, picture: Picture, name: str, values: Float32[np.ndarray, "r s"], least: bool,
    count: int,
) -> Iterator[Example]:  # fmt: skip
    """The strongest places of one picture, or the weakest; of equal ones the innermost first.

    A unit is often zero at most places, of which those at a corner see little of the picture.
    """
    layer = net.at((1, *picture.image.shape)).layer(name)
    off_middle = [np.abs(np.arange(size) - (size - 1) / 2) / size for size in values.shape]
    off_centre = np.maximum(off_middle[0][:, None], off_middle[1][None])
    order = np.lexsort((off_centre.ravel(), values.ravel() if least else -values.ravel()))[:count]
    for row, column in zip(*np.unravel_index(order, values.shape), strict=True):
        box = _seen(layer, int(row), int(column), picture.image.shape[:2])
        patch = _cut(picture.image, box)
        value = float(values[row, column])
        yield Example(value, picture.number, int(row), int(column), box, patch)


def _seen(layer: Layer, row: int, column: int, sides: tuple[int, int]) -> tuple[int, int, int, int]:
    """What part of the picture a place depends on; all of it where that is not known."""
    field = layer.receptive_field
    if field is None or len(layer.spatial) != 2 or not np.isfinite(field.size).all():
        return 0, 0, *sides
    starts = [
        int(np.floor(start + place * stride))
        for start, stride, place in zip(field.start, field.stride, (row, column), strict=True)
    ]
    ends = [start + int(np.ceil(size)) for start, size in zip(starts, field.size, strict=True)]
    return starts[0], starts[1], ends[0], ends[1]


def _cut(
    image: Float32[np.ndarray, "h w c"], box: tuple[int, int, int, int]
) -> Float32[np.ndarray, "r s c"]:
    top, left, bottom, right = box
    patch = np.full((bottom - top, right - left, image.shape[2]), GREY, np.float32)
    rows = slice(max(top, 0), min(bottom, image.shape[0]))
    columns = slice(max(left, 0), min(right, image.shape[1]))
    patch[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = image[
        rows, columns
    ]
    return patch
