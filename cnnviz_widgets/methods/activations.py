"""Activations of layers, all in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jaxtyping import Array, Num

from ..network import Network, Replay
from .channels_last import channels_last


def activations(
    net: Network, x: Any, layers: Sequence[str] | str | None = None
) -> dict[str, Num[Array, "n ..."]]:
    """What layers give for images, from one compiled pass for all of them.

    Args:
        net: the network.
        x: images, HWC or NHWC, uint8 or float in [0, 1].
        layers: names of layers, blocks or parts; all layers if left out.

    Returns:
        For each name the values of the layer, (N, H, W, C) for a layer with places and (N, C) for
        one without; channels are last also where the model has them first.

    Raises:
        InputError: if `x` is not what the network takes.
        UnknownLayerError: if there is no such layer; names the nearest ones.

    Example:
        >>> maps = activations(net, cw.image("cat"), layers=["conv1"])["conv1"]
    """
    names = named(net, layers)
    batch = net.batch(x)
    found = net.at(batch.shape).run(_activations, batch, names=names)
    return {name: found[name] for name in names}  # compiled code sorts the keys of a dict


def named(net: Network, layers: Sequence[str] | str | None) -> tuple[str, ...]:
    """The names that are meant; an unknown one is refused."""
    if layers is None:
        return tuple(layer.name for layer in net.layers)
    chosen = (layers,) if isinstance(layers, str) else tuple(layers)
    return tuple(net[name].name for name in chosen)


def _activations(
    replay: Replay, x: Num[Array, "n ..."], names: tuple[str, ...]
) -> dict[str, Num[Array, "n ..."]]:
    found = replay(x, names)
    return {name: channels_last(value, replay.layer(name)) for name, value in found.items()}
