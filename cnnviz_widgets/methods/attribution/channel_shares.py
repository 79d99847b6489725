"""What each channel of a layer adds to a class's score."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Float32, Int32

from ...network import FAST, Network, Replay
from ..channels_last import channels_last
from .method import Target, class_scores, targets
from .tokens import vectors


def channel_shares(
    net: Network, x: Any, *, layer: str, target: Target = None
) -> Float32[np.ndarray, "n c"]:
    """Each channel's activation times the gradient of a class's logit to it, over all places.

    Where only sums, maxima and dense layers without a bend follow, these are the very terms of
    which the logit is the sum, with the biases; elsewhere their linear part.

    Args:
        net: the network.
        x: images, sequences or texts, as the network takes them.
        layer: name of a layer; for a network of tokens, one after the lookup.
        target: class index or name, one for all or one for each; the class that the network sees
            if left out.

    Returns:
        (N, C) in units of the logit, signed.

    Raises:
        InputError: if `x` is not what the network takes.
        UnknownLayerError, UnknownTargetError: if there is no such layer or class.

    References:
        Shrikumar, Greenside, Shcherbina and Kundaje 2016, https://arxiv.org/abs/1605.01713.

    Example:
        >>> shares = channel_shares(net, cw.text("Guten Morgen"), layer="relu", target="Dutch")
        >>> shares[0].argmax()
    """
    if net.lookup is not None:
        net, x = net.embedded(x), vectors(net, x)
    name = net[layer].name
    batch = net.batch(x)
    classes = np.asarray(targets(net, batch, target), np.int32)
    run, logits = net.at(batch.shape).run, net.logits.name
    return np.asarray(run(_shares, batch, classes, rules=FAST, layer=name, logits=logits))


def _shares(
    replay: Replay, x: Float[Array, "n ..."], target: Int32[Array, " n"], *, layer: str, logits: str
) -> Float32[Array, "n c"]:
    value = replay(x, [layer])[layer]

    def score(change: jax.Array) -> jax.Array:
        edits = {layer: lambda value: value + change}
        return class_scores(replay, x, target, logits=logits, edits=edits).sum()

    info = replay.layer(layer)
    products = channels_last(value * jax.grad(score)(jnp.zeros_like(value)), info)
    return products.astype(jnp.float32).reshape(x.shape[0], -1, info.channels).sum(1)
