"""Reading the layers of a program: operations grouped by the modules and steps they came from.

A module call is a run of operations with the same path. A module without modules inside is one
layer with its framework's name; what fused operations it holds (a Keras `Conv2D` with its
activation) are the layer's parts. Between modules, each functional step (`nnx.relu(x)`) is a layer
of its own, named by its place. A module or step that comes again gets a number: `relu`, `relu_2`.
So a ReLU that is used three times is three layers, because it is three runs of operations.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jax.numpy as jnp

from .axes import find_axes
from .axis import Axis
from .cost import flops
from .grouping import Dataflow, Group, group
from .kinds import kind_of_class
from .layers import Layer, Layout, ReceptiveField
from .naming import Namer
from .operation import Operation, Scope
from .program import Program
from .vocabulary import PLUMBING

_WHOLE = {"norm", "pool", "recurrent", "embedding", "activation", "attention", "reshape", "scale"}
_HEAVY = ("conv", "dense", "recurrent", "loop", "condition", "matmul", "norm", "pool", "embedding")


def find_layers(program: Program, classes: Mapping[str, str]) -> Layout:
    """Read the layers of a program.

    Args:
        program: a traced model.
        classes: the class of each module, by its path (as far as the framework tells).
    """
    return _Builder(program, classes).build()


class _Builder:
    def __init__(self, program: Program, classes: Mapping[str, str]) -> None:
        self.program = program
        self.classes = classes
        self.flow = Dataflow(program)
        self.axes = find_axes(program)
        self.sizes = {value: _parameters(program.avals[value]) for value in program.weights}
        self.unclaimed = dict(self.sizes)  # a weight that several layers share is counted once

    def build(self) -> Layout:
        live = [
            operation
            for operation in self.program.needed(self.program.outputs, ())
            if any(value in self.program.live for value in operation.inputs)
        ]
        inner = {scope[:k] for scope in {op.scope for op in live} for k in range(len(scope))}
        namer = Namer()
        layers: list[Layer] = []
        members: list[tuple[Layer, list[Operation]]] = []
        for scope, run in _runs(live):
            leaf = bool(scope) and scope not in inner
            for found, operations in self._layers_of(scope, run, leaf, namer):
                layers.append(found)
                members.append((found, operations))
        blocks = self._blocks(inner, members, namer)
        return Layout(tuple(layers), blocks, self._logits(members))

    def _layers_of(
        self, scope: Scope, run: list[Operation], leaf: bool, namer: Namer
    ) -> Iterator[tuple[Layer, list[Operation]]]:
        path = "/".join(scope)
        if not leaf:
            prefix = f"{path}/" if path else ""
            for step in group(self.flow, run):
                name = namer(prefix + step.label)
                yield (
                    self._layer(name, step.kind, step.label, path, step.operations),
                    step.operations,
                )
            return
        for call in self._calls(path, run):
            yield self._module(namer(path), path, call), call

    def _calls(self, path: str, run: list[Operation]) -> Iterator[list[Operation]]:
        """Split a run where the same module, or another of the same name, is called again."""
        known = path in self.classes
        calls: list[list[Operation]] = [[]]
        seen: set[int] = set()
        for operation in run:
            weights = set(self._weights([operation])) if _is_product(operation) else set()
            again = bool(weights & seen) if known else bool(weights and seen)
            if again:
                calls.append(self._loose_end(calls[-1]))
                seen = set()
            seen |= weights
            calls[-1].append(operation)
        yield from (call for call in calls if call)

    def _loose_end(self, call: list[Operation]) -> list[Operation]:
        """Take the changes of shape that lead to the next call off the end of this one."""
        cut = len(call)
        while cut > 1 and call[cut - 1].name in PLUMBING:
            cut -= 1
        tail = call[cut:]
        del call[cut:]
        return tail

    def _module(self, name: str, path: str, call: list[Operation]) -> Layer:
        said = kind_of_class(self.classes, path)
        steps = group(self.flow, call)
        named = [step for step in steps if step.kind != "reshape"]
        heavy = [step for step in steps if step.kind in _HEAVY]
        main = (heavy or named or steps)[0]
        kind = said or (main.kind if len(heavy) <= 1 else "block")
        label = main.label if said in (None, main.kind) else kind
        parts: tuple[Layer, ...] = ()
        if (said not in _WHOLE and len(named) > 1) or _has_states(main):
            parts = self._parts(name, path, named)
        return self._layer(name, kind, label, path, call, parts)

    def _parts(self, name: str, path: str, steps: Sequence[Group]) -> tuple[Layer, ...]:
        namer = Namer()
        parts = []
        for step in steps:
            part = namer(f"{name}/{step.label}")
            if _has_states(step):
                parts.extend(self._states(name, path, step, namer))
            else:
                parts.append(
                    self._layer(part, step.kind, step.label, path, step.operations, own=False)
                )
        return tuple(parts)

    def _states(self, name: str, path: str, step: Group, namer: Namer) -> Iterator[Layer]:
        """The carried and the stacked outputs of a loop, each to be tapped."""
        loop = step.operations[0]
        carried = loop.params["num_carry"]
        for k, value in enumerate(loop.outputs):
            label = "carry" if k < carried else "states"
            yield self._at(value, namer(f"{name}/{label}"), step.kind, label, path)

    def _weights(self, operations: Sequence[Operation]) -> list[int]:
        """The weights that operations use, directly or through values prepared from them."""
        found: dict[int, None] = {}
        queue = [value for operation in operations for value in operation.inputs]
        seen: set[int] = set()
        while queue:
            value = queue.pop()
            if value in seen or value in self.program.live:
                continue
            seen.add(value)
            if value in self.sizes:
                found[value] = None
            elif value in self.program.producer:
                queue.extend(self.program.producer[value].inputs)
        return list(found)

    def _layer(
        self,
        name: str,
        kind: str,
        label: str,
        path: str,
        operations: list[Operation],
        parts: tuple[Layer, ...] = (),
        own: bool = True,
    ) -> Layer:
        value = self.flow.result(operations)
        weights = self._weights(operations)
        parameters = sum((self.unclaimed if own else self.sizes)[weight] for weight in weights)
        if own:
            self.unclaimed.update(dict.fromkeys(weights, 0))
        work = sum(flops(operation.equation) for operation in operations)
        batch = self.program.avals[self.program.x].shape[0]
        return self._at(value, name, kind, label, path, parameters, work // batch, parts)

    def _at(
        self,
        value: int,
        name: str,
        kind: str,
        label: str,
        path: str,
        parameters: int = 0,
        work: int = 0,
        parts: tuple[Layer, ...] = (),
    ) -> Layer:
        shape = tuple(self.program.avals[value].shape)
        axes = self.axes.get(value, (None,) * len(shape))
        batch = next((k for k, axis in enumerate(axes) if axis and axis.role == "batch"), 0)
        rest = [axis for k, axis in enumerate(axes) if k != batch]
        spatial = _spatial(rest)
        channel = next((k for k, axis in enumerate(rest) if axis and axis.role == "channel"), None)
        return Layer(
            name=name,
            kind=kind,
            operation=label,
            shape=shape[:batch] + shape[batch + 1 :],
            parameters=parameters,
            flops=work,
            scope=path,
            parts=parts,
            receptive_field=_receptive_field([rest[k] for k in spatial]),
            spatial=spatial,
            channel=channel,
            value=value,
            batch=batch,
        )

    def _blocks(
        self,
        inner: set[Scope],
        members: Sequence[tuple[Layer, list[Operation]]],
        namer: Namer,
    ) -> tuple[Layer, ...]:
        blocks = []
        for scope in sorted(inner - {()}, key=lambda scope: (len(scope), scope)):
            for inside, run in itertools.groupby(
                members, key=lambda m: m[1][0].scope[: len(scope)] == scope
            ):
                if inside:
                    blocks.append(self._block(scope, list(run), namer))
        return tuple(blocks)

    def _block(self, scope: Scope, run: list[tuple[Layer, list[Operation]]], namer: Namer) -> Layer:
        layers = tuple(layer for layer, _ in run)
        operations = [operation for _, each in run for operation in each]
        path = "/".join(scope)
        return self._at(
            self.flow.result(operations),
            namer(path),
            "attention" if kind_of_class(self.classes, path) == "attention" else "block",
            "block",
            "/".join(scope[:-1]),
            sum(layer.parameters for layer in layers),
            sum(layer.flops for layer in layers),
            layers,
        )

    def _logits(self, members: Sequence[tuple[Layer, list[Operation]]]) -> Layer:
        """The layer whose value goes into the last softmax, or the last layer."""
        flat = [(layer, ops) for layer, ops in members]
        last, operations = flat[-1]
        if last.parts and last.parts[-1].operation in _FINAL:
            return last.parts[-2]
        if last.operation not in _FINAL or len(flat) < 2:
            return last
        value = self.flow.inputs(operations)[0]
        steps = [step for layer, _ in flat for step in (layer, *layer.parts)]
        return next((s for s in reversed(steps) if s.value == value), flat[-2][0])


_FINAL = {"softmax", "log_softmax", "sigmoid", "logistic"}


def _parameters(aval: Any) -> int:
    return math.prod(aval.shape) if jnp.issubdtype(aval.dtype, jnp.floating) else 0


def _runs(operations: Sequence[Operation]) -> Iterator[tuple[Scope, list[Operation]]]:
    for scope, run in itertools.groupby(operations, key=lambda operation: operation.scope):
        yield scope, list(run)


def _is_product(operation: Operation) -> bool:
    return operation.name in ("conv_general_dilated", "dot_general")


def _has_states(step: Group) -> bool:
    return step.label == "scan" and len(step.operations[0].outputs) > 1


def _spatial(axes: Sequence[Axis | None]) -> tuple[int, ...]:
    found = [(axis.source, k) for k, axis in enumerate(axes) if axis and axis.role == "spatial"]
    return tuple(k for _, k in sorted(found))


def _receptive_field(axes: Sequence[Axis | None]) -> ReceptiveField | None:
    known = [axis for axis in axes if axis is not None]
    if not known:
        return None
    return ReceptiveField(
        size=tuple(axis.size for axis in known),
        stride=tuple(axis.stride for axis in known),
        start=tuple(axis.start for axis in known),
    )
