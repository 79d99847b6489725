"""Operations joined into pieces that have one rule together.

What a product with its bias and its batch norm contributes cannot be told from each of them alone,
nor can what an activation does that is written as a formula. A piece is such a run of operations,
or a single one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp

from ..reading.grouping import Dataflow
from ..reading.layers import Layout, Step
from ..tracing.operation import Operation
from ..tracing.program import Program
from ..tracing.vocabulary import AFFINE

PRODUCTS = frozenset(["conv_general_dilated", "dot_general"])

# Steps of the kind "activation" that look at more than one place of their input.
_ACROSS = frozenset(["softmax", "log_softmax", "glu"])


@dataclass(frozen=True)
class Piece:
    """Operations that have one rule together.

    Attributes:
        kind: "product" (with one input that depends on `x`, and all that shifts and scales its
            result), that of a step ("activation" or "norm": one input, one output of its shape),
            or "single".
        operations: in order.
        inputs: the values that it takes and that depend on `x`, each once.
    """

    kind: str
    operations: tuple[Operation, ...]
    inputs: tuple[int, ...]

    @property
    def last(self) -> Operation:
        """The operation that gives the piece's result."""
        return self.operations[-1]

    def function(
        self, program: Program, frozen: Mapping[int, jax.Array]
    ) -> Callable[..., list[jax.Array]]:
        """The piece as a function of its inputs."""

        def evaluate(*values: jax.Array) -> list[jax.Array]:
            known = {**frozen, **dict(zip(self.inputs, values, strict=True))}
            return program.replay(known, self.last.outputs)

        return evaluate

    def known(self, program: Program, known: Mapping[int, jax.Array]) -> dict[int, jax.Array]:
        """Of known values, those that the piece takes."""
        taken = program.needed(self.last.outputs, self.inputs)
        numbers = {value for operation in taken for value in operation.inputs}
        return {number: known[number] for number in sorted(numbers & known.keys())}

    def affine(
        self, program: Program, frozen: Mapping[int, jax.Array]
    ) -> tuple[jax.Array, jax.Array | None]:
        """Of a product: what is added to it, and what it is multiplied by (`None` for one).

        Both of the shape of the result.
        """
        (product,) = self.operations[0].outputs
        aval, last = program.avals[product], self.last.outputs[0]

        def tail(value: jax.Array) -> jax.Array:
            return program.replay({**frozen, product: value}, [last])[0]

        zero, one = jnp.zeros(aval.shape, aval.dtype), jnp.ones(aval.shape, aval.dtype)
        bias, scale = jax.jvp(tail, (zero,), (one,))
        added = {operation.name for operation in self.operations[1:]} <= {"add", "add_any"}
        return bias, None if added else scale


def find_pieces(
    program: Program,
    layout: Layout,
    wanted: Sequence[int],
    kinds: Sequence[str] = ("activation",),
) -> Iterator[Piece]:
    """The pieces between the input and the `wanted` values, in order.

    `kinds` are those of the steps that are joined.
    """
    flow = Dataflow(program)
    needed = [
        operation
        for operation in program.needed(wanted, {program.x})
        if any(value in program.live for value in operation.inputs)
    ]
    joined: dict[int, tuple[str, tuple[Operation, ...]]] = {}
    for kind, run in _steps(flow, layout, needed, kinds):
        joined.update((operation.index, (kind, run)) for operation in run)
    for operation in needed:
        live = [value for value in operation.inputs if value in program.live]
        if operation.name in PRODUCTS and len(live) == 1:
            run = (operation, *_affine_tail(flow, operation, joined.keys()))
            joined.update((each.index, ("product", run)) for each in run)
    for operation in needed:
        kind, run = joined.get(operation.index, ("single", (operation,)))
        if operation is run[-1]:
            yield Piece(kind, run, tuple(flow.inputs(run)))


def _steps(
    flow: Dataflow, layout: Layout, needed: Sequence[Operation], kinds: Sequence[str]
) -> Iterator[tuple[str, tuple[Operation, ...]]]:
    """The runs of operations that are one step with one input and one output of its shape."""
    steps: dict[Step, list[Operation]] = {}
    for operation in needed:
        step = layout.steps.get(operation.index)
        if step is not None and step.kind in kinds and step.operation not in _ACROSS:
            steps.setdefault(step, []).append(operation)
    if "norm" in kinds:
        _join_centring(flow, layout, steps, needed)
    for step, run in steps.items():
        inputs, results = flow.inputs(run), flow.results(run)
        if len(inputs) == len(results) == 1 and flow.shape(inputs[0]) == flow.shape(results[0]):
            last = run.index(flow.program.producer[results[0]])
            yield step.kind, tuple(run[: last + 1])


def _join_centring(
    flow: Dataflow,
    layout: Layout,
    steps: dict[Step, list[Operation]],
    needed: Sequence[Operation],
) -> None:
    """Let a norm that is written as a formula begin where its mean is taken off."""
    made = {}
    for operation in needed:
        step = layout.steps.get(operation.index)
        if step is not None and step.kind == "reduce":
            made.setdefault(step, []).append(operation)
    ends = {run[-1].outputs[0]: run for run in made.values() if run[-1].name == "sub"}
    for run in (run for step, run in steps.items() if step.kind == "norm"):
        before = ends.get(next(iter(flow.inputs(run)), -1))
        if before and len(flow.inputs(before)) == 1:
            inside = {operation.index for operation in (*before, *run)}
            (centred,) = before[-1].outputs
            if set(flow.users[centred]) <= inside and centred not in flow.outputs:
                run[:0] = before


def _affine_tail(flow: Dataflow, product: Operation, taken: Collection[int]) -> Iterator[Operation]:
    """What shifts and scales a product's result before anything else sees it."""
    (value,) = product.outputs
    while len(users := set(flow.users.get(value, ()))) == 1:
        operation = flow.program.operations[users.pop()]
        (result, *others) = operation.outputs
        affine = operation.name in AFFINE and flow.inputs([operation]) == [value] and not others
        divides = operation.name == "div" and operation.inputs[1] == value
        if not affine or divides or operation.inputs.count(value) > 1:
            return
        if operation.index in taken or flow.shape(result) != flow.shape(value):
            return
        yield operation
        value = result
