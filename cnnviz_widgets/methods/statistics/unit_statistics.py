"""What each channel of each activation does over many images: never on, always on, saturated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Float32, Num

from ...network import Layer, Network, Replay
from ..in_batches import by_channel, in_batches

AT_ONCE = 32
"""Images in one pass."""

# Beyond these an activation is saturated: next to its bounds, by a hundredth of its range.
_BOUNDS = {
    "sigmoid": (0.01, 0.99),
    "logistic": (0.01, 0.99),
    "hard_sigmoid": (0.01, 0.99),
    "tanh": (-0.98, 0.98),
    "hard_tanh": (-0.98, 0.98),
    "soft_sign": (-0.98, 0.98),
    "relu6": (-np.inf, 5.94),
}
_CHOOSING = ("softmax", "log_softmax", "glu")  # they set channels against one another
RECTIFIERS = ("relu", "relu6")


@dataclass(frozen=True)
class UnitStatistics:
    """The channels of one activation layer over many images.

    Attributes:
        layer: its name.
        operation: what it does: relu, tanh, …
        low: the smallest value of each channel, at any place of any image.
        high: the largest.
        saturated: the share of each channel's values that are next to a bound of the activation;
            zero for one that has none.
        values: how many values of each channel were seen.
    """

    layer: str
    operation: str
    low: Float32[np.ndarray, " c"]
    high: Float32[np.ndarray, " c"]
    saturated: Float32[np.ndarray, " c"]
    values: int

    @property
    def dead(self) -> np.ndarray:
        """Numbers of the channels that give one and the same value everywhere (ReLU: zero).

        Those that never leave a bound of the activation are saturated instead.
        """
        return np.flatnonzero((self.high <= self.low) & (self.saturated < 1))

    @property
    def always_on(self) -> np.ndarray:
        """Numbers of the channels of a ReLU that it never switches off."""
        found = self.low > 0 if self.operation in RECTIFIERS else np.zeros(len(self.low), bool)
        return np.flatnonzero(found & (self.high > self.low))


def activation_layers(net: Network) -> list[Layer]:
    """The activations inside a network, also those that are a part of another layer.

    Softmax and its kin are left out: they set channels against one another. So is what follows
    the logits.
    """
    found = []
    for layer in net.layers:
        for each in (layer, *layer.parts):
            if each.kind == "activation" and each.operation not in _CHOOSING and each.name in net:
                found.append(each)
        if net.logits in (layer, *layer.parts):
            break
    return found


def unit_statistics(net: Network, x: Any) -> tuple[UnitStatistics, ...]:
    """How the channels of every activation layer behave over images.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].

    Returns:
        One for each activation inside the network, in order; softmax is left out.

    Raises:
        InputError: if the network cannot take `x`.

    Example:
        >>> [(each.layer, len(each.dead)) for each in unit_statistics(net, images)]
    """
    images = np.asarray(net.batch(x))
    names = tuple(layer.name for layer in activation_layers(net))
    if not names:
        return ()
    size = min(AT_ONCE, len(images))
    total: dict[str, Any] | None = None
    for batch in in_batches(net, images, size):
        traced = net.at(batch.x.shape)
        found = jax.device_get(traced.run(_extremes, batch.x, batch.own, names=names))
        total = found if total is None else _joined(total, found)
    assert total is not None
    traced = net.at((size, *images.shape[1:]))
    return tuple(_statistics(traced.layer(name), total[name], len(images)) for name in names)


_JOIN = {"low": np.minimum, "high": np.maximum, "saturated": np.add}


def _joined(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {what: _JOIN[what](old[name][what], new[name][what]) for what in _JOIN}
        for name in old
    }


def _statistics(layer: Layer, found: dict[str, np.ndarray], images: int) -> UnitStatistics:
    values = images * max(1, int(np.prod(layer.shape)) // layer.channels)
    share = np.asarray(found["saturated"] / values, np.float32)
    return UnitStatistics(layer.name, layer.operation, found["low"], found["high"], share, values)


def _extremes(
    replay: Replay, x: Num[Array, "n ..."], own: Array, *, names: tuple[str, ...]
) -> dict[str, dict[str, Array]]:
    found = {}
    for name, value in replay(x, names).items():
        layer = replay.layer(name)
        flat = by_channel(value, layer, x.shape[0])
        found[name] = extremes(flat, own[:, None, None], layer.operation)
    return found


def extremes(
    flat: Float[Array, "n places c"], mask: Bool[Array, "n _places _c"], operation: str
) -> dict[str, Float[Array, " c"]]:
    """Of each channel: least and largest value, and how many are saturated.

    Args:
        flat: values.
        mask: those that count.
        operation: of the layer, which tells its bounds.
    """
    low, high = _BOUNDS.get(operation, (-np.inf, np.inf))
    near = (flat <= low) | (flat >= high)
    return {
        "low": jnp.min(jnp.where(mask, flat, jnp.inf), (0, 1)),
        "high": jnp.max(jnp.where(mask, flat, -jnp.inf), (0, 1)),
        "saturated": jnp.sum(mask & near, (0, 1)).astype(jnp.float32),
    }


def has_bounds(operation: str) -> bool:
    """Whether an activation of this kind can saturate."""
    return operation in _BOUNDS
