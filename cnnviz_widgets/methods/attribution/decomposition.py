"""A class's score shared out among the input values, layer by layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float, Int32

from ...network import Composite, InputError, Network, Replay, multipliers, relevance
from ..baselines import baseline_of, known_range
from .method import (
    Attribution,
    Target,
    attribution_method,
    on_rows,
    only,
    picture_batch,
    targets,
    zero_gradient_note,
)

COMPOSITES = {
    "epsilon_plus_flat": Composite("flat", "z_plus", "epsilon"),
    "epsilon_gamma_box": Composite("z_box", "gamma", "epsilon"),
    "epsilon": Composite("epsilon", "epsilon", "epsilon"),
    "gamma": Composite("gamma", "gamma", "gamma"),
    "z_plus": Composite("z_plus", "z_plus", "z_plus"),
}
"""Which rule serves which layer, by the names that Zennit gives; the first is the default, and
"gamma" for networks with attention or a recurrent loop."""

_OF_GATES = frozenset(["matmul", "attention", "recurrent"])
"""Kinds of layers through which the epsilon rule of dense layers makes relevance grow."""


def is_gated(net: Network) -> bool:
    """Whether a network has attention or a recurrent loop."""
    if any(layer.kind in _OF_GATES for layer in (*net.layers, *net.blocks)):
        return True
    return bool(net.loops)  # a convolutional LSTM is a convolution


def composite_for(net: Network, composite: str | Composite | None = None) -> Composite:
    """The rules of `lrp` by their name, or the default for a network.

    Raises:
        InputError: if there is no such composite.
    """
    if composite is None:
        composite = "gamma" if is_gated(net) else next(iter(COMPOSITES))
    if isinstance(composite, Composite):
        return composite
    if composite not in COMPOSITES:
        raise InputError(
            f"expected a composite of {sorted(COMPOSITES)} or a Composite, got {composite!r}."
        )
    return COMPOSITES[composite]


@attribution_method
@on_rows
def lrp(
    net: Network,
    x: Any,
    *,
    target: Target = None,
    composite: str | Composite | None = None,
) -> Iterator[Attribution]:
    """Layer-wise relevance propagation: a class's logit, handed back layer by layer.

    Each layer shares the relevance of its output among its inputs, by what each contributes; none
    is made and, but for what biases take, none is lost. A batch norm counts as part of the layer
    before it, and a residual addition shares out by the size of the two summands. A norm passes
    relevance on as it is.

    Attention is taken as constant weights (the variant of Ali et al., "CP-LRP"), and a gate of a
    GRU or an LSTM, or a mask made of the input, as a constant factor: relevance goes to what they
    let through. With `Composite(…, attention="taylor")` half of it goes through the softmax to
    queries and keys (AttnLRP); what the softmax's tangent leaves over at its scores is lost as a
    bias's share is. Loops that were traced as a scan are followed turn by turn.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        target: class index or name, one for all images or one for each; the class that the network
            sees if left out.
        composite: which rule serves which layer: "epsilon_plus_flat" (the default, which gives the
            quietest maps: flat for the first layer, z+ for convolutions, epsilon for dense layers),
            "epsilon_gamma_box" (zB, gamma 0.25, epsilon), "epsilon", "gamma" or "z_plus" for all
            layers, or a `cw.network.Composite` of your own. For a network with attention or a
            recurrent loop the default is "gamma": there the epsilon rule lets relevance grow from
            layer to layer.

    Returns:
        `.values` (N, H, W, C), in units of the logit, signed; `.delta` (N,), the sum less the
        logit: what biases and the stabiliser took.

    Raises:
        InputError: if `x` is not what the network takes, or there is no such composite.
        UnknownOperationError: names an operation for which there is no rule.
        UnknownTargetError: if there is no such class.

    References:
        Bach et al. 2015, https://doi.org/10.1371/journal.pone.0130140; the composites are those of
        Anders et al. 2021 (Zennit), https://arxiv.org/abs/2106.13200. Gates: Arras et al. 2017,
        https://arxiv.org/abs/1706.07206. Attention: Ali et al. 2022,
        https://arxiv.org/abs/2202.07304, and Achtibat et al. 2024,
        https://arxiv.org/abs/2402.05602, whose rule for norms it is.
    """
    composite = composite_for(net, composite)
    batch = picture_batch(net, x)
    classes = targets(net, batch, target)
    found, started = net.at(batch.shape).run(
        _relevance, batch, np.asarray(classes, np.int32),
        logits=net.logits.name, composite=composite, ends=known_range(net),
    )  # fmt: skip
    values = np.asarray(found)
    yield Attribution(
        "lrp",
        values,
        classes,
        delta=values.sum((1, 2, 3)) - np.asarray(started),
        notes=zero_gradient_note(values),
    )


@attribution_method
@on_rows
def deep_lift(
    net: Network,
    x: Any,
    *,
    target: Target = None,
    baseline: Any = "black",
    seed: int = 0,
    key: jax.Array | None = None,
) -> Iterator[Attribution]:
    """DeepLIFT with the rescale rule: the difference to a baseline, shared out layer by layer.

    The values of an image sum to the difference of its logit to that of the baseline, from two
    passes rather than the fifty of integrated gradients. Of a product of two values, as of a gate
    and what it lets through, each changes while the other is midway. Loops that were traced as a
    scan are followed turn by turn.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        target: class index or name, one for all images or one for each; the class that the network
            sees if left out.
        baseline: "black", "white", "mean" (of each channel), "blur", "noise" (uniform), or an image
            or batch of one's own.
        seed: of "noise".
        key: a JAX key in place of `seed`.

    Returns:
        `.values` (N, H, W, C), in units of the logit, signed; `.delta` (N,), by how much their sum
        misses the difference.

    Raises:
        InputError: if `x` or the baseline is not what the network takes.
        UnknownOperationError: names an operation for which there is no rule.
        UnknownTargetError: if there is no such class.

    References:
        Shrikumar, Greenside and Kundaje 2017, https://arxiv.org/abs/1704.02685.
    """
    batch = picture_batch(net, x)
    start = baseline_of(net, batch, baseline, jax.random.key(seed) if key is None else key)
    classes = targets(net, batch, target)
    found, difference = net.at(batch.shape).run(
        _multipliers, batch, start, np.asarray(classes, np.int32), logits=net.logits.name
    )
    values = np.asarray((batch - start) * found)
    yield Attribution(
        "deep_lift",
        values,
        classes,
        delta=values.sum((1, 2, 3)) - np.asarray(difference),
        notes=zero_gradient_note(values),
    )


def _relevance(
    replay: Replay,
    x: Float[Array, "n h w c"],
    target: Int32[Array, " n"],
    *,
    logits: str,
    composite: Composite,
    ends: tuple[float, float],
) -> tuple[Float[Array, "n h w c"], Float[Array, " n"]]:
    found, started = relevance(
        replay, x, logits, composite, lambda scores: scores * only(scores, target), ends
    )
    return found, started.reshape(x.shape[0], -1).sum(1)


def _multipliers(
    replay: Replay,
    x: Float[Array, "n h w c"],
    start: Float[Array, "n h w c"],
    target: Int32[Array, " n"],
    *,
    logits: str,
) -> tuple[Float[Array, "n h w c"], Float[Array, " n"]]:
    found, change = multipliers(replay, x, start, logits, lambda scores: only(scores, target))
    return found, (change * only(change, target)).reshape(x.shape[0], -1).sum(1)
