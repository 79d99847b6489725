"""DeepLIFT's rescale rule: multipliers in place of derivatives.

What a reference gives is known for every operation. Where an operation is not linear, its slope is
that of the line between its reference and its value (Shrikumar, Greenside and Kundaje 2017,
https://arxiv.org/abs/1704.02685), so that the contributions of the inputs sum to the difference of
the outputs. A loop runs the reference along with the input, and each turn is rescaled by its own.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from ..errors import UnknownOperationError
from ..reading.layers import Layout
from ..traced import Replay
from ..tracing.operation import Operation
from ..tracing.program import Program, Replacement
from ..tracing.rules import Function, ruled_with
from ..tracing.vocabulary import COMPARISONS, ELEMENTWISE, PLUMBING
from .pieces import PRODUCTS, Piece, find_pieces
from .turns import Turns

Known = Mapping[int, jax.Array]

_NEAR = 1e-6
"""Below this difference the derivative serves: the line would be all rounding. Captum's is 1e-10,
which is below what float32 can tell."""

_LINEAR = (
    PLUMBING | {"add", "sub", "add_any", "neg", "concatenate", "pad", "split", "cumsum"}
    | {"reduce_sum", "reduce_window_sum", "gather", "dynamic_slice"}
) - {"stop_gradient"}  # fmt: skip
_MAXIMA = frozenset(["reduce_window_max", "reduce_max"])


def multipliers(
    replay: Replay, x: jax.Array, reference: jax.Array, layer: str, start: Callable[..., jax.Array]
) -> tuple[jax.Array, jax.Array]:
    """What a unit of difference of each input gives in a layer.

    Args:
        replay: with any rules; they are not used.
        x: the batch.
        reference: of the same shape.
        layer: what is to be explained.
        start: gives the weights of the layer's values from them, such as one for a class.

    Returns:
        The multipliers of the input, of its shape, and the layer's difference to its reference.

    Raises:
        UnknownOperationError: names an operation for which there is no rule.
    """
    number = replay.layer(layer).value
    rescaling = _Rescaling(replay.program, replay.layout, [number])
    *found, reference_value = replay.values(reference, [*rescaling.numbers, number])
    replaced = rescaling.replaced(replay.frozen, found)
    value, back = jax.vjp(lambda x: replay.values(x, [number], replaced=replaced)[0], x)
    return back(start(value))[0], value - reference_value


class _Rescaling:
    """Which function replaces what, in one program.

    Args:
        program: the network's, or one turn of a loop in it.
        layout: which steps its operations are part of.
        wanted: numbers of the values that are explained.
        around: the layer that holds the program, if it is a turn of a loop.

    Attributes:
        numbers: of the values that must be known of the reference.
    """

    def __init__(
        self, program: Program, layout: Layout, wanted: Sequence[int], around: str = ""
    ) -> None:
        self.program, self.layout, self.around = program, layout, around
        pieces = find_pieces(program, layout, wanted)
        self.bent = [piece for piece in pieces if not _is_linear(piece)]
        self.numbers = sorted({v for p in self.bent for v in (*p.inputs, *p.last.outputs)})

    def replaced(self, known: Known, references: Sequence[jax.Array]) -> dict[int, Replacement]:
        """What to call in place of operations, by their indices.

        Args:
            known: all values that do not depend on the input.
            references: what the values with `numbers` are where the input is the reference.
        """
        before = dict(zip(self.numbers, references, strict=True))
        return {
            piece.last.index: Replacement(piece.inputs, self._rescaled(piece, known, before))
            for piece in self.bent
            if piece.last.name not in COMPARISONS
        }

    def _rescaled(self, piece: Piece, known: Known, before: Known) -> Function:
        if piece.last.name == "stop_gradient":  # around the maximum that a softmax takes off
            return lambda x: [x]
        if piece.last.name == "scan":
            return self._turns(piece.last, piece.inputs, known, before)
        rule = self._rule(piece)
        # References are known values, too, numbered from -1 down.
        numbers = (*piece.inputs, *piece.last.outputs)
        references = {-1 - number: before[number] for number in numbers}

        def backward(given: Known, function: Function, *rest: Any) -> Sequence[jax.Array]:
            *inputs, result = (given[-1 - number] for number in numbers)
            return rule(function, inputs, result, *rest)

        taken = {**piece.known(self.program, known), **references}
        function = functools.partial(piece.function, self.program)
        return ruled_with(taken, function, backward, range(len(piece.inputs)))

    def _rule(self, piece: Piece) -> Callable[..., Sequence[jax.Array]]:
        """Of a function, its inputs and its result before, and now, and of `g`: each input's."""
        name, avals = piece.last.name, self.program.avals
        alike = all(avals[v].shape == avals[piece.last.outputs[0]].shape for v in piece.inputs)
        one = len(piece.inputs) == 1
        if one and (piece.kind == "activation" or (alike and name in ELEMENTWISE)):
            return _along_the_line
        if name in _MAXIMA:
            return _to_the_winners
        if name in ("mul", "div", *PRODUCTS) and len(piece.inputs) == 2:
            return functools.partial(_in_between, name)
        step = self.layout.steps.get(piece.last.index)
        layer = self.around or (step.layer if step else "")
        raise UnknownOperationError(
            f"DeepLIFT has no rule for the operation {name!r}"
            f"{f' in layer {layer!r}' if layer else ''}. It knows linear operations, activations, "
            "maxima, products and quotients of two values, and scans of these. Choose another "
            "method, such as integrated_gradients."
        )

    def _turns(
        self, scan: Operation, numbers: Sequence[int], known: Known, before: Known
    ) -> Function:
        """A loop whose turns are rescaled, each next to the same turn of the reference."""
        turns = Turns.of(scan, self.program, self.layout, self.around)
        body = turns.body
        inside = _Rescaling(body, turns.layout, body.outputs, turns.layer)
        own = {**self.program.literals, **known}

        def turn(pairs: Sequence[Any]) -> list[Any]:
            values, past = zip(*pairs, strict=True)
            fixed = turns.known(values)
            wanted = [*inside.numbers, *body.outputs]
            found = body.replay({**fixed, **turns.hanging(past)}, wanted)
            references, ends = found[: len(inside.numbers)], found[len(inside.numbers) :]
            replaced = inside.replaced(fixed, references)
            given = {**fixed, **turns.hanging(values)}
            return list(zip(body.replay(given, body.outputs, replaced=replaced), ends, strict=True))

        def run(*values: jax.Array) -> list[jax.Array]:
            given = {**own, **dict(zip(numbers, values, strict=True))}
            pairs = [(given[value], before.get(value, given[value])) for value in scan.inputs]
            return [value for value, _ in turns.run(pairs, turn)]

        return run


def _is_linear(piece: Piece) -> bool:
    """Whether its derivative is the same everywhere; that of a product of two values is not."""
    name, inputs = piece.last.name, piece.last.inputs
    if name == "select_n" and len(piece.operations) == 1:
        return inputs[0] not in piece.inputs
    if piece.kind != "single":
        return piece.kind == "product"
    live = [value for value in inputs if value in piece.inputs]
    if name == "mul" or name in PRODUCTS:
        return len(live) == 1
    if name == "div":
        return live == [inputs[0]]
    return name in _LINEAR


def _change(x: jax.Array, reference: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The difference, to divide by, and where there is next to none (there it is one)."""
    # The scores that a mask leaves out are minus infinity in both: their difference is no number.
    near = (x == reference) | (jnp.abs(x - reference) < _NEAR)
    return jnp.where(near, 1, x - reference), near


def _along_the_line(
    function: Function,
    references: Sequence[jax.Array],
    result: jax.Array,
    inputs: Sequence[jax.Array],
    output: jax.Array,
    g: jax.Array,
) -> list[jax.Array]:
    (x,), (reference,) = inputs, references
    change, near = _change(x, reference)
    _, back = jax.vjp(lambda x: function(x)[0], x)
    slope = (output - result) / change
    return [jnp.where(near, back(g)[0], g * slope)]


def _to_the_winners(
    function: Function,
    references: Sequence[jax.Array],
    result: jax.Array,
    inputs: Sequence[jax.Array],
    output: jax.Array,
    g: jax.Array,
) -> list[jax.Array]:
    """What a maximum gained came from its winner; what it lost, from the one that won before."""
    (x,), (reference,) = inputs, references
    change, near = _change(x, reference)
    _, back = jax.vjp(lambda x: function(x)[0], x)
    _, back_before = jax.vjp(lambda x: function(x)[0], reference)
    gained, lost = jnp.maximum(output - result, 0), jnp.minimum(output - result, 0)
    given = back(g * gained)[0] + back_before(g * lost)[0]
    return [jnp.where(near, back(g)[0], given / change)]


def _in_between(
    name: str,
    function: Function,
    references: Sequence[jax.Array],
    _result: jax.Array,
    inputs: Sequence[jax.Array],
    _output: jax.Array,
    g: jax.Array,
) -> list[jax.Array]:
    """Of a product of two values: each changes while the other is midway, which is exact."""
    (a, b), (a0, b0) = inputs, references
    middle = (a + a0) / 2
    if name == "div":  # by what changes: a product with its inverse
        _, back = jax.vjp(jnp.multiply, middle, (1 / b + 1 / b0) / 2)
        to_a, to_inverse = back(g)
        return [to_a, -to_inverse / (b * b0)]
    _, back = jax.vjp(lambda a, b: function(a, b)[0], middle, (b + b0) / 2)
    return list(back(g))
