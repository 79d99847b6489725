"""Numbers and maps from attention weights that are at hand: plain arrays in and out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float
from scipy import sparse
from scipy.sparse import csgraph

from ...network import InputError, TokenGrid

FUSIONS = ("mean", "max", "min")
"""How the heads of a layer become one."""

_UNITS = 1 << 24  # SciPy's flows are whole numbers; this many make 1


def entropies(weights: Float[np.ndarray, "n h q k"]) -> Float[np.ndarray, "n h"]:
    """Mean entropy of the rows of each head, in bits."""
    logs = np.log2(np.where(weights > 0, weights, 1))
    return -(weights * logs).sum(-1).mean(-1)


def distances(weights: Float[np.ndarray, "n h q k"], grid: TokenGrid) -> Float[np.ndarray, "n h"]:
    """Mean distance between the patches of a grid and those that they look at, in pixels.

    NaN for a layer whose queries or keys are not the grid's tokens, as learnt queries are not.
    """
    tokens = grid.patches + grid.extra
    if weights.shape[-2:] != (tokens, tokens):
        return np.full(weights.shape[:2], np.nan, np.float32)
    patches = slice(grid.first, grid.first + grid.patches)
    among = weights[..., patches, patches]
    rows, columns = np.divmod(np.arange(grid.patches), grid.columns)
    places = np.stack([rows * grid.patch[0], columns * grid.patch[1]], -1)
    apart = np.linalg.norm(places[:, None] - places, axis=-1)
    total = among.sum(-1)
    means = (among * apart).sum(-1) / np.where(total > 0, total, 1)
    return means.mean(-1).astype(np.float32)


def with_residual(
    weights: Float[np.ndarray, "n h t t"], residual: float, fusion: str
) -> Float[np.ndarray, "n t t"]:
    """One matrix a layer: the heads as one, mixed with what passes by the attention.

    Each row sums to 1, also where the fusion is no mean.
    """
    fused = {"mean": np.mean, "max": np.max, "min": np.min}[fusion](weights, axis=1)
    total = fused.sum(-1, keepdims=True)
    fused = fused / np.where(total > 0, total, 1)
    return (1 - residual) * fused + residual * np.eye(fused.shape[-1], dtype=fused.dtype)


def rollout(matrices: Sequence[Float[np.ndarray, "n t t"]]) -> Float[np.ndarray, "n t t"]:
    """The product of the layers' matrices, the first layer's last: from outputs to inputs."""
    found = matrices[0]
    for each in matrices[1:]:
        found = each @ found
    return found


def flows(matrices: Sequence[Float[np.ndarray, "t t"]], query: int) -> Iterator[tuple[int, float]]:
    """The greatest flow from a token after the last layer to each token before the first.

    Args:
        matrices: of the layers, the first one first; capacities are their entries.
        query: number of the token after the last layer.

    Yields:
        The number of a token before the first layer, and the flow to it.
    """
    tokens = matrices[0].shape[0]
    graph = _graph(matrices)
    source = len(matrices) * tokens + query
    for token in range(tokens):
        found = csgraph.maximum_flow(graph, source, token, method="dinic")
        yield token, found.flow_value / _UNITS


def _graph(matrices: Sequence[Float[np.ndarray, "t t"]]) -> sparse.csr_matrix:
    """Tokens after layer l are the nodes from (l + 1) * tokens on; edges lead down."""
    tokens, levels = matrices[0].shape[0], len(matrices) + 1
    blocks: list[list[sparse.csr_matrix | None]] = [[None] * levels for _ in range(levels)]
    for level, matrix in enumerate(matrices):
        units = np.rint(matrix * _UNITS).astype(np.int32)
        blocks[level + 1][level] = sparse.csr_matrix(units)
    nothing = sparse.csr_matrix((tokens, tokens), dtype=np.int32)
    blocks[0][0] = blocks[-1][-1] = nothing  # these say how wide the whole is
    return sparse.csr_matrix(sparse.bmat(blocks, format="csr"), dtype=np.int32)


def check_share(residual: float, fusion: str) -> None:
    """Refuse what makes no mixture.

    Raises:
        InputError: says what was expected.
    """
    if not 0 <= residual < 1:
        raise InputError(f"expected a residual from 0 to less than 1, got {residual}.")
    if fusion not in FUSIONS:
        raise InputError(f"expected a fusion among {', '.join(FUSIONS)}, got {fusion!r}.")
