"""What the network says of a class: pure functions that run inside compiled code."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int32

from ..methods.attribution.method import class_scores
from ..network import InputError, Network, Replay

OUTPUTS = ("probability", "logit")

Batch = Float[Array, "n h w c"]
Classes = Int32[Array, " n"]


def check_output(net: Network, output: str) -> str:
    """Refuse what is no kind of output.

    Raises:
        InputError: names the kinds, or says that a single logit has no softmax.
    """
    if output not in OUTPUTS:
        raise InputError(f"expected an output of {OUTPUTS}, got {output!r}.")
    if output == "probability" and net.logits.shape[-1:] in ((), (1,)):
        raise InputError(
            "expected a network with two classes or more; the softmax of a single logit is always "
            "1. Wrap the model so that it gives [0, logit]."
        )
    return output


def score(
    replay: Replay, x: Batch, target: Classes, *, logits: str, output: str
) -> Float[Array, " n"]:
    """The logit of each image's class, or the softmax's probability of it."""
    if output == "logit":
        return class_scores(replay, x, target, logits=logits)
    found = replay(x, [logits])[logits]
    every = jax.nn.softmax(found.astype(jnp.float32).reshape(found.shape[0], -1))
    return jnp.take_along_axis(every, target[:, None], 1)[:, 0]


def score_of_mixture(
    replay: Replay,
    start: Batch,
    end: Batch,
    ranks: Int32[Array, "n h w"],
    count: Int32[Array, ""],
    target: Classes,
    *,
    logits: str,
    output: str,
) -> Float[Array, " n"]:
    """The score of `start` with its first `count` pixels taken from `end`."""
    mixed = jnp.where((ranks < count)[..., None], end, start)
    return score(replay, mixed, target, logits=logits, output=output)


def score_without(
    replay: Replay,
    x: Batch,
    baseline: Batch,
    maps: Float[Array, "n h w"],
    subset: Bool[Array, "h w"],
    target: Classes,
    *,
    logits: str,
    output: str,
) -> tuple[Float[Array, " n"], Float[Array, " n"]]:
    """The score with a subset of pixels replaced, and the sum of the maps over it."""
    hidden = jnp.where(subset[None, :, :, None], baseline, x)
    found = score(replay, hidden, target, logits=logits, output=output)
    return found, jnp.where(subset[None], maps, 0).sum((1, 2))
