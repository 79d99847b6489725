"""From attention to the input: rollout and flow through all layers."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from ...network import InputError, Network
from .attention import AttentionMaps, attention
from .attention_numbers import check_share, flows, rollout, with_residual


def attention_rollout(
    net: Network,
    x: Any,
    *,
    through: str | None = None,
    residual: float = 0.5,
    fusion: str = "mean",
) -> Float[np.ndarray, "n tokens tokens"]:
    """How much of each input token reaches each token after a layer, if attention simply mixes.

    The matrices of all layers, each mixed with what passes by on the residual connection, are
    multiplied. Values, dense layers and norms are left out of the account.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1], or what else the network takes.
        through: name of the attention layer after which to stop; the last one if left out.
        residual: share of a token that passes by, 0 to less than 1; 0.5 in the paper.
        fusion: "mean", "max" or "min" of the heads.

    Returns:
        float32 (N, tokens, tokens): a row for each token after the layer; it sums to 1.

    Raises:
        InputError: if the network pays no attention, its layers do not all go from the same
            tokens to the same, or an argument makes no sense.
        UnknownLayerError: if there is no such attention layer.

    References:
        Abnar and Zuidema 2020, https://arxiv.org/abs/2005.00928, section 3.1.

    Example:
        >>> seen = attention_rollout(net, x)[:, 0]  # by the class token
    """
    check_share(residual, fusion)
    return rollout(layer_matrices(attention(net, x), through, residual, fusion))


def attention_flow(
    net: Network,
    x: Any,
    *,
    query: int = 0,
    through: str | None = None,
    residual: float = 0.5,
    fusion: str = "mean",
) -> Float[np.ndarray, "n tokens"]:
    """How much could flow from a token after a layer to each input token, at most.

    The layers are a network of pipes whose capacities are the attention weights, mixed with the
    residual connection as for `attention_rollout`; the result is the maximum flow to each input
    token, one by one. Takes a second or more for 200 tokens.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1], or what else the network takes.
        query: number of the token after the layer; 0, the class token of most transformers.
        through: name of the attention layer after which to start; the last one if left out.
        residual: share of a token that passes by, 0 to less than 1; 0.5 in the paper.
        fusion: "mean", "max" or "min" of the heads.

    Returns:
        float32 (N, tokens), each from 0 to 1; a row need not sum to 1.

    Raises:
        InputError: as for `attention_rollout`, or if there is no such token.
        UnknownLayerError: if there is no such attention layer.

    References:
        Abnar and Zuidema 2020, https://arxiv.org/abs/2005.00928, section 3.2.
    """
    check_share(residual, fusion)
    matrices = layer_matrices(attention(net, x), through, residual, fusion)
    examples, tokens, _ = matrices[0].shape
    if not 0 <= query < tokens:
        raise InputError(f"expected a query from 0 to {tokens - 1}, got {query}.")
    found = [dict(flows([each[k] for each in matrices], query)) for k in range(examples)]
    return np.array([[row[token] for token in range(tokens)] for row in found], np.float32)


def layer_matrices(
    found: AttentionMaps, through: str | None, residual: float, fusion: str
) -> list[Float[np.ndarray, "n t t"]]:
    """One matrix for each layer up to `through`, rows summing to 1.

    Raises:
        InputError: if the layers' tokens are not the same everywhere.
        UnknownLayerError: if there is no such attention layer.
    """
    names = list(found.layers)
    if through is not None:
        found.check(through)
        names = names[: names.index(through) + 1]
    shapes = {found.weights[name].shape[-2:] for name in names}
    tokens = next(iter(shapes))[0]
    if shapes != {(tokens, tokens)}:
        told = ", ".join(f"{name}: {found.weights[name].shape[-2:]}" for name in names)
        raise InputError(
            "expected layers that all go from the same tokens to the same tokens; their queries "
            f"and keys are {told}. Rollout and flow are defined for encoders of one width."
        )
    return [with_residual(found.weights[name], residual, fusion) for name in names]
