"""Which channels of a layer a class rests on: each is muted in turn, and the network run again.

A direct measurement, without a gradient: what the logit and the probability of the class become
without the channel, less what they are with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Float32, Int, Int32

from ...network import Network, Replay
from ..attribution.method import Target, all_scores, targets
from ..channels_last import channels_last
from ..checks import check_count
from ..predictions import as_probabilities

TOGETHER = 8
"""Channels that are muted in copies of an image that run together."""


@dataclass(frozen=True, eq=False)
class ChannelEffects:
    """What muting each channel of a layer does to a class.

    Attributes:
        layer: its name.
        target: the class of each image.
        logits: float32 (N, C), the change of the class's logit: below zero where the channel
            speaks for the class. NaN where it is not measured yet.
        probabilities: float32 (N, C), the change of the class's probability; likewise.
        progress: from 0 to 1.
    """

    layer: str
    target: tuple[int, ...]
    logits: Float32[np.ndarray, "n c"]
    probabilities: Float32[np.ndarray, "n c"]
    progress: float = 1.0

    def order(self) -> list[int]:
        """The channels that are measured for all images, the largest mean effect first."""
        known = np.flatnonzero(~np.isnan(self.logits).any(0))
        size = np.abs(self.logits[:, known]).mean(0)
        return [int(k) for k in known[np.argsort(-size, kind="stable")]]


def channel_effects(
    net: Network, x: Any, layer: str, *, target: Target = None, together: int = TOGETHER
) -> ChannelEffects:
    """Mute each channel of a layer in turn, and see what becomes of a class.

    Args:
        net: the network; edits that it has are in force.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        layer: name of the layer, block or part.
        target: class index or name, one for all images or one for each; the class that the network
            sees if left out.
        together: how many channels are muted in one pass, each in a copy of the image. More take
            more memory, and less time on an accelerator.

    Returns:
        The changes of logit and probability. A channel that is zero everywhere changes nothing,
        and costs no pass.

    Raises:
        InputError: if `x` is not what the network takes, or `together` is out of range.
        UnknownLayerError, UnknownTargetError: if there is no such layer or class.

    References:
        Morcos et al. 2018, https://arxiv.org/abs/1803.06959; the weights of Desai and Ramaswamy
        2020, https://doi.org/10.1109/WACV45572.2020.9093360 (Ablation-CAM).

    Example:
        >>> found = channel_effects(net, cw.image("cat"), "conv3", target="cat")
        >>> found.order()[:5]
    """
    *_, found = channel_effect_frames(net, x, layer, target=target, together=together)
    return found


def channel_effect_frames(
    net: Network, x: Any, layer: str, *, target: Target = None, together: int = TOGETHER
) -> Iterator[ChannelEffects]:
    """The measurement of `channel_effects` as it goes, the strongest channels first.

    Args and errors as for `channel_effects`.

    Yields:
        `ChannelEffects`, the last of which is the result.
    """
    name = net[layer].name
    check_count("together", together)
    batch = net.batch(x)
    classes = targets(net, batch, target)
    channels = net[layer].channels
    shown = np.full((2, len(batch), channels), np.nan, np.float32)
    together = min(together, channels)
    parts = [_Image(net, batch[k : k + 1], classes[k], name, together) for k in range(len(batch))]
    for k, part in enumerate(parts):
        shown[:, k, part.silent] = 0.0
    work = [(k, those) for k, part in enumerate(parts) for those in part.groups]
    if not work:
        yield ChannelEffects(name, classes, shown[0], shown[1])
    for done, (k, those) in enumerate(work, 1):
        shown[:, k, those] = parts[k].without(those)
        logits, shares = shown.copy()
        yield ChannelEffects(name, classes, logits, shares, done / len(work))


class _Image:
    """One image, whose channels are muted."""

    def __init__(
        self, net: Network, image: Float[Array, "1 ..."], target: int, layer: str, together: int
    ) -> None:
        self._target = target
        self._layer, self._logits = layer, net.logits.name
        copies = jnp.repeat(image, together, 0)
        self._run, self._copies = net.at(copies.shape).run, copies
        strength, own = net.at(image.shape).run(_whole, image, layer=layer, logits=net.logits.name)
        strength = np.asarray(strength)
        self._own = np.asarray(own)[:, 0, target]
        order = np.argsort(-strength, kind="stable")
        heard = order[strength[order] != 0]  # NaN is heard
        self.silent: Bool[np.ndarray, " c"] = strength == 0
        self.groups = [heard[at : at + together] for at in range(0, len(heard), together)]

    def without(self, channels: Int[np.ndarray, " k"]) -> Float[np.ndarray, "2 k"]:
        """The change of logit and probability without each of some channels."""
        filled = np.resize(channels, len(self._copies))
        numbers = np.asarray(filled, np.int32)
        found = self._run(_muted, self._copies, numbers, layer=self._layer, logits=self._logits)
        changes = np.asarray(found)[:, :, self._target] - self._own[:, None]
        return changes[:, : len(channels)]


def _whole(
    replay: Replay, x: Float[Array, "1 ..."], *, layer: str, logits: str
) -> tuple[Float[Array, " c"], Float[Array, "2 1 k"]]:
    """How strong each channel is, and the scores with all of them."""
    value = channels_last(replay(x, [layer])[layer], replay.layer(layer)).astype(jnp.float32)
    strength = jnp.abs(value).reshape(-1, replay.layer(layer).channels).mean(0)
    return strength, _scores(replay, x, None, layer=layer, logits=logits)


def _muted(
    replay: Replay,
    x: Float[Array, "b ..."],
    channels: Int32[Array, " b"],
    *,
    layer: str,
    logits: str,
) -> Float[Array, "2 b k"]:
    """The scores of copies of an image, each without a channel of its own."""
    return _scores(replay, x, channels, layer=layer, logits=logits)


def _scores(
    replay: Replay,
    x: Float[Array, "b ..."],
    channels: Int32[Array, " b"] | None,
    *,
    layer: str,
    logits: str,
) -> Float[Array, "2 b k"]:
    """The logits and the probabilities of all classes."""
    info = replay.layer(layer)

    def mute(value: jax.Array) -> jax.Array:
        if channels is None:
            return value
        copies = jnp.repeat(channels, info.together)
        axis = info.channel_axis
        own = jax.lax.broadcasted_iota(jnp.int32, value.shape, info.batch or 0)
        numbers = (
            jnp.zeros(value.shape, jnp.int32)
            if axis is None
            else jax.lax.broadcasted_iota(jnp.int32, value.shape, axis)
        )
        return jnp.where(numbers == copies[own], 0, value)

    found = all_scores(replay, x, logits=logits, edits={layer: mute})
    return jnp.stack([found, as_probabilities(replay, x, logits, {layer: mute})])
