"""The walk from one element of a value back to what it was made of, within one step."""

from __future__ import annotations

import threading
from typing import Any

import jax
import numpy as np

from ...network import Layer, TracedProgram
from ...network.reading.grouping import Dataflow
from ...network.reading.layers import Step as Place
from ...network.tracing.operation import Operation
from ...network.tracing.vocabulary import ELEMENTWISE, PLUMBING
from .arithmetic import Line, fold, line
from .curves import curve
from .elements import Index, before, before_padding
from .explained import (
    Activation,
    Combination,
    Concatenation,
    Convolution,
    Copy,
    Dense,
    ExplainedStep,
    Opaque,
    Pool,
    Scaling,
    Softmax,
    Source,
)
from .pools import pooled
from .products import filtered, summed
from .values import Values

_SOFTMAX = ("softmax", "log_softmax")
_ADDITIONS = ("add", "add_any")
COMBINED = {
    "add": sum,
    "add_any": sum,
    "sub": lambda terms: terms[0] - terms[1],
    "mul": lambda terms: terms[0] * terms[1],
    "div": lambda terms: float(np.divide(*terms)),
    "max": lambda terms: float(np.maximum(*terms)),
    "min": lambda terms: float(np.minimum(*terms)),
}


class Reading:
    """A traced program with the values of one image, as the walks read it."""

    def __init__(self, traced: TracedProgram, batch: jax.Array) -> None:
        self.traced = traced
        self.program = traced.program
        self.flow = Dataflow(self.program)
        self.values = Values(traced, batch)
        self._places = traced.layout.steps
        self._runs: dict[Place, list[Operation]] = {}
        for operation in self.program.operations:
            place = self._places.get(operation.index)
            if place is not None:
                self._runs.setdefault(place, []).append(operation)
        self._named = self._layers()
        self._curves: dict[tuple[int, int], tuple[np.ndarray, np.ndarray]] = {}
        self._lock = threading.Lock()

    def _layers(self) -> dict[int, Layer]:
        """The layer or part that gives a value; a layer goes before its part and its block."""
        layout = self.traced.layout
        parts = [part for layer in layout.layers for part in layer.parts]
        return {each.value: each for each in (*layout.blocks, *parts, *layout.layers)}

    def place(self, operation: Operation | None) -> Place | None:
        """What an operation is part of."""
        return None if operation is None else self._places.get(operation.index)

    def owner(self, value: int) -> str | None:
        """The layer or part whose operation gives a value, seen through what fits shapes."""
        operation = self.program.producer.get(value)
        while operation is not None and operation.name in PLUMBING and not self.place(operation):
            operation = self.program.producer.get(operation.inputs[0])
        place = self.place(operation)
        return place.layer if place else None

    def run(self, place: Place) -> list[Operation]:
        """The operations of a step."""
        return self._runs[place]

    def source(self, value: int, index: Index) -> Source:
        """An element, with the name of the layer that gives it, seen through what only moves."""
        number = value
        while number not in self._named and number != self.program.x:
            operation = self.program.producer.get(number)
            if operation is None or operation.name not in PLUMBING:
                return Source("", value, index)
            number = operation.inputs[0]
        known = self._named.get(number)
        return Source("input" if known is None else known.name, value, index)

    def layer_of(self, value: int) -> Layer | None:
        """The layer or part that gives a value."""
        return self._named.get(value)

    def follower(self, value: int) -> int | None:
        """The result of the one step that uses a value, if it keeps the shape."""
        users = {self._places.get(k) for k in self.flow.users.get(value, ())}
        place = users.pop() if len(users) == 1 else None
        if place is None or place.operation in _SOFTMAX:
            return None
        results = self.flow.results(self._runs[place])
        same = len(results) == 1 and self.values.shape(results[0]) == self.values.shape(value)
        return results[0] if same else None

    def curve(self, taken: int, given: int, index: Index) -> tuple[np.ndarray, np.ndarray]:
        """Samples of an activation for the channel of an element; computed once a channel."""
        layer = self._named.get(given)
        axis = layer.channel_axis if layer else None
        key = given, index[axis] if axis is not None else 0
        with self._lock:
            if key not in self._curves:
                self._curves[key] = curve(self.traced, self.values, taken, given, index, axis)
            return self._curves[key]


def explain(reading: Reading, value: int, index: Index) -> ExplainedStep:
    """The step that gives a value, for one element."""
    return Walk(reading, value, index).explain()


class Walk:
    """One walk. `value` and `index` are where it has come to, `lines` what lies behind it.

    The walk itself takes an index that speaks of many elements as well. What it ends in here is a
    step of one; `FieldWalk` ends in what is of all of them.
    """

    def __init__(self, reading: Reading, value: int, index: Index) -> None:
        self.reading = reading
        self.values = reading.values
        self.program = reading.program
        self.value, self.index = value, index
        self.start = value, index
        self.lines: list[Line] = []  # in the order of the walk: the last operation first
        self.place: Place | None = None

    def explain(self) -> Any:
        """Walk to the end."""
        while (operation := self._inside()) is not None:
            found = self._recognised(operation)
            if found is not None:
                return found
            if not self._go_back(operation):
                return self._opaque(operation)
        return self._moved_or_scaled()

    def _inside(self) -> Operation | None:
        """The operation that gives what the walk has come to, if it is of this step."""
        operation = self.program.producer.get(self.value)
        if operation is None or self.value not in self.program.live:
            return None
        place = self.reading.place(operation)
        if self.place is None:
            self.place = place
        if place is None:  # what fits shapes between steps belongs to none
            return operation if operation.name in PLUMBING else None
        assert self.place is not None
        return operation if place.layer == self.place.layer else None

    def _recognised(self, operation: Operation) -> Any:
        place, name = self.reading.place(operation), operation.equation.primitive.name
        if place is not None and place.kind == "activation":
            return self._activation(place)
        if name == "conv_general_dilated":
            return self._convolution(operation)
        if name == "dot_general":
            return self._dense(operation)
        if name.startswith("reduce"):
            return self._pool(operation)
        if name == "concatenate":
            return self._concatenation(operation)
        if name == "pad" and not self.lines:
            return self._padding(operation)
        return None

    def _go_back(self, operation: Operation) -> bool:
        """Go on to the element that this one was made of; says whether there is one."""
        if operation.name in PLUMBING:
            shape = self.values.shape(operation.inputs[0])
            came = before(operation, self.index, shape)
            if came is None:
                return False
            self.value, self.index = operation.inputs[0], came
            return True
        if operation.name not in ELEMENTWISE or len(operation.inputs) > 2:
            return False
        followed = self._followed(operation)
        if followed is None:
            return False
        others = [v for k, v in enumerate(operation.inputs) if k != followed]
        operand = self.values.at(others[0], self._place_in(others[0])) if others else None
        given = self.values.at(operation.outputs[0], self.index)
        self.lines.append(line(operation, followed, operand, given))
        self.value = operation.inputs[followed]
        self.index = self._place_in(self.value)
        return True

    def _place_in(self, value: int) -> Index:
        """Where in an operand the element stands: a number or an axis of one serves all places."""
        shape = self.values.shape(value)
        return tuple(at if n > 1 else 0 for at, n in zip(self.index, shape, strict=False))

    def _followed(self, operation: Operation) -> int | None:
        """Which input the number comes from; `None` where several do, place by place."""
        live = [k for k, v in enumerate(operation.inputs) if v in self.program.live]
        if len(live) == 1:
            return live[0]
        direct = [k for k in live if self._is_direct(operation.inputs[k])]
        return direct[0] if len(direct) == 1 and len(operation.inputs) == 2 else None

    def _is_direct(self, value: int) -> bool:
        """Whether each element of a value is made of the step's input place by place."""
        seen: dict[int, bool] = {}

        def look(value: int) -> bool:
            if value in seen:
                return seen[value]
            operation = self.program.producer.get(value)
            place = self.reading.place(operation)
            outside = place is not None and self.place is not None
            if operation is None or (outside and place.layer != self.place.layer):  # type: ignore
                return True
            moves = operation.name in ELEMENTWISE | PLUMBING
            live = [v for v in operation.inputs if v in self.program.live]
            seen[value] = moves and any(look(v) for v in live)
            return seen[value]

        return look(value)

    # --- what a walk may end in

    def _done(self, total: float) -> dict[str, Any]:
        tail, result = fold(total, self.lines[::-1])
        return {"tail": tail, "result": result, "total": total}

    def _head(self, source: Source | None, operation: str = "") -> dict[str, Any]:
        given, place = self.reading.layer_of(self.start[0]), self.place
        name = given.name if given else place.layer if place else ""
        return {
            "name": name,
            "operation": operation or (place.operation if place else ""),
            "source": source,
        }

    def _convolution(self, operation: Operation) -> Any:
        found = filtered(operation, self.index, self.values)
        if found is None:
            return self._opaque(operation)
        products = found.window.values * found.kernel
        sums = products.reshape(len(products), -1).sum(1)
        return Convolution(
            **self._head(self.reading.source(operation.inputs[0], found.source)),
            **self._done(float(sums.sum())),
            channels=found.channels,
            window=found.window,
            kernel=found.kernel,
            products=products,
            sums=sums,
        )

    def _dense(self, operation: Operation) -> Any:
        found = summed(operation, self.index, self.values)
        products = found.inputs * found.weights
        return Dense(
            **self._head(self.reading.source(found.value, found.source)),
            **self._done(float(products.sum())),
            inputs=found.inputs,
            weights=found.weights,
            products=products,
        )

    def _spatial(self) -> list[int]:
        """The axes of what the walk has come to that are rows and columns of the layer."""
        layer = self.reading.layer_of(self.start[0])
        same = len(self.values.shape(self.value)) == len(self.values.shape(self.start[0]))
        if layer is None or not same:
            return []
        return [k + (layer.batch is not None and layer.batch <= k) for k in layer.spatial]

    def _pool(self, operation: Operation) -> Any:
        found = pooled(operation, self.index, self.values, self._spatial())
        if found is None:
            return None
        return Pool(
            **self._head(self.reading.source(operation.inputs[0], found.source)),
            **self._done(found.total),
            window=found.window,
            kind=found.kind,
            winner=found.winner,
        )

    def _activation(self, place: Place) -> Any:
        flow, run = self.reading.flow, self.reading.run(place)
        inputs, results = flow.inputs(run), flow.results(run)
        if len(inputs) != 1 or len(results) != 1 or self.value != results[0]:
            return None
        if self.values.shape(inputs[0]) != self.values.shape(self.value) or self.lines:
            return None
        if place.operation in _SOFTMAX:
            return self._softmax(place, inputs[0])
        if place.operation == "glu":
            return None
        return self._curve(place, inputs[0])

    def _curve(self, place: Place, taken: int) -> Any:
        xs, ys = self.reading.curve(taken, self.value, self.index)
        return Activation(
            **self._head(self.reading.source(taken, self.index), place.operation),
            result=self.values.at(self.value, self.index),
            input=self.values.at(taken, self.index),
            xs=xs,
            ys=ys,
        )

    def _softmax(self, place: Place, taken: int) -> Any:
        sums = [op for op in self.reading.run(place) if op.name == "reduce_sum"]
        if not sums or len(axes := sums[0].params["axes"]) != 1:
            return None
        return self._share(place, taken, int(axes[0]))

    def _share(self, place: Place, taken: int, axis: int) -> Any:
        where = tuple(slice(None) if k == axis else at for k, at in enumerate(self.index))
        inputs = self.values.array(taken)[where].astype(np.float64)
        number, logarithm = self.index[axis], place.operation == "log_softmax"
        with np.errstate(all="ignore"):
            exponentials = np.exp(inputs - inputs.max())
            total = float(exponentials.sum())
            share = float(exponentials[number] / total)
            result = float(inputs[number] - inputs.max() - np.log(total)) if logarithm else share
        return Softmax(
            **self._head(self.reading.source(taken, self.index), place.operation),
            result=result,
            inputs=inputs,
            number=number,
            exponentials=exponentials,
            total=total,
            logarithm=logarithm,
        )

    def _concatenation(self, operation: Operation) -> Any:
        axis = operation.params["dimension"]
        at, number = self.index[axis], 0
        while at >= (size := self.values.shape(operation.inputs[number])[axis]):
            at, number = at - size, number + 1
        index = tuple(at if k == axis else each for k, each in enumerate(self.index))
        sources = tuple(
            self.reading.source(value, index if k == number else (0,) * len(index))
            for k, value in enumerate(operation.inputs)
        )
        _, result = fold(self.values.at(operation.inputs[number], index), self.lines[::-1])
        return Concatenation(
            **self._head(sources[number]),
            result=result,
            sources=sources,
            number=number,
            place=at,
        )

    def _padding(self, operation: Operation) -> Any:
        taken, fill = operation.inputs
        index = before_padding(operation, self.index, self.values.shape(taken))
        if index is None:
            return Copy(**self._head(None, "padding"), result=self.values.at(fill, ()))
        source = self.reading.source(taken, index)
        return Copy(**self._head(source), result=self.values.at(taken, index))

    def _opaque(self, operation: Operation) -> Any:
        """A combination of several values, or a step that is not taken apart."""
        if operation.name in COMBINED and len(operation.inputs) == 2:
            return self._combination(operation)
        value, index = self.start
        taken = [v for v in operation.inputs if v in self.program.live]
        named = [
            f"{self.reading.source(v, ()).name or 'a value inside'} "
            f"({' × '.join(map(str, self.values.shape(v)[1:])) or 'a number'})"
            for v in dict.fromkeys(taken)
        ]
        return Opaque(
            **self._head(None),
            result=self.values.at(value, index),
            words=f"{operation.name} of {', '.join(named)}",
        )

    def _combination(self, operation: Operation) -> Any:
        terms = self._combined(operation)
        numbers = tuple(self.values.at(v, self._place_in(v)) for v in terms)
        with np.errstate(all="ignore"):
            total = float(COMBINED[operation.name](numbers))
        sources = tuple(
            self.reading.source(v, self._place_in(v)) if v in self.program.live else None
            for v in terms
        )
        return Combination(
            **self._head(sources[0], operation.name), **self._done(total), terms=numbers,
            sources=sources,
        )  # fmt: skip

    def _combined(self, operation: Operation) -> list[int]:
        """The values that meet in an operation."""
        terms = self._terms(self.value) if operation.name in _ADDITIONS else None
        return terms or list(operation.inputs)

    def _terms(self, value: int) -> list[int]:
        """The values of a sum of sums, as far as this step adds them."""
        operation = self.program.producer.get(value)
        place = self.reading.place(operation)
        mine = place is not None and self.place is not None and place.layer == self.place.layer
        if operation is None or not mine or operation.name not in _ADDITIONS:
            return [value]
        return [term for v in operation.inputs for term in self._terms(v)]

    def _moved_or_scaled(self) -> Any:
        source = self.reading.source(self.value, self.index)
        start = self.values.at(self.value, self.index)
        if not self.lines:
            return Copy(**self._head(source), result=start)
        done = self._done(start)
        return Scaling(**self._head(source), input=start, tail=done["tail"], result=done["result"])
