"""Reading the layers of a program: its calls, with names, shapes, weights and work.

A module's call is a layer with its framework's name; what fused steps it holds (a Keras `Conv2D`
with its activation) are the layer's parts. A step between modules (`nnx.relu(x)`) is a layer too,
named by its place. What comes again gets a number: `relu`, `relu_2`. So a ReLU that is used three
times is three layers, because it is three runs of operations.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace
from typing import Any

from ..one_row import ONE_ROW
from ..tracing.operation import Operation, Scope
from ..tracing.program import Program
from .axes import find_axes
from .axis import Axis
from .calls import Call, find_calls
from .cost import flops
from .grouping import Dataflow, Group
from .kinds import kind_of_class
from .layers import Layer, Layout, ReceptiveField, Step
from .naming import Namer

# A module whose class is one of these is one step, however many operations it takes.
_WHOLE = {"norm", "pool", "recurrent", "embedding", "activation", "attention", "reshape", "scale"}
_HEAVY = ("conv", "dense", "recurrent", "loop", "condition", "matmul", "norm", "pool", "embedding")
_FINAL = {"softmax", "log_softmax", "sigmoid", "logistic"}


def find_layers(program: Program, classes: Mapping[str, str]) -> Layout:
    """Read the layers of a program.

    Args:
        program: a traced model.
        classes: the class of each module, by its path (as far as the framework tells).
    """
    return _Reader(program, classes).read()


class _Reader:
    def __init__(self, program: Program, classes: Mapping[str, str]) -> None:
        self.program = program
        self.classes = classes
        self.flow = Dataflow(program)
        self.axes = find_axes(program)
        self.batch = program.avals[program.x].shape[0]
        self.unclaimed = dict(self.flow.sizes)  # a weight that several layers share counts once
        self.steps: dict[int, Step] = {}

    def read(self) -> Layout:
        calls, around = find_calls(self.flow, self.classes)
        modules = {call.path for call in calls if call.module}
        self.name = Namer(reserved=modules | {"/".join(scope) for scope in around})
        own = [call for call in calls if call.scope != (ONE_ROW,)]
        members = [(self._layer_of(call), call) for call in own]
        # What has no batch axis belongs to no image: a condition on the whole batch, say.
        layers = tuple(layer for layer, _ in members if layer.batch is not None)
        blocks = tuple(self._blocks(around - {(), (ONE_ROW,)}, members))
        logits = self._logits(members) if members else None
        owners = {op.index: layer.name for layer, call in members for op in call.operations}
        return Layout(layers, blocks, logits, self.steps, owners)

    def _layer_of(self, call: Call) -> Layer:
        if call.module:
            return self._module(call)
        (step,) = call.steps
        layer = self._layer(self._functional_name(call.path, step), call.path, [step], owns=True)
        self._note(layer.name, step)
        if _has_states(step):
            return replace(layer, parts=tuple(self._states(layer, step, Namer())))
        return layer

    def _functional_name(self, path: str, step: Group) -> str:
        return self.name(f"{path}/{step.label}" if path else step.label)

    def _module(self, call: Call) -> Layer:
        name = self.name(call.path, own=True)
        said = kind_of_class(self.classes, call.path)
        named = [step for step in call.steps if step.kind != "reshape"] or call.steps
        heavy = [step for step in named if step.kind in _HEAVY]
        main = (heavy or named)[0]
        layer = self._layer(name, call.path, call.steps, owns=True)
        layer = replace(
            layer,
            kind=said or (main.kind if len(heavy) <= 1 else "block"),
            operation=main.label if said in (None, main.kind) else said,
        )
        if (said not in _WHOLE and len(named) > 1) or _has_states(main):
            return replace(layer, parts=tuple(self._parts(layer, named)))
        for step in call.steps:
            self._note(name, step)
        return layer

    def _parts(self, layer: Layer, steps: Sequence[Group]) -> Iterator[Layer]:
        namer = Namer()
        for step in steps:
            name = namer(f"{layer.name}/{step.label}")
            self._note(name, step)
            if _has_states(step):
                yield from self._states(layer, step, namer)
            else:
                yield self._layer(name, layer.scope, [step], owns=False)

    def _states(self, layer: Layer, step: Group, namer: Namer) -> Iterator[Layer]:
        """The carried and the stacked outputs of a loop, each to be tapped.

        What has no batch axis, such as a count of steps, belongs to no example.
        """
        loop = step.operations[0]
        for k, value in enumerate(loop.outputs):
            label = "carry" if k < loop.params["num_carry"] else "states"
            places = self._places(value)
            if places["batch"] is not None:
                name = namer(f"{layer.name}/{label}")
                yield Layer(name, step.kind, label, scope=layer.scope, **places)

    def _note(self, name: str, step: Group) -> None:
        noted = Step(name, step.kind, step.label)
        self.steps.update((operation.index, noted) for operation in step.operations)

    def _layer(self, name: str, path: str, steps: Sequence[Group], *, owns: bool) -> Layer:
        """A layer of some steps; one that owns its weights counts those not counted before."""
        operations = [operation for step in steps for operation in step.operations]
        weights = self.flow.weights(operations)
        sizes = self.unclaimed if owns else self.flow.sizes
        parameters = sum(sizes[weight] for weight in weights)
        own = [weight for weight in weights if owns and sizes[weight]]
        if owns:
            self.unclaimed.update(dict.fromkeys(weights, 0))
        return Layer(
            name,
            steps[0].kind,
            steps[0].label,
            parameters=parameters,
            flops=sum(flops(operation.equation) for operation in operations) // self.batch,
            scope=path,
            weights=tuple(sorted(self.program.weights.index(weight) for weight in own)),
            **self._places(self.flow.result(operations)),
        )

    def _places(self, value: int) -> dict[str, Any]:
        """The shape of a value, and what its axes are."""
        shape = tuple(self.program.avals[value].shape)
        axes = list(self.axes.get(value, (None,) * len(shape)))
        batch = next((k for k, axis in enumerate(axes) if axis and axis.role == "batch"), None)
        if batch is None and shape[:1] == (self.batch,):
            batch = 0
        together = 1
        if batch is not None:
            found = axes.pop(batch)
            together = int(found.size) if found else 1
            shape = shape[:batch] + shape[batch + 1 :]
        if together > 1:  # the batch is joined with another axis, which belongs to the example
            shape, axes = (together, *shape), [None, *axes]
        spatial = _spatial(axes)
        channels = [k for k, axis in enumerate(axes) if axis and axis.role == "channel"]
        return {
            "shape": shape,
            "spatial": spatial,
            "channel": channels[-1] if channels else None,
            "receptive_field": _receptive_field([axes[k] for k in spatial]),
            "value": value,
            "batch": batch,
            "together": together,
        }

    def _blocks(self, scopes: Set[Scope], members: Sequence[tuple[Layer, Call]]) -> Iterator[Layer]:
        for scope in sorted(scopes, key=lambda scope: (len(scope), scope)):
            depth = len(scope)
            runs = itertools.groupby(members, key=lambda m, s=scope, d=depth: m[1].scope[:d] == s)
            for inside, run in runs:
                if inside:
                    yield self._block(scope, list(run))

    def _block(self, scope: Scope, run: list[tuple[Layer, Call]]) -> Layer:
        layers = tuple(layer for layer, _ in run)
        operations: list[Operation] = [op for _, call in run for op in call.operations]
        path = "/".join(scope)
        attention = kind_of_class(self.classes, path) == "attention"
        return Layer(
            self.name(path, own=True),
            "attention" if attention else "block",
            "block",
            parameters=sum(layer.parameters for layer in layers),
            flops=sum(layer.flops for layer in layers),
            scope="/".join(scope[:-1]),
            parts=layers,
            **self._places(self.flow.result(operations)),
        )

    def _logits(self, members: Sequence[tuple[Layer, Call]]) -> Layer:
        """The layer whose value goes into the last softmax, or the last layer."""
        last, call = members[-1]
        if last.parts and last.parts[-1].operation in _FINAL:
            return last.parts[-2]
        if last.operation not in _FINAL or len(members) < 2:
            return last
        value = self.flow.inputs(call.operations)[0]
        steps = [step for layer, _ in members for step in (layer, *layer.parts)]
        return next((s for s in reversed(steps) if s.value == value), members[-2][0])


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
