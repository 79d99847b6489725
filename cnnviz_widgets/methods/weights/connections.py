"""How strongly one channel is tied to every channel of the layers before and after it.

What lies between two kernels (ReLU, norm, pooling) keeps channels apart, so the slice of a kernel
that joins two channels tells how much one can do to the other: its L2 norm is the strength, its sum
says whether a bright even patch raises or lowers. Norms between them scale each channel by a number
of their own, which is left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from ...network import InputError
from .kernels import Kernel, Kernels


@dataclass(frozen=True, eq=False)
class Links:
    """The ties between one channel and all channels of another layer.

    Attributes:
        layer: the other layer, or the network's input.
        strength: float32 (C,), the L2 norm of the weights between; 0 where there are none.
        total: float32 (C,), their sum.
    """

    layer: str
    strength: Float32[np.ndarray, " c"]
    total: Float32[np.ndarray, " c"]

    def strongest(self, count: int) -> list[int]:
        """The channels with the strongest ties; those without any are left out."""
        order = np.argsort(-self.strength, kind="stable")[:count]
        return [int(k) for k in order if self.strength[k] > 0]


@dataclass(frozen=True, eq=False)
class Connections:
    """The ties of one channel.

    Attributes:
        layer: its layer.
        channel: its number.
        before: to the layers whose channels it takes, nearest first.
        after: to the layers that take it, nearest first.
    """

    layer: str
    channel: int
    before: tuple[Links, ...]
    after: tuple[Links, ...]


def connections(found: Kernels, layer: str, channel: int) -> Connections:
    """The ties of one channel to the layers before and after.

    Args:
        found: the kernels of a network.
        layer: name of a convolution or dense layer.
        channel: its number.

    Returns:
        One `Links` for each source of what the layer takes and for each layer that takes the
        channel. A residual addition makes several of both.

    Raises:
        InputError: if there is no such channel.
        NoKernelError: if the layer has no kernel.

    References:
        Olah, Cammarata, Schubert, Goh, Petrov and Carter 2020, Zoom In: An Introduction to
        Circuits, https://distill.pub/2020/circuits/zoom-in.

    Example:
        >>> ties = connections(kernels(net), "conv2", 5)
        >>> ties.before[0].strongest(3)
    """
    kernel = found[layer]
    if not 0 <= channel < kernel.outputs:
        raise InputError(
            f"expected a channel of {layer} from 0 to {kernel.outputs - 1}, got {channel}."
        )
    before = tuple(_before(kernel, channel, name, _count(found, name)) for name in kernel.sources)
    later = found.wiring.after(layer)
    after = tuple(_after(found[each.name], layer, channel) for each in later)
    return Connections(layer, channel, before, after)


def _count(found: Kernels, name: str) -> int:
    wiring = found.wiring
    return wiring.channels if name == wiring.input else wiring.products[name].outputs


def _before(kernel: Kernel, channel: int, source: str, count: int) -> Links:
    slices = kernel.slices(channel)
    flat = slices.reshape(len(slices), -1).astype(np.float64)
    numbers = kernel.channels_of(source)[kernel.taken(channel)]
    known = numbers >= 0
    squares, total = np.zeros(count), np.zeros(count)
    np.add.at(squares, numbers[known], np.square(flat).sum(1)[known])
    np.add.at(total, numbers[known], flat.sum(1)[known])
    return Links(source, np.sqrt(squares).astype(np.float32), total.astype(np.float32))


def _after(kernel: Kernel, layer: str, channel: int) -> Links:
    squares, total = np.zeros(kernel.outputs), np.zeros(kernel.outputs)
    within, outputs = kernel.values.shape[1], kernel.outputs // kernel.groups
    for at in np.flatnonzero(kernel.sources[layer] == channel):
        group, number = divmod(int(at), within)
        of_group = slice(group * outputs, (group + 1) * outputs)
        flat = kernel.values[of_group, number].reshape(outputs, -1).astype(np.float64)
        squares[of_group] += np.square(flat).sum(1)
        total[of_group] += flat.sum(1)
    return Links(kernel.name, np.sqrt(squares).astype(np.float32), total.astype(np.float32))
