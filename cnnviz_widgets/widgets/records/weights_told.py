"""What the page is told of a layer's weights: once a layer, once a channel, and tile by tile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...methods import TileSheet
from ...methods.weights import (
    FilterMap,
    Kernel,
    Kernels,
    Links,
    MatrixLevels,
    MatrixTile,
    SingularValues,
    WeightStatistics,
    connections,
    filter_similarity,
)
from ...methods.weights.filters import strongest_filters
from ..shared.running import Frame
from ..shared.wire import floats, integers
from .operation_frame import number

PARTNERS = 6
"""Strongest channels of another layer that are shown with their kernels."""

SOURCES = 4
"""Other layers at most, before and after, that are told in full."""

PICTURED = 65_536
"""Weights at most of a layer whose filters are all sent."""

COMPARED = 384
"""Filters at most whose likeness is sent: one byte for each two."""

MAP_SIDE = 48
"""Cells at most of a small activation map."""


def told_layer(
    kernel: Kernel, statistics: WeightStatistics, levels: MatrixLevels, entry: str
) -> dict[str, Any]:
    """What holds for all channels of a layer.

    Args:
        kernel: its weights.
        statistics: of them.
        levels: of its matrix.
        entry: the name that stands for the network's input.
    """
    slices = kernel.slices(0)
    told: dict[str, Any] = {
        "layer": kernel.name,
        "words": "",
        "kind": kernel.kind,
        "outputs": kernel.outputs,
        "inputs": kernel.inputs,
        "groups": kernel.groups,
        "window": list(kernel.window),
        "rows": slices.shape[1],
        "cols": slices.shape[2],
        "sources": list(kernel.sources),
        "statistics": _numbers_of(statistics),
        "counts": integers(statistics.counts),
        "matrix": {
            "rows": levels.shape[0],
            "cols": levels.shape[1],
            "top": levels.top_level,
            **told_tile(levels.tile(levels.top_level, 0, 0)),
        },
    }
    few = kernel.values.shape[1] if kernel.kind == "conv" else 0
    color = few == 3 and kernel.groups == 1 and next(iter(kernel.sources), "") == entry
    if (color or few == 1) and kernel.values.size <= PICTURED:
        told |= {"color": color, "filters": floats(kernel.values)}
    return told


def _numbers_of(found: WeightStatistics) -> dict[str, Any]:
    return {
        "count": found.count,
        "nonfinite": found.nonfinite,
        "sampled": found.sampled,
        "nearZero": number(found.near_zero),
        "first": float(found.edges[0]),
        "last": float(found.edges[-1]),
        **{name: number(getattr(found, name)) for name in ("mean", "std", "low", "high", "norm")},
    }


def told_tile(tile: MatrixTile) -> dict[str, Any]:
    """A tile as 16-bit codes: value = code / 32767 * scale."""
    told: dict[str, Any] = {"tileRows": tile.mean.shape[0], "tileCols": tile.mean.shape[1]}
    for name in ("extreme",) if tile.block == 1 else ("mean", "extreme"):
        values = getattr(tile, name)
        scale = float(np.abs(values).max())
        codes = np.rint(values * (32767 / scale if scale else 0)).astype("<i2")
        told |= {name: codes.tobytes(), f"{name}Scale": scale}
    return told


def told_map(found: FilterMap) -> dict[str, Any]:
    """A map of filters."""
    return {
        "numbers": integers(found.filters),
        "places": floats(found.places),
        "explained": found.explained,
    }


def told_likeness(kernel: Kernel) -> dict[str, Any]:
    """Cosines as bytes: cosine = (code - 127) / 127."""
    filters = kernel.filters()
    numbers = strongest_filters(filters, COMPARED)
    cosines = filter_similarity(filters[numbers])
    codes = np.rint(cosines * 127 + 127).astype(np.uint8)
    return {"numbers": integers(numbers), "cosines": codes.tobytes()}


def told_singular(found: SingularValues) -> dict[str, Any]:
    """Singular values, and how many of them matter."""
    return {
        "values": floats(found.values),
        "complete": found.complete,
        "energy": found.energy,
        "most": found.most,
        "needed": found.needed(),
    }


class Maps:
    """Activation maps of channels, small, for one image.

    Args:
        sheets: of all layers.
        kernels: of the network.
        batch: the image, as the network takes it.
        names: of the layers by the numbers of their values.
    """

    def __init__(
        self,
        sheets: Mapping[str, TileSheet],
        kernels: Kernels,
        batch: np.ndarray,
        names: Mapping[int, str],
    ) -> None:
        self._sheets, self._kernels, self._batch, self._names = sheets, kernels, batch, names

    def of(self, layer: str, channel: int) -> tuple[np.ndarray, float, float] | None:
        """Codes of a channel with the values of codes 0 and 255; `None` where there are none."""
        if layer == self._kernels.wiring.input:
            return self._of_input(channel)
        sheet = self._sheets.get(layer)
        if sheet is None:  # a part of a layer
            return None
        tile = sheet.tiles[channel]
        return _small(tile), float(sheet.low[channel]), float(sheet.high[channel])

    def taken(
        self, layer: str, source: str, channel: int
    ) -> tuple[np.ndarray, float, float] | None:
        """What a layer takes of a channel of a source: after ReLU, norm and pooling."""
        product = self._kernels.wiring.products[layer]
        giver = self._names.get(product.taken if product.map is None else product.map)
        at = int(np.flatnonzero(product.sources[source] == channel)[0])
        number = at if product.flattened is None else int(product.flattened[at])
        if giver is None or number >= len(self._sheets[giver].tiles):
            return self.of(source, channel)
        return self.of(giver, number)

    def _of_input(self, channel: int) -> tuple[np.ndarray, float, float] | None:
        if self._batch.ndim != 4:
            return None
        values = self._batch[0, ..., channel]
        low, high = float(values.min()), float(values.max())
        codes = np.rint((values - low) / (high - low or 1) * 255).astype(np.uint8)
        return _small(codes), low, high


def _small(codes: np.ndarray) -> np.ndarray:
    step = -(-max(codes.shape) // MAP_SIDE)
    return codes[::step, ::step]


class Telling:
    """Puts the numbers and pictures of a frame down, and says where they lie."""

    def __init__(self) -> None:
        self._numbers: list[np.ndarray] = []
        self._count = 0
        self._codes: list[bytes] = []
        self._bytes = 0

    def put(self, values: np.ndarray) -> int:
        """Put numbers down; where they begin."""
        at, flat = self._count, np.asarray(values, np.float32).reshape(-1)
        self._numbers.append(flat)
        self._count += flat.size
        return at

    def map(self, found: tuple[np.ndarray, float, float] | None) -> dict[str, Any] | None:
        """Put a map down."""
        if found is None:
            return None
        codes, low, high = found
        at = self._bytes
        self._codes.append(np.ascontiguousarray(codes).tobytes())
        self._bytes += codes.size
        rows, columns = codes.shape
        return {"at": at, "rows": rows, "cols": columns, "low": number(low), "high": number(high)}

    def binaries(self) -> dict[str, bytes]:
        """All that was put down."""
        whole = np.concatenate(self._numbers) if self._numbers else np.zeros(0)
        return {"numbers": floats(whole), "codes": b"".join(self._codes)}


def told_channel(found: Kernels, layer: str, channel: int, maps: Maps | None) -> Frame:
    """One channel: its kernel by input channels, and its ties to the layers around.

    Args:
        found: the kernels of the network.
        layer: name of a layer with a kernel.
        channel: its number.
        maps: of the image, if there is one.
    """
    kernel, telling = found[layer], Telling()
    ties = connections(found, layer, channel)
    slices = kernel.slices(channel)
    before = [
        _before(kernel, channel, slices, links, telling, maps) for links in ties.before[:SOURCES]
    ]
    after = [
        _after(found[links.layer], layer, channel, links, telling, maps)
        for links in ties.after[:SOURCES]
    ]
    first = next(iter(kernel.sources), None)
    taken = kernel.taken(channel)
    own = None if maps is None else telling.map(maps.of(layer, channel))
    return {
        "layer": layer,
        "channel": channel,
        "norm": number(float(np.linalg.norm(slices.astype(np.float64)))),
        "kernel": telling.put(slices),
        "taken": integers(taken),
        "sourceChannels": integers(
            taken * 0 - 1 if first is None else kernel.channels_of(first)[taken]
        ),
        "before": before,
        "after": after,
        "more": [len(ties.before) - len(before), len(ties.after) - len(after)],
        "own": own,
        **telling.binaries(),
    }


def _before(
    kernel: Kernel,
    channel: int,
    slices: np.ndarray,
    links: Links,
    telling: Telling,
    maps: Maps | None,
) -> dict[str, Any]:
    numbers = kernel.channels_of(links.layer)[kernel.taken(channel)].tolist()
    partners = []
    for other in links.strongest(PARTNERS):
        picture = slices[numbers.index(other)]
        seen = None if maps is None else maps.taken(kernel.name, links.layer, other)
        partners.append(_partner(other, links, picture, telling, seen))
    return _links(links, partners, telling)


def _after(
    kernel: Kernel, layer: str, channel: int, links: Links, telling: Telling, maps: Maps | None
) -> dict[str, Any]:
    partners = []
    for other in links.strongest(PARTNERS):
        numbers = kernel.channels_of(layer)[kernel.taken(other)].tolist()
        picture = kernel.slices(other)[numbers.index(channel)]
        seen = None if maps is None else maps.of(kernel.name, other)
        partners.append(_partner(other, links, picture, telling, seen))
    return _links(links, partners, telling)


def _partner(
    other: int,
    links: Links,
    picture: np.ndarray,
    telling: Telling,
    seen: tuple[np.ndarray, float, float] | None,
) -> dict[str, Any]:
    return {
        "channel": other,
        "strength": float(links.strength[other]),
        "total": float(links.total[other]),
        "kernel": telling.put(picture),
        "rows": picture.shape[0],
        "cols": picture.shape[1],
        "map": telling.map(seen),
    }


def _links(links: Links, partners: Sequence[Any], telling: Telling) -> dict[str, Any]:
    return {
        "layer": links.layer,
        "count": len(links.strength),
        "strength": telling.put(links.strength),
        "total": telling.put(links.total),
        "partners": list(partners),
    }
