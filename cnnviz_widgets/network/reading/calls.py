"""Which operations belong to which call of which module.

A call is a run of operations with one path. A module without modules inside is one call with its
steps; between modules every step is a call of its own. Where the same module is called twice
without anything between, or a framework names scopes by classes (`eqx.nn.Conv`), a run holds
several calls: a product with new weights, or another pooling or activation, begins the next one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from ..tracing.operation import Operation, Scope
from ..tracing.vocabulary import PLUMBING
from .grouping import Dataflow, Group, group


@dataclass
class Call:
    """One call of a module, or one step between modules.

    Attributes:
        scope: path of the module, or of the module around the step.
        steps: what it does.
        module: whether it is a module's call.
    """

    scope: Scope
    steps: list[Group]
    module: bool

    @property
    def path(self) -> str:
        """The scope as text."""
        return "/".join(self.scope)

    @property
    def operations(self) -> list[Operation]:
        """All operations, in order."""
        return [operation for step in self.steps for operation in step.operations]


def find_calls(flow: Dataflow, classes: Mapping[str, str]) -> tuple[list[Call], Set[Scope]]:
    """The calls of a program in order, and the paths of the modules around modules."""
    live = [
        operation
        for operation in flow.program.needed(flow.program.outputs, ())
        if any(value in flow.program.live for value in operation.inputs)
    ]
    around = {scope[:k] for scope in {op.scope for op in live} for k in range(len(scope))}
    calls: list[Call] = []
    for scope, run in itertools.groupby(live, key=lambda operation: operation.scope):
        if scope and scope not in around:
            found = _module_calls(flow, classes, "/".join(scope), list(run))
            calls.extend(Call(scope, steps, module=True) for steps in found)
        else:
            calls.extend(Call(scope, [step], module=False) for step in group(flow, list(run)))
    return calls, around


def _module_calls(
    flow: Dataflow, classes: Mapping[str, str], path: str, run: Sequence[Operation]
) -> Iterator[list[Group]]:
    known = path in classes
    for part in _by_weights(flow, run, known):
        steps = group(flow, part)
        alike = len({step.label for step in steps}) == 1
        again = alike and steps[0].kind in ("pool", "activation")
        yield from ([step] for step in steps) if again else [steps]


def _by_weights(flow: Dataflow, run: Sequence[Operation], known: bool) -> Iterator[list[Operation]]:
    """Split before a product whose weights tell that another call begins.

    A module that the framework names may hold several products; it begins anew when one of them
    comes again. A mere name may stand for any number of modules, with one product each.
    """
    call: list[Operation] = []
    seen: set[int] = set()
    for operation in run:
        product = operation.name in ("conv_general_dilated", "dot_general")
        weights = set(flow.weights([operation])) if product else set()
        if weights & seen if known else weights and seen:
            cut = _end_without_plumbing(call)
            yield call[:cut]
            call, seen = call[cut:], set()
        seen |= weights
        call.append(operation)
    yield call


def _end_without_plumbing(call: Sequence[Operation]) -> int:
    """Where a call ends, if changes of shape at its end lead to the next one."""
    cut = len(call)
    while cut > 1 and call[cut - 1].name in PLUMBING:
        cut -= 1
    return cut
