"""The turns of a loop, run again with rules of one's own.

A method with rules (relevance, DeepLIFT) takes one turn of a scan as a program like any other,
plans which of its operations are to be replaced, and runs all turns that way. What one turn is
given may be arrays or trees of them, such as pairs of a value and its reference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax

from ..reading.grouping import Dataflow, group
from ..reading.layers import Layout, Step
from ..reading.loops import live_body, run_turns
from ..tracing.operation import Operation
from ..tracing.program import Program


@dataclass(frozen=True)
class Turns:
    """A scan of a program, to be run turn by turn.

    Attributes:
        scan: the operation.
        body: one turn, which knows what hangs on the input; all that it takes counts as weights.
        layout: which steps its operations are part of.
        layer: the one that the scan is part of, for messages.
    """

    scan: Operation
    body: Program
    layout: Layout
    layer: str

    @staticmethod
    def of(scan: Operation, program: Program, layout: Layout, around: str = "") -> Turns:
        """The turns of a scan; `around` is the layer of the program, if that is a turn itself."""
        body = live_body(scan, program.live)
        step = layout.steps.get(scan.index)
        layer = around or (step.layer if step else "") or scan.name
        return Turns(scan, body, _layout_of(body), layer)

    def known(self, values: Sequence[Any]) -> dict[int, jax.Array]:
        """All that a turn's live operations take and that does not hang on the input."""
        taken = {value for op in _live(self.body) for value in op.inputs} | set(self.body.outputs)
        numbers = sorted(taken - self.body.live - self.body.literals.keys())
        return dict(zip(numbers, self.body.replay(self._given(values), numbers), strict=True))

    def hanging(self, values: Sequence[Any]) -> dict[int, jax.Array]:
        """Of what a turn is given, what hangs on the input."""
        return {k: value for k, value in self._given(values).items() if k in self.body.live}

    def run(
        self, inputs: Sequence[Any], turn: Callable[[Sequence[Any]], Sequence[Any]]
    ) -> list[Any]:
        """All turns, as `run_turns` has it."""
        return run_turns(self.scan, inputs, turn)

    def _given(self, values: Sequence[Any]) -> Mapping[int, Any]:
        return dict(zip(self.body.weights, values, strict=True))


def _live(body: Program) -> list[Operation]:
    return [op for op in body.operations if any(value in body.live for value in op.inputs)]


def _layout_of(body: Program) -> Layout:
    """The steps of a turn, which has no layers of its own."""
    steps = {
        operation.index: Step(f"{step.label} {number}", step.kind, step.label)
        for number, step in enumerate(group(Dataflow(body), _live(body)))
        for operation in step.operations
    }
    return Layout((), (), None, steps, {})
