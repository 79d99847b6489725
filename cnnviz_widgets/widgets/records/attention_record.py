"""What the attention view shows of one image: rows, matrices and numbers of the weights at hand."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from ...methods import AttentionMaps, attention
from ...methods.sequences.attention_flow import layer_matrices
from ...methods.sequences.attention_numbers import distances, entropies, flows, rollout
from ...network import Network, TokenGrid
from ..shared.running import Frame
from ..shared.wire import floats

SHOWN = ("head", "mean", "rollout", "flow")
"""One head, the mean of a layer's heads, or what comes through all layers up to it."""

SIDE = 512  # rows of a matrix at most; larger ones are averaged
SMALL = 64  # of a matrix that is shown small
PAUSE = 0.3  # seconds between two frames of a flow that is being found
RESIDUAL = 0.5


class AttentionRecord:
    """The attention of a network for one image, and what follows from it.

    Attributes:
        maps: what the method gives.
    """

    def __init__(self, net: Network, image: Any) -> None:
        self.maps: AttentionMaps = attention(net, image)
        self._weights = {name: each[0] for name, each in self.maps.weights.items()}
        self._entropy = [entropies(each)[0] for each in self.maps.weights.values()]
        grid = self.grid
        self._distance = (
            None
            if grid is None
            else [distances(each, grid)[0] for each in self.maps.weights.values()]
        )
        self._rollouts: dict[str, np.ndarray] = {}
        self._flows: dict[tuple[str, int], dict[int, float]] = {}

    @property
    def grid(self) -> TokenGrid | None:
        """Where the tokens lie."""
        return self.maps.grid

    def frames(self, layer: str, head: int, show: str, query: int) -> Iterator[Frame]:
        """What the page needs for one choice; several frames where it takes a while.

        Args:
            layer: name of the attention layer.
            head: its number.
            show: one of `SHOWN`.
            query: number of the token that looks.
        """
        common = self._common(layer, head, show, query)
        if show != "flow":
            matrix = self._matrix(layer, head, show)
            row = matrix[min(query, len(matrix) - 1)]
            yield common | {"row": floats(row), "progress": 1.0} | _coded("matrix", matrix, SIDE)
            return
        for row, progress in self._flowing(layer, query):
            yield common | {"row": floats(row), "progress": progress}

    def row(self, layer: str, head: int, show: str, query: int) -> np.ndarray:
        """What a query looks at, (keys,), as far as it is known."""
        if show != "flow":
            matrix = self._matrix(layer, head, show)
            return matrix[min(query, len(matrix) - 1)]
        found = self._flows.get((layer, query), {})
        return np.array([found.get(token, 0.0) for token in range(self._tokens(layer))])

    def _matrix(self, layer: str, head: int, show: str) -> np.ndarray:
        if show == "head":
            return self._weights[layer][head]
        if show == "mean":
            return self._weights[layer].mean(0)
        if layer not in self._rollouts:
            self._rollouts[layer] = rollout(layer_matrices(self.maps, layer, RESIDUAL, "mean"))[0]
        return self._rollouts[layer]

    def _flowing(self, layer: str, query: int) -> Iterator[tuple[np.ndarray, float]]:
        tokens = self._tokens(layer)
        matrices = [each[0] for each in layer_matrices(self.maps, layer, RESIDUAL, "mean")]
        known = self._flows.setdefault((layer, query), {})
        if len(known) < tokens:
            known.clear()
            told = time.monotonic()
            for token, flow in flows(matrices, query):
                known[token] = flow
                if time.monotonic() - told > PAUSE:
                    told = time.monotonic()
                    yield self.row(layer, 0, "flow", query), len(known) / tokens
        yield self.row(layer, 0, "flow", query), 1.0

    def _tokens(self, layer: str) -> int:
        return self._weights[layer].shape[-1]

    def _common(self, layer: str, head: int, show: str, query: int) -> Frame:
        rows = [each[:, min(query, each.shape[1] - 1)] for each in self._weights.values()]
        frame: Frame = {
            "layer": layer,
            "head": head,
            "show": show,
            "query": query,
            "rows": floats(np.concatenate([each.ravel() for each in rows])),
            "entropy": floats(np.concatenate(self._entropy)),
        }
        if self._distance is not None:
            frame["distance"] = floats(np.concatenate(self._distance))
        else:  # the small maps are matrices, as a row of words says little
            every = [head for each in self._weights.values() for head in each]
            small = [shrunk(each, SMALL) for each in every]
            frame["small"] = b"".join(_codes(each)[0].tobytes() for each in small)
            frame["small_sides"] = [list(each.shape) for each in small]
        return frame


def _coded(name: str, matrix: np.ndarray, side: int) -> Frame:
    small = shrunk(matrix, side)
    codes, high = _codes(small)
    return {
        name: codes.tobytes(),
        f"{name}_rows": small.shape[0],
        f"{name}_cols": small.shape[1],
        f"{name}_high": high,
    }


def _codes(values: np.ndarray) -> tuple[np.ndarray, float]:
    """Values from 0 up as bytes, and what 255 stands for."""
    high = float(values.max(initial=0)) or 1.0
    return np.rint(np.clip(values / high, 0, 1) * 255).astype(np.uint8), high


def shrunk(matrix: np.ndarray, side: int) -> np.ndarray:
    """A matrix of at most `side` rows and columns: means of blocks."""
    for axis in (0, 1):
        count = matrix.shape[axis]
        if count > side:
            edges = np.linspace(0, count, side + 1).astype(int)
            sizes = np.diff(edges)
            sums = np.add.reduceat(matrix, edges[:-1], axis)
            matrix = sums / (sizes[:, None] if axis == 0 else sizes)
    return matrix
