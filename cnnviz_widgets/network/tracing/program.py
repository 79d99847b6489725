"""A model as a program: one flat list of operations that can be read and replayed.

`trace` turns any function that JAX can trace into equations, and lays the bodies of `jit`, `remat`
and the like flat among them. What remains is a list of `Operation`s over numbered values: the
weights, the input `x`, and what each operation gives. Reading the list shows the layers; replaying
it, with some values kept (taps), changed (edits) or differentiated by another rule, gives every
visualisation. The model itself is never touched.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import jax
from jax.extend import core

from .operation import Operation, Scope
from .rules import NO_RULES, Function, RuleBook
from .vocabulary import INLINED, KNOWN_FUNCTIONS, PLUMBING, inner_jaxpr, name_of, scope_of

Edit = Callable[[jax.Array], jax.Array]


class Replacement(NamedTuple):
    """What to call in place of an operation: a function of the values with these numbers.

    The numbers may be those of earlier values than the operation's own inputs: then it stands for
    all the operations between.
    """

    inputs: tuple[int, ...]
    function: Function


@dataclass(frozen=True, eq=False)
class Program:
    """A traced model: operations over numbered values.

    Attributes:
        operations: in the order of execution.
        avals: shape and dtype of every value.
        weights: numbers of the weights, in the order in which the model gave them.
        x: number of the input.
        outputs: numbers of the model's outputs.
        literals: values known when the model was traced (numbers, arrays that it closed over).
        live: numbers of the values that depend on `x`.
        producer: the operation that gives a value.
    """

    operations: tuple[Operation, ...]
    avals: tuple[Any, ...]
    weights: tuple[int, ...]
    x: int
    outputs: tuple[int, ...]
    literals: Mapping[int, Any]
    live: frozenset[int]
    producer: Mapping[int, Operation] = field(repr=False)

    @property
    def loose_ends(self) -> tuple[int, ...]:
        """Numbers of the values that depend on the input and that no operation takes."""
        taken = {value for operation in self.operations for value in operation.inputs}
        return tuple(value for value in self.producer if value in self.live - taken)

    def origin(self, value: int) -> int:
        """What a value was before it was merely moved."""
        operation = self.producer.get(value)
        while operation is not None and operation.name in PLUMBING:
            value = operation.inputs[0]
            operation = self.producer.get(value)
        return value

    def needed(
        self,
        wanted: Iterable[int],
        known: Collection[int],
        replaced: Mapping[int, Replacement] | None = None,
    ) -> list[Operation]:
        """The operations between the `known` values and the `wanted` ones, in order."""
        replaced = replaced or {}
        needed: set[int] = set()
        queue = list(wanted)
        while queue:
            value = queue.pop()
            operation = None if value in known else self.producer.get(value)
            if operation is not None and operation.index not in needed:
                needed.add(operation.index)
                queue.extend(replaced.get(operation.index, operation).inputs)
        return [self.operations[index] for index in sorted(needed)]

    def after(self, value: int, keep_input: bool = False) -> Program:
        """The part that follows a value, which takes the place of the input.

        Args:
            value: its number.
            keep_input: make the old input the last of the weights; else it must not be needed.
        """
        live = {value}
        for operation in self.operations:
            if any(each in live for each in operation.inputs):
                live.update(operation.outputs)
        weights = (*self.weights, self.x) if keep_input else self.weights
        return replace(self, x=value, weights=weights, live=frozenset(live))

    def replay(
        self,
        known: Mapping[int, jax.Array],
        wanted: Sequence[int],
        *,
        edits: Mapping[int, Edit] | None = None,
        rules: RuleBook = NO_RULES,
        prepared: Mapping[int, Any] | None = None,
        replaced: Mapping[int, Replacement] | None = None,
    ) -> list[jax.Array]:
        """Compute the `wanted` values from the `known` ones.

        Args:
            known: arrays by number, at least the input and the weights that are needed.
            wanted: numbers of the values to return.
            edits: what to make of a value as soon as it is computed, by number. Whatever follows
                sees the edited value, and so does a tap.
            rules: how operations are differentiated.
            prepared: what `rules` computed ahead, by the operation's index.
            replaced: what to call in place of operations, by index; `rules` leave them alone.

        Returns:
            The wanted arrays, in order.
        """
        edits, prepared, replaced = edits or {}, prepared or {}, replaced or {}
        values = dict(self.literals) | dict(known)
        for number in edits.keys() & values.keys():
            values[number] = edits[number](values[number])
        for operation in self.needed(wanted, values.keys(), replaced):
            inputs, function = replaced.get(operation.index, (operation.inputs, operation))
            if function is operation and any(value in self.live for value in inputs):
                function = rules.function(operation, prepared.get(operation.index))
            results = function(*(values[number] for number in inputs))
            for number, result in zip(operation.outputs, results, strict=True):
                values[number] = edits[number](result) if number in edits else result
        return [values[number] for number in wanted]


class _Recorder:
    """Lays nested equations flat while numbering the values."""

    def __init__(self, root: Scope) -> None:
        self.root = root
        self.operations: list[Operation] = []
        self.avals: list[Any] = []
        self.literals: dict[int, Any] = {}
        self.calls = 0

    def value(self, aval: Any) -> int:
        self.avals.append(aval)
        return len(self.avals) - 1

    def literal(self, array: Any, aval: Any) -> int:
        number = self.value(aval)
        self.literals[number] = array
        return number

    def walk(
        self,
        jaxpr: core.Jaxpr,
        env: dict[Any, int],
        scope: Scope = (),
        function: tuple[str, int] | None = None,
    ) -> list[int]:
        """Record the equations of `jaxpr`; `env` maps its variables to numbers."""

        def read(atom: Any) -> int:
            if isinstance(atom, core.Literal):
                return self.literal(atom.val, atom.aval)
            return env[atom]

        for equation in jaxpr.eqns:
            inputs = tuple(read(atom) for atom in equation.invars)
            path = self._path(scope, scope_of(equation))
            body = INLINED.get(equation.primitive.name)
            if body is None:
                outputs = tuple(self.value(v.aval) for v in equation.outvars)
                self.operations.append(
                    Operation(
                        len(self.operations),
                        name_of(equation),
                        equation,
                        jaxpr,
                        inputs,
                        outputs,
                        path,
                        function,
                    )
                )
            else:
                outputs = self._inline(equation, body, inputs, path, function)
            env.update(zip(equation.outvars, outputs, strict=True))
        return [read(atom) for atom in jaxpr.outvars]

    def _path(self, outer: Scope, inner: Scope) -> Scope:
        """The full path of an inlined equation; older JAX repeats the outer path inside."""
        if inner[: len(self.root)] == self.root:
            inner = inner[len(self.root) :]
        return inner if inner[: len(outer)] == outer else outer + inner

    def _inline(
        self,
        equation: core.JaxprEqn,
        body: str,
        inputs: tuple[int, ...],
        scope: Scope,
        function: tuple[str, int] | None,
    ) -> list[int]:
        inner, constants = inner_jaxpr(equation.params[body])
        env = dict(zip(inner.invars, inputs, strict=True))
        for variable, constant in zip(inner.constvars, constants, strict=True):
            env[variable] = self.literal(constant, variable.aval)
        name = equation.params.get("name")
        if function is None and name in KNOWN_FUNCTIONS:  # what a person wrote
            self.calls += 1
            function = (name, self.calls)
        return self.walk(inner, env, scope, function)


def trace(
    function: Callable[[Sequence[Any], Any], Any],
    weights: Sequence[Any],
    x: Any,
    root: Scope = (),
) -> Program:
    """Trace `function(weights, x)` into a program.

    Args:
        function: the model, with its weights as a flat list.
        weights: arrays or `jax.ShapeDtypeStruct`s.
        x: the input batch or its `jax.ShapeDtypeStruct`.
        root: path elements to leave off the front of every scope.

    Raises:
        whatever `function` raises on such an input.
    """
    closed = jax.make_jaxpr(function)(list(weights), x)
    jaxpr = closed.jaxpr
    recorder = _Recorder(root)
    env = {variable: recorder.value(variable.aval) for variable in jaxpr.invars}
    numbers = [env[variable] for variable in jaxpr.invars]
    for variable, constant in zip(jaxpr.constvars, closed.consts, strict=True):
        env[variable] = recorder.literal(constant, variable.aval)
    outputs = recorder.walk(jaxpr, env)
    live = {numbers[-1]}
    for operation in recorder.operations:
        if any(value in live for value in operation.inputs):
            live.update(operation.outputs)
    return Program(
        operations=tuple(recorder.operations),
        avals=tuple(recorder.avals),
        weights=tuple(numbers[:-1]),
        x=numbers[-1],
        outputs=tuple(outputs),
        literals=recorder.literals,
        live=frozenset(live),
        producer={v: op for op in recorder.operations for v in op.outputs},
    )
