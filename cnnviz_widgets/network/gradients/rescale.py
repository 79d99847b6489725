"""DeepLIFT's rescale rule: multipliers in place of derivatives.

What a reference gives is known for every operation. Where an operation is not linear, its slope is
that of the line between its reference and its value (Shrikumar, Greenside and Kundaje 2017,
https://arxiv.org/abs/1704.02685), so that the contributions of the inputs sum to the difference of
the outputs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from ..errors import UnknownOperationError
from ..traced import Replay
from ..tracing.program import Replacement
from ..tracing.rules import Function, ruled
from ..tracing.vocabulary import COMPARISONS, ELEMENTWISE, PLUMBING
from .pieces import PRODUCTS, Piece, find_pieces

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
    pieces = list(find_pieces(replay.program, replay.layout, [number]))
    bent = [piece for piece in pieces if not _is_linear(piece)]
    numbers = sorted({v for piece in bent for v in (*piece.inputs, *piece.last.outputs)})
    *found, reference_value = replay.values(reference, [*numbers, number])
    known = dict(zip(numbers, found, strict=True))
    replaced = {
        piece.last.index: Replacement(piece.inputs, _rescaled(replay, piece, known))
        for piece in bent
        if piece.last.name not in COMPARISONS
    }
    value, back = jax.vjp(lambda x: replay.values(x, [number], replaced=replaced)[0], x)
    return back(start(value))[0], value - reference_value


def _is_linear(piece: Piece) -> bool:
    """Whether its derivative is the same everywhere; that of a product of two values is not."""
    if piece.kind != "single":
        return piece.kind == "product"
    name, inputs = piece.last.name, piece.last.inputs
    live = [value for value in inputs if value in piece.inputs]
    if name == "mul" or name in PRODUCTS:
        return len(live) == 1
    if name == "div":
        return live == [inputs[0]]
    return name in _LINEAR


def _rescaled(replay: Replay, piece: Piece, known: Mapping[int, jax.Array]) -> Function:
    evaluate = piece.function(replay.program, replay.frozen)
    references = [known[value] for value in piece.inputs]
    name, aval = piece.last.name, replay.program.avals
    if name == "stop_gradient":  # around the maximum that a softmax takes off
        return lambda x: [x]
    result = known[piece.last.outputs[0]]
    alike = all(aval[v].shape == aval[piece.last.outputs[0]].shape for v in piece.inputs)
    if len(piece.inputs) == 1 and (piece.kind == "activation" or (alike and name in ELEMENTWISE)):
        return ruled(evaluate, _along_the_line(evaluate, references[0], result))
    if name in _MAXIMA:
        return ruled(evaluate, _to_the_winners(evaluate, references[0], result))
    if name in ("mul", "div", *PRODUCTS) and len(piece.inputs) == 2:
        return ruled(evaluate, _in_between(name, evaluate, references))
    step = replay.layout.steps.get(piece.last.index)
    raise UnknownOperationError(
        f"DeepLIFT has no rule for the operation {name!r}"
        f"{'' if step is None else f' in layer {step.layer!r}'}. It knows linear operations, "
        "activations, maxima, and products and quotients of two values. Choose another method, "
        "such as integrated_gradients."
    )


def _along_the_line(function: Function, reference: jax.Array, result: jax.Array) -> Any:
    def backward(inputs: Sequence[jax.Array], output: jax.Array, g: jax.Array) -> list[jax.Array]:
        (x,) = inputs
        change = x - reference
        near = jnp.abs(change) < _NEAR
        _, back = jax.vjp(lambda x: function(x)[0], x)
        slope = (output - result) / jnp.where(near, 1, change)
        return [jnp.where(near, back(g)[0], g * slope)]

    return backward


def _to_the_winners(function: Function, reference: jax.Array, result: jax.Array) -> Any:
    """What a maximum gained came from its winner; what it lost, from the one that won before."""

    def backward(inputs: Sequence[jax.Array], output: jax.Array, g: jax.Array) -> list[jax.Array]:
        (x,) = inputs
        change = x - reference
        near = jnp.abs(change) < _NEAR
        _, back = jax.vjp(lambda x: function(x)[0], x)
        _, back_before = jax.vjp(lambda x: function(x)[0], reference)
        gained, lost = jnp.maximum(output - result, 0), jnp.minimum(output - result, 0)
        given = back(g * gained)[0] + back_before(g * lost)[0]
        return [jnp.where(near, back(g)[0], given / jnp.where(near, 1, change))]

    return backward


def _in_between(name: str, function: Function, references: Sequence[jax.Array]) -> Any:
    """Of a product of two values: each changes while the other is midway, which is exact."""

    def backward(inputs: Sequence[jax.Array], _: jax.Array, g: jax.Array) -> list[jax.Array]:
        (a, b), (a0, b0) = inputs, references
        middle = (a + a0) / 2
        if name == "div":  # by what changes: a product with its inverse
            _, back = jax.vjp(jnp.multiply, middle, (1 / b + 1 / b0) / 2)
            to_a, to_inverse = back(g)
            return [to_a, -to_inverse / (b * b0)]
        _, back = jax.vjp(lambda a, b: function(a, b)[0], middle, (b + b0) / 2)
        return list(back(g))

    return backward
