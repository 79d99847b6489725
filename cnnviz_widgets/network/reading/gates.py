"""The gates inside a recurrent step, found by what they do.

A gate is a sigmoid that multiplies something. What it multiplies tells which one it is, whatever
the framework calls it and however it packs its weights:

- *update* (GRU, MGU): `1 - gate` is used as well, so it blends old and new;
- *forget* (LSTM): it multiplies what was carried, and the product is part of what is carried on;
- *output*: it multiplies a function of what is carried on;
- *input*: its product is part of what is carried on, and none of the above holds;
- *reset* (GRU): its product has to pass a bend or a matrix before it is carried on.

References:
    Hochreiter and Schmidhuber 1997, https://doi.org/10.1162/neco.1997.9.8.1735;
    Cho et al. 2014, https://arxiv.org/abs/1406.1078.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..tracing.operation import Operation
from ..tracing.program import Program
from ..tracing.vocabulary import NONLINEAR, PLUMBING
from .naming import Namer

_SIGMOIDS = {"logistic", "sigmoid", "hard_sigmoid"}
_MOVES = PLUMBING | {"split", "dynamic_slice"}
_SUMS = {"add", "sub", "add_any", "neg"}


@dataclass(frozen=True)
class Gate:
    """A gate of a recurrent step.

    Attributes:
        name: update, reset, forget, input, output, or gate.
        value: its number in the step's program.
        keeps: of a forget gate, which of the carried values it multiplies; else `None`.
    """

    name: str
    value: int
    keeps: int | None = None


def find_gates(body: Program, carried: Sequence[int], states: Sequence[int]) -> tuple[Gate, ...]:
    """The gates of a step, in the order in which they are computed.

    Args:
        body: the step.
        carried: numbers of what comes from the step before.
        states: which of what is carried has units.
    """
    flow = _Flow(body, carried, states)
    name = Namer()
    found = []
    for value in flow.sigmoids():
        told = flow.role(value)
        if told is not None:
            found.append(Gate(name(told[0]), value, told[1]))
    return tuple(found)


class _Flow:
    def __init__(self, body: Program, carried: Sequence[int], states: Sequence[int]) -> None:
        self.body = body
        self.carried = list(carried)
        self.states = set(states)
        self.kept = {body.outputs[k] for k in states}
        self.users: dict[int, list[Operation]] = {}
        for operation in body.operations:
            for value in set(operation.inputs):
                self.users.setdefault(value, []).append(operation)

    def sigmoids(self) -> Iterator[int]:
        """Values of sigmoids, each part of one that was computed for several gates at once."""
        functions: dict[tuple[str, int], int] = {}
        for operation in self.body.operations:
            if operation.function is not None and operation.function[0] in _SIGMOIDS:
                functions[operation.function] = operation.outputs[0]  # the last one stays
            elif operation.name in _SIGMOIDS and operation.function is None:
                functions[operation.name, -1 - operation.index] = operation.outputs[0]
        for value in functions.values():
            yield from self._parts(value)

    def _parts(self, value: int) -> Iterator[int]:
        moves = [user for user in self.users.get(value, ()) if user.name in _MOVES]
        if any(user.name not in _MOVES for user in self.users.get(value, ())) or not moves:
            yield value
        for user in moves:
            for part in user.outputs:
                yield from self._parts(part)

    def role(self, gate: int) -> tuple[str, int | None] | None:
        """What a sigmoid's value is for, and which carried value it keeps; `None` if no gate."""
        users = self.users.get(gate, [])
        products = [user for user in users if user.name == "mul"]
        if any(user.name == "sub" and self._is_one(user.inputs[0]) for user in users):
            return ("update", None) if products else None
        for product in products:
            other = next((v for v in product.inputs if v != gate), gate)
            if other in self.body.literals:
                continue
            return self._of_product(product.outputs[0], other)
        return None

    def _of_product(self, product: int, other: int) -> tuple[str, int | None]:
        source = self.body.origin(other)
        maker = self.body.producer.get(source)
        bent = self.body.origin(maker.inputs[0]) if maker and maker.name in NONLINEAR else source
        if source not in self.carried and bent in {self.body.origin(kept) for kept in self.kept}:
            return "output", None  # of what is carried on, as it is
        if not self._reach({product}) & self.kept:
            return "reset", None
        if source in self.carried:
            place = self.carried.index(source)
            return ("forget", place) if place in self.states else ("gate", None)
        return "input", None

    def _reach(self, values: Iterable[int]) -> set[int]:
        """All that comes of values by moving, adding and scaling: no bend, no matrix."""
        found = set(values)
        queue = list(found)
        while queue:
            for user in self.users.get(queue.pop(), ()):
                if user.name in _MOVES | _SUMS:
                    new = set(user.outputs) - found
                    found |= new
                    queue.extend(new)
        return found

    def _is_one(self, value: int) -> bool:
        source = self.body.origin(value)
        known = self.body.literals.get(source)
        return known is not None and bool(np.all(np.asarray(known) == 1))
