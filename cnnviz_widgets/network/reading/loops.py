"""Recurrent loops of a program: their bodies, to be run again step by step.

A recurrent layer is one `scan` in the traced program: whatever its framework, its body is a list of
operations from what is carried and what comes next to what is carried on. Running that body again
with more of its values stacked gives every state and every gate at every step, though the model
itself keeps the last state only.

A loop that hangs on the input only through what it carries (a block that is run several times, or
layers whose weights were stacked) reads no sequence, and is left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend import core

from ..tracing.operation import Operation
from ..tracing.program import Program, trace
from ..tracing.vocabulary import ELEMENTWISE, inner_jaxpr
from .axis import Axes, Axis
from .gates import Gate, find_gates
from .naming import Namer


@dataclass(frozen=True, eq=False)
class Loop:
    """A loop that reads a sequence.

    Attributes:
        name: of the layer that it is; the second loop of one layer has a number.
        owner: the name of that layer.
        operation: the scan, in the network's program.
        body: one step, with all that it takes as weights: constants, what is carried, what is read.
        gates: of the body, with their numbers there.
        states: what is carried and has units, by name: its place among all that is carried.
        batch: which axis of such a state is the batch.
        read: what is read step by step and hangs on `x`: numbers in the network's program, each
            with the axis that is the batch; time is the first axis.
        reads: what the time axis of what is read is, where that is known.
        flipped: whether what is read was turned round before, as Flax and Keras do it to read a
            sequence from its end.
    """

    name: str
    owner: str
    operation: Operation
    body: Program
    gates: tuple[Gate, ...]
    states: Mapping[str, int]
    batch: int
    read: tuple[tuple[int, int], ...]
    reads: Axis | None
    flipped: bool

    @property
    def length(self) -> int:
        """How many steps there are."""
        return self.operation.params["length"]

    @property
    def units(self) -> int:
        """How many units a state has."""
        return math.prod(self._shape)

    @property
    def kept_shape(self) -> tuple[int, ...]:
        """The shape of a state that has more than one axis, as of a convolutional LSTM; or ()."""
        return self._shape if len(self._shape) > 1 else ()

    @property
    def _shape(self) -> tuple[int, ...]:
        state: Any = self.operation.equation.outvars[next(iter(self.states.values()))].aval
        shape = list(state.shape)
        del shape[self.batch]
        return tuple(shape)

    @property
    def reverse(self) -> bool:
        """Whether the last of the sequence is read first."""
        return self.operation.params["reverse"] != self.flipped

    @property
    def runs_back(self) -> bool:
        """Whether the scan itself begins with the last of what it is given."""
        return self.operation.params["reverse"]

    @property
    def carried(self) -> int:
        """How many values are carried from step to step."""
        return self.operation.params["num_carry"]

    def unroll(
        self, inputs: Sequence[Any], wanted: Sequence[int]
    ) -> tuple[list[jax.Array], list[jax.Array], list[jax.Array]]:
        """Run the loop and keep what it has after each step.

        Args:
            inputs: what the scan takes.
            wanted: numbers of values of the body.

        Returns:
            All that is carried, what the loop itself stacks, and the wanted values; each in the
            order of what the scan is given (not of reading, where that is reversed), time first.
        """
        kept = [*self.body.outputs, *wanted]
        stacked = turn_by_turn(self.operation, self.body, inputs, kept)
        carried, outputs = self.carried, len(self.body.outputs)
        return stacked[:carried], stacked[carried:outputs], stacked[outputs:]


def turn_by_turn(
    operation: Operation, body: Program, inputs: Sequence[Any], wanted: Sequence[int]
) -> list[jax.Array]:
    """Run a scan and keep values of its body at each turn.

    Args:
        operation: the scan.
        body: one turn of it, as `body_of` gives it.
        inputs: what the scan takes.
        wanted: numbers of values of the body.

    Returns:
        The wanted values, each with the turns in front, in the order of the sequence.
    """
    carried = operation.params["num_carry"]

    def turn(values: Sequence[Any]) -> list[jax.Array]:
        known = dict(zip(body.weights, values, strict=True))
        return body.replay(known, [*body.outputs[:carried], *wanted])

    return run_turns(operation, inputs, turn)[carried:]


def run_turns(
    operation: Operation, inputs: Sequence[Any], turn: Callable[[Sequence[Any]], Sequence[Any]]
) -> list[Any]:
    """Run a scan with another body.

    Args:
        operation: the scan.
        inputs: what it takes, or trees in their place.
        turn: of what one turn is given (constants, what is carried, what is read), what it carries
            on and, behind that, what is to be stacked.

    Returns:
        What is carried at the end, and what was stacked, with the turns in front.
    """
    fixed, carried = operation.params["num_consts"], operation.params["num_carry"]
    inputs = [jax.tree.map(jnp.asarray, value) for value in inputs]

    def step(before: Any, read: Any) -> Any:
        found = turn([*inputs[:fixed], *before, *read])
        return found[:carried], found[carried:]

    first, sequences = inputs[fixed : fixed + carried], inputs[fixed + carried :]
    length, reverse = operation.params["length"], operation.params["reverse"]
    last, stacked = jax.lax.scan(step, first, sequences, length=length, reverse=reverse)
    return [*last, *stacked]


def find_loops(
    program: Program, owners: Mapping[int, str], axes: Mapping[int, Axes]
) -> tuple[Loop, ...]:
    """The loops of a program that read a sequence, in order.

    Args:
        program: a traced model.
        owners: the layer that an operation (by its index) belongs to.
        axes: the roles of the axes of its values.
    """
    name = Namer()
    loops = []
    for operation in program.operations:
        if operation.name == "scan" and operation.index in owners:
            found = _read_loop(program, operation, owners[operation.index], axes, name)
            if found is not None:
                loops.append(found)
    return tuple(loops)


def _read_loop(
    program: Program, operation: Operation, owner: str, axes: Mapping[int, Axes], name: Namer
) -> Loop | None:
    fixed, carried = operation.params["num_consts"], operation.params["num_carry"]
    constants, sequences = operation.inputs[:fixed], operation.inputs[fixed + carried :]
    read = {
        value: batch
        for value in sequences
        if (batch := _batch(program, axes, value, first=1)) is not None
    }
    if not read and not any(value in program.live for value in constants):
        return None
    places = {
        k: batch
        for k, value in enumerate(operation.outputs[:carried])
        if (batch := _batch(program, axes, value)) is not None
    }
    if not places:
        return None
    body = body_of(operation)
    gates = find_gates(body, tuple(body.weights[fixed : fixed + carried]), tuple(places))
    found = axes.get(next(iter(read))) if read else None
    return Loop(
        name(owner),
        owner,
        operation,
        body,
        gates,
        _named(places, gates),
        next(iter(places.values())),
        tuple(read.items()),
        found[0] if found else None,
        bool(read) and _is_flipped(program, next(iter(read))),
    )


def _is_flipped(program: Program, value: int) -> bool:
    """Whether the first axis of a value was turned round, seen through what works step by step."""
    found: tuple[int, int] | None = (value, 0)
    while found is not None:
        value, axis = found
        operation = program.producer.get(value)
        if operation is None:
            return False
        if operation.name == "rev" and axis in operation.params["dimensions"]:
            return True
        found = _before(program, operation, axis)
    return False


def _before(program: Program, operation: Operation, axis: int) -> tuple[int, int] | None:
    """The live input in which an axis of a result is an axis too, and which; `None` if unsure."""
    live = [value for value in operation.inputs if value in program.live]
    if len(live) != 1:
        return None
    if operation.name == "transpose":
        return live[0], operation.params["permutation"][axis]
    if operation.name == "dot_general" and operation.inputs[0] == live[0]:
        (contracted, _), (shared, _) = operation.params["dimension_numbers"]
        rank = len(program.avals[live[0]].shape)
        kept = [*shared, *(k for k in range(rank) if k not in (*contracted, *shared))]
        return (live[0], kept[axis]) if axis < len(kept) else None
    alike = program.avals[live[0]].shape == program.avals[operation.outputs[0]].shape
    return (live[0], axis) if alike and operation.name in ELEMENTWISE | {"rev"} else None


def _batch(program: Program, axes: Mapping[int, Axes], value: int, first: int = 0) -> int | None:
    """Which axis of a value, from `first` on, is the batch; `None` if it is nothing with units."""
    aval = program.avals[value]
    if value not in program.live or not jnp.issubdtype(aval.dtype, jnp.floating):
        return None
    batch = program.avals[program.x].shape[0]
    found = axes.get(value) or (None,) * len(aval.shape)
    roles = [k for k, axis in enumerate(found) if axis is not None and axis.role == "batch"]
    sizes = [k for k, size in enumerate(aval.shape) if size == batch and k >= first]
    if len(aval.shape) < 2 or not (roles or sizes):
        return None
    return (roles or sizes)[0]


def body_of(operation: Operation) -> Program:
    """One turn of a scan; all that it takes counts as weights: constants, carried, read."""
    jaxpr, constants = inner_jaxpr(operation.params["jaxpr"])
    step = core.jaxpr_as_fun(core.ClosedJaxpr(jaxpr, constants))
    avals: list[Any] = [variable.aval for variable in jaxpr.invars]
    given = [jax.ShapeDtypeStruct(aval.shape, aval.dtype) for aval in avals]
    nothing = jax.ShapeDtypeStruct((), jnp.float32)
    return trace(lambda values, _: step(*values), given, nothing)


def live_body(scan: Operation, hanging: Collection[int]) -> Program:
    """The body of a scan, as `body_of` gives it, that knows which values hang on the input.

    What is carried may do so from a later turn on only, so the body is gone through again until
    nothing is added.
    """
    body = body_of(scan)
    fixed, carried = scan.params["num_consts"], scan.params["num_carry"]
    before = body.weights[fixed : fixed + carried]
    live = {inner for inner, v in zip(body.weights, scan.inputs, strict=True) if v in hanging}
    count = -1
    while len(live) != count:
        count = len(live)
        for operation in body.operations:
            if any(value in live for value in operation.inputs):
                live.update(operation.outputs)
        after = zip(before, body.outputs[:carried], strict=True)
        live.update(inner for inner, outcome in after if outcome in live)
    return replace(body, live=frozenset(live))


def _named(places: Mapping[int, int], gates: Sequence[Gate]) -> dict[str, int]:
    """States by name. A gate of an LSTM tells its cell from what it shows to others."""
    cell = next((gate.keeps for gate in gates if gate.name == "forget"), None)
    if len(places) == 1:
        return {"state": next(iter(places))}
    if cell is not None and cell in places and len(places) == 2:
        shown = next(k for k in places if k != cell)
        return {"state": shown, "cell": cell}
    return {f"state {k + 1}": place for k, place in enumerate(places)}
