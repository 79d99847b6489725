"""What a person sees of a program: its layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True)
class ReceptiveField:
    """What part of the input one output place of a layer depends on, by spatial axis.

    Output `i` sees the input places `start + i * stride` up to, not including,
    `start + i * stride + size`; places below 0 or past the input's end are padding.
    """

    size: tuple[float, ...]
    stride: tuple[float, ...]
    start: tuple[float, ...]


@dataclass(frozen=True)
class Layer:
    """One layer of a network.

    Attributes:
        name: unique in the network.
        kind: conv, dense, pool, norm, activation, attention, recurrent, add, concat, reshape, …
        operation: what exactly it does (`relu`, `max_pool`, `depthwise_conv`).
        shape: of its output, without the batch.
        parameters: number of weights that it is the first to use, running statistics included.
        flops: floating-point operations for one image; a multiply-add counts as two.
        scope: path of the module around it.
        parts: the steps inside a fused layer, or the layers inside a block.
        receptive_field: of its output places; `None` where there are none.
        spatial: which axes of `shape` are places (rows, columns).
        channel: which axis of `shape` holds the channels, or `None`.
        value: number of its output in the program.
        batch: which axis of the output is the batch; `None` if it has none.
        together: how many rows of that axis belong to one example, where a model joins axes.
        weights: which of the network's weights it is the first to use, by their place in the list.
    """

    name: str
    kind: str
    operation: str
    shape: tuple[int, ...]
    parameters: int = 0
    flops: int = 0
    scope: str = ""
    parts: tuple[Layer, ...] = ()
    receptive_field: ReceptiveField | None = None
    spatial: tuple[int, ...] = ()
    channel: int | None = None
    value: int = field(default=-1, repr=False, compare=False)
    batch: int | None = field(default=0, repr=False, compare=False)
    together: int = field(default=1, repr=False, compare=False)
    weights: tuple[int, ...] = field(default=(), repr=False, compare=False)

    @property
    def channels(self) -> int:
        """How many channels (or units) there are; 1 without a channel axis."""
        return 1 if self.channel is None else self.shape[self.channel]

    @property
    def channel_axis(self) -> int | None:
        """Which axis of the output, batch included, holds the channels, or `None`."""
        if self.channel is None or self.batch is None:
            return self.channel
        return self.channel + (self.batch <= self.channel)


class Step(NamedTuple):
    """One step of the model: its layer or part, its kind, and what it does."""

    layer: str
    kind: str
    operation: str


@dataclass(frozen=True)
class Layout:
    """The layers of a program.

    Attributes:
        layers: in the order of execution, without blocks.
        blocks: the modules around layers, outer ones first.
        logits: the layer that holds the scores before a final softmax; `None` without layers.
        steps: what an operation (by its index) is part of.
        owners: the name of the layer whose call an operation (by its index) belongs to.
    """

    layers: tuple[Layer, ...]
    blocks: tuple[Layer, ...]
    logits: Layer | None
    steps: Mapping[int, Step]
    owners: Mapping[int, str]

    def everything(self) -> Iterator[Layer]:
        """Layers and blocks, and the parts of layers."""
        yield from self.layers
        yield from self.blocks
        for layer in self.layers:
            yield from layer.parts
