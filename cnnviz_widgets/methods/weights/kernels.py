"""The kernels of a network: what each convolution and dense layer multiplies with.

They are read from the traced program, so a kernel is what is really laid on the input: a weight
that is scaled or cast on its way is shown as it is used. All have one form, whatever the framework:
outputs first, then inputs, then the window.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Int

from ...network import Network, TracedProgram
from ...network.patterns.wiring import Product, Wiring, find_wiring


class NoKernelError(LookupError):
    """A layer that multiplies with no weights; names the nearest ones that do."""

    def __str__(self) -> str:  # LookupError's own would show quotes
        return str(self.args[0])


@dataclass(frozen=True, eq=False)
class Kernel:
    """What one layer multiplies with.

    Attributes:
        name: of the layer, or of its part where the layer has several kernels.
        layer: name of the layer.
        kind: "conv" or "dense".
        values: float32 (outputs, inputs, *window). With groups, the inputs are those of a group.
            A dense layer has no window.
        groups: of channels that a convolution keeps apart; 1 for a dense layer.
        sources: for each source of what it takes by name ("input" for the network's input), which
            of its channels each input is, int (inputs of all groups,), -1 for none; nearest first.
        places: rows and columns of the map that was flattened into what a dense layer takes.
        flattened: which channel of that map each input is, int (inputs,), or `None`.
    """

    name: str
    layer: str
    kind: str
    values: Float[np.ndarray, "outputs inputs *window"]
    groups: int
    sources: Mapping[str, Int[np.ndarray, " all"]] = field(repr=False)
    places: tuple[int, int] | None = None
    flattened: Int[np.ndarray, " all"] | None = field(default=None, repr=False)

    @property
    def outputs(self) -> int:
        """How many channels it gives."""
        return self.values.shape[0]

    @property
    def window(self) -> tuple[int, ...]:
        """Of a convolution; () for a dense layer."""
        return self.values.shape[2:]

    @functools.cached_property
    def inputs(self) -> int:
        """How many input channels there are, over all groups; a folded map counts by channels."""
        return len(self.values[0]) * self.groups if self.fold is None else len(self.fold)

    @functools.cached_property
    def fold(self) -> Int[np.ndarray, "channels places"] | None:
        """The inputs of a dense layer by the channel of the flattened map, or `None`."""
        if self.places is None or self.flattened is None:
            return None
        count = len(self.flattened) // math.prod(self.places)
        order = np.argsort(self.flattened, kind="stable").reshape(count, -1)
        whole = (self.flattened[order] == np.arange(count)[:, None]).all()
        return order if whole else None

    def channels_of(self, source: str) -> Int[np.ndarray, " inputs"]:
        """Which channel of a source each input channel is; -1 for none."""
        channels = self.sources[source]
        return channels if self.fold is None else channels[self.fold[:, 0]]

    def taken(self, channel: int) -> Int[np.ndarray, " taken"]:
        """The input channels that an output channel takes: all, or those of its group."""
        count = self.inputs // self.groups
        return np.arange(count) + channel // (self.outputs // self.groups) * count

    def slices(self, channel: int) -> Float[np.ndarray, "taken rows columns"]:
        """The kernel of an output channel as one picture for each input channel that it takes.

        A window of one axis gives pictures of one row; one of three axes has its first two below
        one another. A dense layer has one cell each, or the flattened map where that is known.
        """
        own = np.asarray(self.values[channel])
        if self.fold is not None and self.places is not None:
            return own[self.fold].reshape(-1, *self.places)
        columns = self.window[-1] if self.window else 1
        return own.reshape(len(own), -1, columns)

    def filters(self) -> Float[np.ndarray, "outputs weights"]:
        """One row for each output: all its weights."""
        return self.values.reshape(self.outputs, -1)


class Kernels(Mapping[str, Kernel]):
    """The kernels of a network by name, in order of execution; each is read when asked for.

    Attributes:
        wiring: which feeds which.
    """

    def __init__(self, net: Network) -> None:
        self._net = net
        self._traced: TracedProgram = net.at((1, *net.input_shape))
        self.wiring: Wiring = find_wiring(self._traced)
        self._found: dict[str, Kernel] = {}

    def __getitem__(self, name: str) -> Kernel:
        """The kernel of a layer.

        Raises:
            UnknownLayerError: if there is no such layer.
            NoKernelError: if it has none of its own; names the nearest that do.
        """
        if name not in self._found:
            product = self.wiring.products.get(name)
            if product is None:
                self._net[name]  # an unknown name is refused there
                raise NoKernelError(self._why_none(name))
            self._found[name] = self._read(product)
        return self._found[name]

    def __contains__(self, name: object) -> bool:
        return name in self.wiring.products

    def __iter__(self) -> Iterator[str]:
        return iter(self.wiring.products)

    def __len__(self) -> int:
        return len(self.wiring.products)

    def of_layer(self, layer: str) -> list[str]:
        """The names of the kernels in a layer: more than one for a fused one."""
        return [each.name for each in self.wiring.products.values() if each.layer == layer]

    def nearest(self, layer: str) -> list[str]:
        """The names of the kernels in a layer, else of the last one before it and the next one."""
        own = self.of_layer(layer)
        if own:
            return own
        order = [each.name for each in self._net.layers]
        if layer not in order:
            return list(self)[:1]
        at = order.index(layer)
        earlier = [each for name in order[:at] for each in self.of_layer(name)]
        later = [each for name in order[at:] for each in self.of_layer(name)]
        return [*earlier[-1:], *later[:1]]

    def _why_none(self, layer: str) -> str:
        found = self._net[layer]
        near = " and ".join(self.nearest(layer))
        if self.of_layer(layer):
            return f"{layer} multiplies with several kernels: {near}."
        if found.kind == "recurrent":
            why = f"{layer} holds its weights in a loop over time"
        elif found.parameters:
            why = f"{layer} ({found.kind}) has parameters, but no kernel that joins channels"
        else:
            why = f"{layer} ({found.kind}) has no weights"
        return (
            f"{why}. The nearest kernels are in {near}." if near else f"{why}, nor has any layer."
        )

    def _read(self, product: Product) -> Kernel:
        array = np.asarray(self._array(product.kernel))
        if array.dtype != np.float32:
            array = array.astype(np.float32)
        operation, groups = product.operation, 1
        if product.kind == "conv":
            values = np.transpose(array, operation.params["dimension_numbers"].rhs_spec)
            groups = operation.params["feature_group_count"]
        else:
            side = operation.inputs.index(product.kernel)
            contracted = list(operation.params["dimension_numbers"][0][side])
            free = [axis for axis in range(array.ndim) if axis not in contracted]
            values = np.transpose(array, free + contracted)
            values = values.reshape(product.outputs, -1)
        return Kernel(
            product.name, product.layer, product.kind, values, groups, product.sources,
            product.places, product.flattened,
        )  # fmt: skip

    def _array(self, number: int) -> object:
        """A value that depends on weights alone; where it is a weight, without any computing."""
        program = self._traced.program
        weights = self._net.weights.values()
        known = dict(zip(program.weights, weights, strict=True))
        if number in known:
            return known[number]
        (found,) = program.replay(known, [number])
        return found


def kernels(net: Network) -> Kernels:
    """The kernels of a network, and how they are wired.

    Args:
        net: the network.

    Returns:
        A mapping from the names of convolutions and dense layers to `Kernel`s. Arrays are read
        when asked for, and are no copies where the device allows it.

    Example:
        >>> found = kernels(cw.load("digits"))
        >>> found["conv2"].values.shape
        (64, 32, 3, 3)
    """
    return Kernels(net)
