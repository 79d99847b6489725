"""The layers of a network as a graph: which layer's value another layer takes.

A layer is a group of operations, and operations name the values that they take; so the edges need
no help from any framework. An edge stands where an operation of one layer takes a value that an
operation of another one gave, whether the model is a chain, has branches, adds a residual, or
calls a module twice. What is no layer (a condition on the whole batch, say) is looked through.

Layers stand in groups: the modules around them, and, in a flat network of many layers, the parts
that its shape and its names show (see `folding`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .folding import Fold, find_folds
from .network import Network
from .reading.grouping import Dataflow
from .reading.layers import Layer, Layout
from .traced import TracedProgram


@dataclass(frozen=True)
class Edge:
    """A layer takes the value of another one.

    Attributes:
        source: name of the layer whose value it is, or that of the graph's input.
        target: name of the layer that takes it.
        shapes: of what flows, without the batch; more than one if it takes several values.
    """

    source: str
    target: str
    shapes: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class LayerGroup:
    """Layers that can be shown as one.

    Attributes:
        name: unique among layers and groups.
        parent: name of the group around it, or `None`.
        members: names of the layers and of the groups directly in it, in order of execution.
        output: name of the layer whose value leaves it last.
        module: whether it is a module of the model; else it was found by shape and names.
    """

    name: str
    parent: str | None
    members: tuple[str, ...]
    output: str
    module: bool


@dataclass(frozen=True)
class LayerGraph:
    """The layers of a network, what flows between them, and how they nest.

    Attributes:
        input: the name that stands for the network's input; no layer has it.
        input_shape: of one example.
        layers: in order of execution, which no edge goes against.
        edges: by their targets, in order of execution.
        groups: outer ones first.
        around: the innermost group of each layer that is in one.
    """

    input: str
    input_shape: tuple[int, ...]
    layers: tuple[Layer, ...]
    edges: tuple[Edge, ...]
    groups: tuple[LayerGroup, ...]
    around: dict[str, str]

    def inputs(self, layer: str) -> list[str]:
        """The names of what a layer takes."""
        return [edge.source for edge in self.edges if edge.target == layer]

    def outputs(self, layer: str) -> list[str]:
        """The names of the layers that take a layer's value."""
        return [edge.target for edge in self.edges if edge.source == layer]


def layer_graph(net: Network, shape: Sequence[int] | None = None) -> LayerGraph:
    """The layers of a network as a graph.

    Args:
        net: the network.
        shape: of one example, for a network that takes several; `net.input_shape` if left out.

    Returns:
        Layers, edges and groups.

    Raises:
        InputError: if the network cannot take such an input.

    Example:
        >>> graph = layer_graph(cw.load("digits"))
        >>> graph.inputs("relu")
        ['conv1']
    """
    shape = tuple(net.input_shape if shape is None else shape)
    traced = net.at((1, *shape))
    layers = traced.layout.layers
    entry = _free_name("input", {layer.name for layer in layers})
    edges = _Edges(traced, entry).read()
    folds = find_folds(layers, traced.layout.blocks, edges, entry)
    groups = tuple(_as_group(fold, parent) for fold, parent in _walk(folds, None))
    named = {layer.name for layer in layers}
    around = {name: group.name for group in groups for name in group.members if name in named}
    found = tuple(Edge(source, target, tuple(shapes)) for (source, target), shapes in edges.items())
    return LayerGraph(entry, shape, layers, found, groups, around)


class _Edges:
    """Reads edges off the operations of a program."""

    def __init__(self, traced: TracedProgram, entry: str) -> None:
        self.program = traced.program
        self.layout: Layout = traced.layout
        self.flow = Dataflow(traced.program)
        self.entry = entry
        self.values = {layer.value: layer for layer in self.layout.layers}
        self.operations: dict[str, list[int]] = {}
        for index, name in self.layout.owners.items():
            self.operations.setdefault(name, []).append(index)

    def read(self) -> dict[tuple[str, str], list[tuple[int, ...]]]:
        """The shapes that flow, by source and target."""
        found: dict[tuple[str, str], list[tuple[int, ...]]] = {}
        for layer in self.layout.layers:
            for source, value in self._taken(layer.name):
                shapes = found.setdefault((source, layer.name), [])
                shapes.append(self._shape(value))
        return found

    def _taken(self, name: str) -> Iterator[tuple[str, int]]:
        """The values that a layer takes, each with the name of what gives it."""
        for value in self._inputs(name):
            operation = self.program.producer.get(value)
            if operation is None:
                yield self.entry, value
                continue
            source = self.layout.owners[operation.index]
            if source in self._listed:
                yield source, value
            else:
                yield from self._taken(source)

    @property
    def _listed(self) -> set[str]:
        return {layer.name for layer in self.layout.layers}

    def _inputs(self, name: str) -> list[int]:
        return self.flow.inputs([self.program.operations[k] for k in self.operations[name]])

    def _shape(self, value: int) -> tuple[int, ...]:
        """Without the batch, as the layer says it where the value is a layer's own."""
        if value in self.values:
            return self.values[value].shape
        shape = self.flow.shape(value)
        batch = self.program.avals[self.program.x].shape[0]
        return shape[1:] if shape[:1] == (batch,) else shape


def _free_name(wanted: str, taken: set[str]) -> str:
    names: Iterable[str] = (wanted, *(f"{wanted}_{k}" for k in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


def _walk(folds: Iterable[Fold | str], parent: str | None) -> Iterator[tuple[Fold, str | None]]:
    for fold in folds:
        if isinstance(fold, Fold):
            yield fold, parent
            yield from _walk(fold.items, fold.name)


def _as_group(fold: Fold, parent: str | None) -> LayerGroup:
    members = tuple(item.name if isinstance(item, Fold) else item for item in fold.items)
    return LayerGroup(fold.name, parent, members, fold.output, fold.module)
