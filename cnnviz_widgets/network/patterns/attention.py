"""Attention, found in a traced program.

Whatever framework wrote it, attention is three steps: scores, a product of two values that depend
on the input; a softmax over them; and a second product that sums values by the softmax's weights.
So each product of two activations is asked whether one of them comes from a softmax, and that
softmax whether its scores come from a product of two activations. What lies between (a scale, a
mask, a bias, a cast, a change of shape) is passed over. The second product also tells which axis
is which: it sums over the keys, shares the batch and the heads, and leaves the queries.

Queries may be learnt ones, where they are repeated for every example: such a head pools the tokens.

Large models run one layer several times in a `scan`, with weights that are stacked. There each turn
of the loop is an attention layer, found in the loop's body. A loop that carries nothing on goes
through the examples (`jax.lax.map`), and all its turns are one layer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp

from ..reading.axes import find_axes
from ..reading.axis import Axes
from ..reading.layers import Layout
from ..reading.loops import live_body
from ..reading.naming import Namer
from ..traced import TracedProgram
from ..tracing.operation import Operation
from ..tracing.program import Program
from ..tracing.vocabulary import ELEMENTWISE, PLUMBING
from .softmaxes import EXPONENTIALS, divided_later, scores_of

_PASSED = ELEMENTWISE | PLUMBING | {"concatenate", "pad", "mul", "dynamic_slice"}


@dataclass(frozen=True)
class AttentionLayer:
    """One place of a program where attention is paid.

    Attributes:
        name: the attention module's in the network, or that of the layer that holds the softmax.
        heads: how many there are.
        queries: how many tokens look.
        keys: how many tokens are looked at.
        value: number of the weights' value in the program.
        split: shape to give that value first, where a model joins batch and heads.
        order: its axes, as batch, heads, queries, keys.
        together: how many rows of the batch axis belong to one example.
        shared: sizes of the axes that queries and keys share besides that one.
        loop: index of the scan in whose body the value is; `None` for the program itself.
        turn: which turn of that loop it is; `None` where each turn is an example.
        late: whether the model divides by the sum of the weights only afterwards.
    """

    name: str
    heads: int
    queries: int
    keys: int
    value: int
    split: tuple[int, ...]
    order: tuple[int, ...]
    together: int = 1
    shared: tuple[int, ...] = ()
    loop: int | None = None
    turn: int | None = 0
    late: bool = False

    def seen_from(self, program: Program) -> int:
        """Number of a value of the program itself that hangs on all that the layer looks at."""
        return self.value if self.loop is None else program.operations[self.loop].outputs[0]

    def arranged(self, value: jax.Array, examples: int) -> jax.Array:
        """The weights as (N, heads, queries, keys)."""
        moved = jnp.transpose(value.reshape(self.split), self.order)
        found = moved.reshape(examples, self.heads, self.queries, self.keys)
        return found / found.sum(-1, keepdims=True) if self.late else found


def all_attention(traced: TracedProgram) -> tuple[AttentionLayer, ...]:
    """All attention of a program that runs to its output, in order."""
    program, layout = traced.program, traced.layout
    axes = find_axes(program)
    name = Namer()
    needed = program.needed(program.outputs, ())
    found: list[tuple[int, AttentionLayer]] = []
    for product, side, softmax, late in _products(program, needed):
        called = name(_name(layout, softmax))
        layer = _layer(program, axes, traced.shape[0], product, side, called)
        found.append((product.index, replace(layer, late=late)))
    for scan in needed:
        if scan.name == "scan":
            called = layout.owners.get(scan.index) or "/".join(scan.scope) or "scan"
            layers = _in_loop(program, scan, traced.shape[0], called, name)
            found.extend((scan.index, layer) for layer in layers)
    return tuple(layer for _, layer in sorted(found, key=lambda each: each[0]))


def _in_loop(
    program: Program, scan: Operation, examples: int, called: str, name: Namer
) -> list[AttentionLayer]:
    """The attention of each turn of a scan, turn by turn."""
    body = live_body(scan, program.live)
    each_its_own = scan.params["num_carry"] == 0
    if each_its_own and scan.params["length"] != examples:
        return []  # it goes through something else; see `find_hidden_attention`
    layers = [
        replace(
            _layer(body, {}, 1 if each_its_own else examples, product, side, name(called)),
            late=late,
        )
        for product, side, _, late in _products(body, body.needed(body.outputs, ()))
    ]
    if each_its_own:
        return [_for_examples(layer, scan) for layer in layers]
    turns = range(scan.params["length"])
    if scan.params["reverse"]:
        turns = reversed(turns)
    return [
        replace(layer, name=f"{layer.name}[{turn}]", loop=scan.index, turn=turn)
        for turn in turns
        for layer in layers
    ]


def _for_examples(layer: AttentionLayer, scan: Operation) -> AttentionLayer:
    """A layer whose value has the examples in front, one of each turn."""
    split = (scan.params["length"], *layer.split)
    order = (0, *(k + 1 for k in layer.order))
    return replace(layer, split=split, order=order, loop=scan.index, turn=None)


def _products(
    program: Program, operations: Sequence[Operation]
) -> Iterator[tuple[Operation, int, Operation, bool]]:
    """Each product that sums by a softmax: it, the side of the weights, its softmax and if late.

    That is true where only the outcome is divided by the sum of the weights.
    """
    for operation in operations:
        if not _of_activations(program, operation):
            continue
        for side, value in enumerate(operation.inputs):
            found = _behind(program, value, lambda each: scores_of(program, each) is not None)
            scores = scores_of(program, found) if found else None
            late = scores is None
            if late:
                found = _behind(program, value, lambda each: each.name in EXPONENTIALS)
                if found is None or not divided_later(program, found, operation, operations):
                    continue
                scores = found.inputs[0]
            if found and scores is not None and _is_product(program, scores):
                yield operation, side, found, late
                break


def _of_activations(program: Program, operation: Operation) -> bool:
    return operation.name == "dot_general" and all(v in program.live for v in operation.inputs)


def _is_product(program: Program, scores: int) -> bool:
    """Whether scores are queries times keys, both from the input or the queries repeated for it."""

    def wanted(operation: Operation) -> bool:
        return _of_activations(program, operation) or _of_queries(program, operation)

    return _behind(program, scores, wanted) is not None


def _of_queries(program: Program, operation: Operation) -> bool:
    """Whether a product shares its first axis with what is learnt, as no dense layer does."""
    if operation.name != "dot_general" or len(operation.inputs) < 2:
        return False
    _, shared = operation.params["dimension_numbers"]
    live = [value in program.live for value in operation.inputs]
    return sum(live) == 1 and 0 in shared[live.index(True)]


def _behind(program: Program, value: int, wanted) -> Operation | None:
    """The nearest wanted operation behind a value, past what works place by place."""
    queue, seen = [value], set()
    while queue:
        operation = program.producer.get(queue.pop(0))
        if operation is None or operation.index in seen:
            continue
        seen.add(operation.index)
        if wanted(operation):
            return operation
        if operation.name in _PASSED:
            queue.extend(v for v in operation.inputs if v in program.live)
    return None


def _name(layout: Layout, softmax: Operation) -> str:
    """The attention module around a softmax, the inner one first, or the layer that holds it."""
    names = {layer.name: layer for layer in (*layout.blocks, *layout.layers)}
    scopes = ["/".join(softmax.scope[:depth]) for depth in range(len(softmax.scope), 0, -1)]
    for scope in scopes:
        if scope in names and names[scope].kind == "attention":
            return scope
    owner = layout.owners.get(softmax.index)
    return owner or (scopes[0] if scopes else "attention")


def _layer(
    program: Program,
    axes: dict[int, Axes],
    examples: int,
    product: Operation,
    side: int,
    name: str,
) -> AttentionLayer:
    """Which axis of the weights is which, told by the product that sums by them."""
    value = product.inputs[side]
    shape = tuple(program.avals[value].shape)
    contracted, shared = product.params["dimension_numbers"]
    keys = list(contracted[side])
    free = [k for k in range(len(shape)) if k not in (*keys, *shared[side])]
    batch, together = _batch(axes.get(value), shape, list(shared[side]), examples)
    counted = math.prod(shape[k] for k in keys)
    queries = _queries(shape, free, counted)
    heads = [k for k in (*shared[side], *free) if k != batch and k not in queries]
    order = ([] if batch is None else [batch], heads, queries, keys)
    split = shape
    if batch is not None and together > 1:  # the batch is joined with the heads
        split = (*shape[:batch], shape[batch] // together, together, *shape[batch + 1 :])
        order = tuple([k + (k > batch) for k in part] for part in order)
        order = (order[0], [batch + 1, *order[1]], *order[2:])
    return AttentionLayer(
        name,
        math.prod(shape[k] for k in heads) * together,
        math.prod(shape[k] for k in queries),
        counted,
        value,
        split,
        tuple(k for part in order for k in part),
        together,
        tuple(shape[k] for k in shared[side] if k != batch),
    )


def _batch(
    axes: Axes | None, shape: Sequence[int], shared: Sequence[int], examples: int
) -> tuple[int | None, int]:
    """Which axis holds the examples, and how many of its rows belong to one."""
    for k in shared:
        axis = axes[k] if axes else None
        if axis is not None and axis.role == "batch":
            return k, shape[k] // examples
    for k in shared:  # the role was lost on the way; the batch stays in front
        if shape[k] % examples == 0 and examples > 1:
            return k, shape[k] // examples
    return None, 1


def _queries(shape: Sequence[int], free: list[int], keys: int) -> list[int]:
    """Which of the axes left over are queries; the others count heads that share their keys."""
    if math.prod(shape[k] for k in free) == keys:
        return free
    alike = [k for k in free if shape[k] == keys]
    return alike[-1:] or free[-1:]
