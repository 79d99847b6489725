"""Class activation maps whose weights come from forward passes: no gradient, one pass a channel."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int32
from scipy.special import softmax

from ...network import FAST, InputError, Network, Replay
from ..channels_last import channels_last, with_a_row
from .cams import Maps, map_attribution, spatial_layer
from .method import (
    Attribution,
    Edit,
    Target,
    all_scores,
    attribution_method,
    on_rows,
    picture_batch,
    targets,
)

Scores = Float[np.ndarray, "n k"]
Own = Float[np.ndarray, " n"]
Weights = Callable[[Scores, Scores, Own], Scores]
"""From the logit and the probability with each channel, and the image's own logit."""


def _probability(logits: Scores, shares: Scores, own: Own) -> Scores:  # noqa: ARG001
    return shares


def _softmax(logits: Scores, shares: Scores, own: Own) -> Scores:  # noqa: ARG001
    return softmax(logits, 1)


def _lost(logits: Scores, shares: Scores, own: Own) -> Scores:  # noqa: ARG001
    return (own[:, None] - logits) / np.maximum(np.abs(own), 1e-12)[:, None]


PRESETS: dict[str, Weights] = {"probability": _probability, "paper": _softmax}


@attribution_method
@on_rows
def score_cam(
    net: Network,
    x: Any,
    *,
    target: Target = None,
    layer: str | None = None,
    preset: str = "probability",
) -> Iterator[Attribution]:
    """Each map of a layer weighted by what the image gives when seen through it.

    One pass a channel, the strongest channels first, so that early frames are good estimates.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        target: class index or name, one for all images or one for each; the class that the network
            sees if left out.
        layer: with rows and columns; the last one that has them if left out.
        preset: what a map weighs: "probability", the class's probability (the default: what a map
            adds does not hang on how many channels there are), or "paper", the softmax of the
            logits over all channels (as in pytorch-grad-cam).

    Returns:
        `.values` (N, H, W) at the image's size, at least 0; `.samples` is the number of channels.

    Raises:
        InputError: if `x` is not what the network takes, or a layer has no rows and columns.
        UnknownLayerError, UnknownTargetError: if there is no such layer or class.

    References:
        Wang et al. 2020, https://arxiv.org/abs/1910.01279.
    """
    if preset not in PRESETS:
        raise InputError(f"expected a preset of {sorted(PRESETS)}, got {preset!r}.")
    yield from _sweep("score_cam", net, x, target, layer, _through_a_map, PRESETS[preset])


@attribution_method
@on_rows
def ablation_cam(
    net: Network, x: Any, *, target: Target = None, layer: str | None = None
) -> Iterator[Attribution]:
    """Each map of a layer weighted by how much of the logit is lost without it.

    One pass a channel, from the layer on. Args, returns and errors as for `score_cam`.

    References:
        Desai and Ramaswamy 2020, https://doi.org/10.1109/WACV45572.2020.9093360.
    """
    yield from _sweep("ablation_cam", net, x, target, layer, _without_a_map, _lost)


def _sweep(
    method: str,
    net: Network,
    x: Any,
    target: Target,
    layer: str | None,
    judge: Callable[..., Any],
    weights: Weights,
) -> Iterator[Attribution]:
    """Judge channel after channel, and weight those that have been."""
    batch = picture_batch(net, x)
    chosen, notes = spatial_layer(net, layer)
    classes = targets(net, batch, target)
    run, wanted = net.at(batch.shape).run, np.asarray(classes, np.int32)
    place, head = chosen.name, net.logits.name
    values, found, own = run(_start, batch, wanted, rules=FAST, layer=place, logits=head)
    maps = np.asarray(found)
    span = np.ptp(maps, (1, 2))  # a constant map shows no place
    logits = np.full(span.shape, -np.inf, np.float32)
    shares = np.zeros_like(logits)
    order = np.argsort(-span.max(0), kind="stable")
    for done, channel in enumerate(order, 1):
        result = run(
            judge, batch, values, np.int32(channel), wanted, rules=FAST, layer=place, logits=head
        )
        logits[:, channel], shares[:, channel] = (np.asarray(each) for each in result)
        judged = np.isfinite(logits) & (span > 0)
        weight = np.where(judged, weights(logits, shares, np.asarray(own)), 0)
        small = np.maximum(np.einsum("nijk,nk->nij", maps, weight), 0)
        whole = jax.image.resize(small.astype(np.float32), batch.shape[:3], "linear")
        yield map_attribution(
            method, np.asarray(whole), classes, chosen, notes, done, done / len(order)
        )


def _start(
    replay: Replay,
    x: Float[Array, "n h w c"],
    target: Int32[Array, " n"],
    *,
    layer: str,
    logits: str,
) -> tuple[Array, Maps, Float[Array, " n"]]:
    """The layer's values as the model has them and with channels last, and the own logits."""
    own, _ = _judged(replay, x, target, logits=logits)
    value = replay(x, [layer])[layer]
    chosen = replay.layer(layer)
    return value, with_a_row(channels_last(value, chosen), chosen), own


def _through_a_map(
    replay: Replay,
    x: Float[Array, "n h w c"],
    value: Array,
    channel: Int32[Array, ""],
    target: Int32[Array, " n"],
    *,
    layer: str,
    logits: str,
) -> tuple[Float[Array, " n"], Float[Array, " n"]]:
    chosen = replay.layer(layer)
    maps = jnp.take(with_a_row(channels_last(value, chosen), chosen), channel, 3)
    whole = jax.image.resize(maps, x.shape[:3], "linear")
    low = whole.min((1, 2), keepdims=True)
    span = whole.max((1, 2), keepdims=True) - low
    mask = (whole - low) / jnp.where(span > 0, span, 1)
    return _judged(replay, x * mask[..., None], target, logits=logits)


def _without_a_map(
    replay: Replay,
    x: Float[Array, "n h w c"],
    value: Array,
    channel: Int32[Array, ""],
    target: Int32[Array, " n"],
    *,
    layer: str,
    logits: str,
) -> tuple[Float[Array, " n"], Float[Array, " n"]]:
    axis = replay.layer(layer).channel_axis
    if axis is None:  # one map, without channels
        without = jnp.zeros_like(value)
    else:
        numbers = jax.lax.broadcasted_iota(jnp.int32, value.shape, axis)
        without = jnp.where(numbers == channel, 0, value)
    return _judged(replay, x, target, logits=logits, edits={layer: lambda _: without})


def _judged(
    replay: Replay,
    x: Float[Array, "n h w c"],
    target: Int32[Array, " n"],
    *,
    logits: str,
    edits: Mapping[str, Edit] | None = None,
) -> tuple[Float[Array, " n"], Float[Array, " n"]]:
    """The logit and the probability of each image's class."""
    scores = all_scores(replay, x, logits=logits, edits=edits)
    return (
        jnp.take_along_axis(scores, target[:, None], 1)[:, 0],
        jnp.take_along_axis(jax.nn.softmax(scores), target[:, None], 1)[:, 0],
    )
