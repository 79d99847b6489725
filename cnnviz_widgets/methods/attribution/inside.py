"""What the parts of a layer do for a class, and what the input does for one unit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float, Int32

from ...network import FAST, InputError, Network, Replay
from ..baselines import baseline_of
from ..channels_last import channels_last
from ..checks import check_count
from ..objectives import Score, check_position, objective
from .cams import at_layer
from .method import (
    Attribution,
    Target,
    attribution_method,
    class_scores,
    targets,
    value_batch,
    zero_gradient_note,
)
from .spread import spread

PRESETS = ("exact", "captum")
"""How the change of a layer on the way is found."""


@attribution_method
def layer_gradient(
    net: Network, x: Any, *, layer: str, target: Target = None, times_activation: bool = False
) -> Iterator[Attribution]:
    """The gradient of a class's logit to the values of a layer.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        layer: name of the layer.
        target: class index or name, one for all images or one for each; the class that the network
            sees if left out.
        times_activation: whether to multiply by the values: what the layer contributes.

    Returns:
        `.values` of the layer's shape with channels last, (N, …, K), signed.

    Raises:
        InputError: if `x` is not what the network takes.
        UnknownLayerError, UnknownTargetError: if there is no such layer or class.

    References:
        Captum's LayerGradientXActivation, https://captum.ai/api/layer.html.
    """
    batch = value_batch(net, x)
    chosen = net[layer].name
    classes = targets(net, batch, target)
    values, gradients = net.at(batch.shape).run(
        at_layer, batch, np.asarray(classes, np.int32),
        rules=FAST, layer=chosen, logits=net.logits.name,
    )  # fmt: skip
    found = np.asarray(values * gradients if times_activation else gradients)
    yield Attribution(
        "layer_gradient", found, classes, layer=chosen, notes=zero_gradient_note(found)
    )


@attribution_method
def neuron_gradient(
    net: Network, x: Any, *, unit: str, target: Target = None
) -> Iterator[Attribution]:
    """The gradient of one unit, or of a channel's mean, to the input.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        unit: "layer:channel@row,column", or "layer:channel" for the mean of the channel.
        target: of no use here; the class that is noted in the result.

    Returns:
        `.values` (N, H, W, C), signed.

    Raises:
        InputError: if `x` is not what the network takes.
        UnknownLayerError, UnknownTargetError: if there is no such layer, channel or place.

    References:
        Captum's NeuronGradient, https://captum.ai/api/neuron.html.
    """
    batch = value_batch(net, x)
    goal = objective(net, unit)
    classes = targets(net, batch, target)
    check_position(goal, net.at(batch.shape).layer)
    found = np.asarray(
        net.at(batch.shape).run(
            _of_a_unit, batch, goal.weighed, rules=FAST, layers=goal.layers, score=goal.form
        )
    )
    yield Attribution(
        "neuron_gradient", found, classes, layer=goal.layers[0], notes=zero_gradient_note(found)
    )


@attribution_method
def conductance(
    net: Network,
    x: Any,
    *,
    layer: str,
    target: Target = None,
    baseline: Any = "black",
    steps: int = 50,
    preset: str = "exact",
    seed: int = 0,
    key: jax.Array | None = None,
) -> Iterator[Attribution]:
    """What of a class's logit flows through each unit of a layer, on the way from a baseline.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        layer: name of the layer.
        target: class index or name, one for all images or one for each; the class that the network
            sees if left out.
        baseline: where the way begins; as for `integrated_gradients`.
        steps: how many points of the way.
        preset: how a unit's change at a point is found: "exact", by its derivative along the way
            (the default: the values sum to the difference of the logits as those of integrated
            gradients do), or "captum", by its difference to the next point.
        seed: of "noise".
        key: a JAX key in place of `seed`.

    Returns:
        `.values` of the layer's shape with channels last, (N, …, K), in units of the logit;
        `.delta` (N,), by how much they miss the difference of the logits.

    Raises:
        InputError: if `x` or the baseline is not what the network takes.
        UnknownLayerError, UnknownTargetError: if there is no such layer or class.

    References:
        Dhamdhere, Sundararajan and Yan 2018, https://arxiv.org/abs/1805.12233.
    """
    if preset not in PRESETS:
        raise InputError(f"expected a preset of {PRESETS}, got {preset!r}.")
    batch = value_batch(net, x)
    chosen = net[layer].name
    check_count("steps", steps)
    start = baseline_of(net, batch, baseline, jax.random.key(seed) if key is None else key)
    classes = targets(net, batch, target)
    run, wanted = net.at(batch.shape).run, np.asarray(classes, np.int32)
    logits = net.logits.name
    sharp, blunt = (
        np.asarray(run(class_scores, each, wanted, logits=logits)) for each in (batch, start)
    )
    exact = preset == "exact"
    points, weights = np.polynomial.legendre.leggauss(steps if exact else steps + 1)
    order = spread(steps) if exact else range(steps + 1)
    total, seen, before = 0.0, 0.0, None
    for done, at in enumerate(order, 1):
        share = np.float32((points[at] + 1) / 2)
        value, slope, change = (
            np.asarray(each)
            for each in run(_on_the_way, start, batch, share, wanted, layer=chosen, logits=logits)
        )
        if exact:
            total, seen = total + np.float32(weights[at]) * slope * change, seen + weights[at]
        elif before is not None:
            total, seen = total + before[1] * (value - before[0]), 1.0
        before = value, slope
        if seen == 0:
            continue
        found = np.asarray(total / np.float32(seen), np.float32)
        yield Attribution(
            "conductance", found, classes, layer=chosen,
            delta=found.reshape(len(found), -1).sum(1) - (sharp - blunt),
            samples=done if exact else done - 1, progress=done / len(order),
            notes=zero_gradient_note(found),
        )  # fmt: skip


def _of_a_unit(
    replay: Replay,
    x: Float[Array, "n ..."],
    arguments: Any,
    *,
    layers: tuple[str, ...],
    score: Score,
) -> Float[Array, "n ..."]:
    def total(x: jax.Array) -> jax.Array:
        found = replay(x, layers)
        last = {name: channels_last(value, replay.layer(name)) for name, value in found.items()}
        return score(last, arguments).sum()

    return jax.grad(total)(x)


def _on_the_way(
    replay: Replay,
    start: Float[Array, "n ..."],
    x: Float[Array, "n ..."],
    share: Float[Array, ""],
    target: Int32[Array, " n"],
    *,
    layer: str,
    logits: str,
) -> tuple[Float[Array, "n ..."], Float[Array, "n ..."], Float[Array, "n ..."]]:
    """A layer's values at a point of the way, the logit's gradient to them, and their change."""
    point = start + share * (x - start)
    value, slope = at_layer(replay, point, target, layer=layer, logits=logits)

    def tapped(point: jax.Array) -> jax.Array:
        return channels_last(replay(point, [layer])[layer], replay.layer(layer))

    change = jax.jvp(tapped, (point,), (x - start,))[1]
    return value, slope, change
