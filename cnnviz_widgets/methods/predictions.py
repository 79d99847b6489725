"""What the network says it sees."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Num

from ..network import Network, Replay


def probabilities(net: Network, x: Any) -> Float[Array, "n k"]:
    """Class probabilities.

    The model's own where it ends in a softmax or a sigmoid, else the softmax of its logits.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].

    Returns:
        (N, K) in [0, 1].

    Raises:
        InputError: if `x` is not what the network takes.
    """
    batch = net.batch(x)
    return net.at(batch.shape).run(_probabilities, batch, logits=net.logits.name)


def _probabilities(replay: Replay, x: Num[Array, "n ..."], logits: str) -> Float[Array, "n k"]:
    return as_probabilities(replay, x, logits)


def as_probabilities(
    replay: Replay,
    x: Num[Array, "n ..."],
    logits: str,
    edits: Mapping[str, Callable[[jax.Array], jax.Array]] | None = None,
) -> Float[Array, "n k"]:
    """Class probabilities, given what to make of layers."""
    last = replay.layers[-1]
    final = last.parts[-1] if last.parts else last
    if final.operation in ("softmax", "sigmoid", "logistic"):
        found = replay(x, [final.name], edits)[final.name]
    else:
        found = jax.nn.softmax(replay(x, [logits], edits)[logits].astype(jnp.float32))
    return found.reshape(found.shape[0], -1)
