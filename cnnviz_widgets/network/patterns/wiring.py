"""Which channel of which weights feeds which: the wires between convolutions and dense layers.

A product of what flows with weights (a convolution, a dense layer) gives channels. Between two of
them lie activations, norms, pooling, flattening, additions and joins, which keep channels apart or
move them. Walking the program once with a number on every channel tells, for each input of a
product, which output of which earlier one it comes from; a residual addition gives several.

Labels are arrays of channel numbers that broadcast to a value: of size one along every axis that
tells nothing about the channel. What mixes channels (attention, a loop) ends them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..traced import TracedProgram
from ..tracing.operation import Operation
from ..tracing.vocabulary import CUSTOM_CALLS, ELEMENTWISE, PLUMBING
from .wiring_rules import Labels, carried

MOST = 20_000_000
"""Elements of a value whose channels are followed through a reshape."""


@dataclass(frozen=True, eq=False)
class Product:
    """An operation that multiplies what flows with weights.

    Attributes:
        name: of its layer, or of the layer's part where the layer has several products.
        layer: name of the layer.
        kind: "conv" or "dense".
        operation: the operation.
        kernel: number of the weights' value.
        taken: number of the value that they are multiplied with.
        outputs: how many channels it gives.
        sources: for each source by name the channel that each input comes from, int (inputs,), -1
            where it comes from elsewhere; nearest sources first.
        places: rows and columns of the map that the inputs were flattened from, or `None`.
        flattened: which channel of that map each input is, int (inputs,), or `None`.
        map: number of the value that was flattened, or `None`.
    """

    name: str
    layer: str
    kind: str
    operation: Operation
    kernel: int
    taken: int
    outputs: int
    sources: Mapping[str, np.ndarray]
    places: tuple[int, int] | None = None
    flattened: np.ndarray | None = None
    map: int | None = None


@dataclass(frozen=True, eq=False)
class Wiring:
    """The products of a program and how they feed one another.

    Attributes:
        input: the name that stands for the network's input.
        channels: how many channels the input has.
        products: by name, in order of execution.
    """

    input: str
    channels: int
    products: Mapping[str, Product]

    def after(self, name: str) -> list[Product]:
        """The products that take what one gives, nearest first."""
        return [each for each in self.products.values() if name in each.sources]


def find_wiring(traced: TracedProgram, entry: str = "input") -> Wiring:
    """Walk a program once.

    Args:
        traced: the model at one input shape.
        entry: the name that stands for its input; made longer if a layer has it.
    """
    taken = {layer.name for layer in traced.layout.everything()}
    while entry in taken:
        entry += "_"
    return _Walk(traced, entry).walk()


@dataclass
class _Walk:
    traced: TracedProgram
    entry: str
    labels: dict[int, Labels] = field(default_factory=dict)
    found: dict[str, Product] = field(default_factory=dict)

    def walk(self) -> Wiring:
        program = self.traced.program
        names = self._names(op for op in program.operations if self._is_product(op))
        shape = self._shape(program.x)
        across = np.arange(shape[-1], dtype=np.int32).reshape(*[1] * (len(shape) - 1), -1)
        self.labels[program.x] = {self.entry: across}
        for operation in program.operations:
            if not any(value in program.live for value in operation.inputs):
                continue
            if operation.index in names:
                name = names[operation.index]
                product = self._product(name, operation)
                self.found[name] = product
                self.labels[operation.outputs[0]] = {name: self._given(product)}
            else:
                self._carry(operation)
        return Wiring(self.entry, shape[-1], self.found)

    def _shape(self, value: int) -> tuple[int, ...]:
        return tuple(self.traced.program.avals[value].shape)

    def _is_product(self, operation: Operation) -> bool:
        if operation.name not in ("conv_general_dilated", "dot_general"):
            return False
        live = [value in self.traced.program.live for value in operation.inputs]
        if operation.name == "conv_general_dilated":
            return live == [True, False] and operation.params["batch_group_count"] == 1
        _, batch = operation.params["dimension_numbers"]
        # weights of one number are a scale; shared axes make it no plain product of matrices
        weights = operation.inputs[live.index(False)] if sum(live) == 1 else None
        return weights is not None and not batch[0] and math.prod(self._shape(weights)) > 1

    def _names(self, products: Iterable[Operation]) -> dict[int, str]:
        """The layer's name, or that of its part where a layer has several products."""
        layout = self.traced.layout
        listed = [op for op in products if op.index in layout.owners]
        owners = [layout.owners[op.index] for op in listed]
        names: dict[int, str] = {}
        for operation, owner in zip(listed, owners, strict=True):
            name = owner if owners.count(owner) == 1 else layout.steps[operation.index].layer
            if name not in names.values():  # a formula with several products has one name
                names[operation.index] = name
        return names

    def _product(self, name: str, operation: Operation) -> Product:
        live = [value in self.traced.program.live for value in operation.inputs]
        side = live.index(True)
        taken, kernel = operation.inputs[side], operation.inputs[1 - side]
        if operation.name == "conv_general_dilated":
            dims = operation.params["dimension_numbers"]
            axes: tuple[int, ...] = (dims.lhs_spec[1],)
            outputs = self._shape(kernel)[dims.rhs_spec[0]]
        else:
            contracted, _ = operation.params["dimension_numbers"]
            axes = tuple(contracted[side])
            outputs = math.prod(self._shape(kernel)) // math.prod(
                self._shape(taken)[axis] for axis in axes
            )
        found = {
            source: at
            for source, labels in self.labels.get(taken, {}).items()
            if ((at := _along(labels, axes, self._shape(taken))) >= 0).any()
        }
        order = [name for name in reversed([self.entry, *self.found]) if name in found]
        return Product(
            name=name,
            layer=self.traced.layout.owners[operation.index],
            kind="conv" if operation.name == "conv_general_dilated" else "dense",
            operation=operation,
            kernel=kernel,
            taken=taken,
            outputs=int(outputs),
            sources={source: found[source] for source in order},
            **self._flattened(taken, axes),
        )

    def _given(self, product: Product) -> np.ndarray:
        """Labels of what a product gives."""
        operation = product.operation
        rank = len(self._shape(operation.outputs[0]))
        numbers = np.arange(product.outputs, dtype=np.int32)
        sizes = [1] * rank
        if product.kind == "conv":
            sizes[operation.params["dimension_numbers"].out_spec[1]] = product.outputs
            return numbers.reshape(sizes)
        side = operation.inputs.index(product.kernel)
        contracted, _ = operation.params["dimension_numbers"]
        shape = self._shape(product.kernel)
        free = [n for axis, n in enumerate(shape) if axis not in contracted[side]]
        first = 0 if side == 0 else rank - len(free)
        sizes[first : first + len(free)] = free
        return numbers.reshape(sizes)

    def _flattened(self, taken: int, axes: tuple[int, ...]) -> dict[str, Any]:
        """The map that was flattened into what a product takes, if one was."""
        program, size = self.traced.program, math.prod(self._shape(taken)[a] for a in axes)
        value, path = taken, []
        while (operation := program.producer.get(value)) is not None:
            live = {v for v in operation.inputs if v in program.live}
            if len(live) != 1 or operation.name not in PLUMBING | ELEMENTWISE:
                return {}
            path.append(operation)
            (value,) = live
            shape = self._shape(value)
            varying = self._varying(value)
            if math.prod(shape[1:]) != size or len(shape) < 3 or varying is None:
                continue
            rest = [n for axis, n in enumerate(shape) if axis not in (0, varying)]
            if math.prod(rest) == 1:
                return {}
            sizes = [n if axis == varying else 1 for axis, n in enumerate(shape)]
            labels: dict[int, Labels] = {
                value: {"": np.arange(shape[varying], dtype=np.int32).reshape(sizes)}
            }
            for each in reversed(path):
                self._carry(each, labels)
            if "" not in labels.get(taken, {}):
                return {}
            channels = _along(labels[taken][""], axes, self._shape(taken))
            places = math.prod(rest[:-1]), rest[-1]
            return {"places": places, "flattened": channels, "map": value}
        return {}

    def _varying(self, value: int) -> int | None:
        """The axis of a value's channels, as its labels tell."""
        shapes = [labels.shape for labels in self.labels.get(value, {}).values()]
        axes = {axis for shape in shapes for axis, n in enumerate(shape) if n > 1}
        return axes.pop() if len(axes) == 1 else None

    def _carry(self, operation: Operation, known: dict[int, Labels] | None = None) -> None:
        """Labels of what an operation gives, from those of what it takes."""
        known = self.labels if known is None else known
        given = [known.get(value, {}) for value in operation.inputs]
        shapes = [self._shape(value) for value in operation.inputs]
        if any(math.prod(shape) > MOST for shape in shapes) and operation.name == "reshape":
            return
        custom = operation.equation.primitive.name in CUSTOM_CALLS
        alike = operation.name in ELEMENTWISE or (
            custom and self._shape(operation.outputs[0]) in shapes
        )
        outputs = [self._shape(value) for value in operation.outputs]
        results = carried(operation, given, shapes, outputs, alike)
        for value, labels in zip(operation.outputs, results, strict=True):
            if labels:
                known[value] = labels


def _along(labels: np.ndarray, axes: tuple[int, ...], shape: tuple[int, ...]) -> np.ndarray:
    """The channel of each input of a product, -1 where it has none or several."""
    sizes = [
        n if axis in axes else m
        for axis, (n, m) in enumerate(zip(shape, labels.shape, strict=True))
    ]
    full: Any = np.moveaxis(np.broadcast_to(labels, sizes), axes, range(len(axes)))
    flat = full.reshape(math.prod(shape[axis] for axis in axes), -1)
    highest = flat.max(1)
    lowest = np.where(flat < 0, highest[:, None], flat).min(1)
    return np.where(highest == lowest, highest, -1)
