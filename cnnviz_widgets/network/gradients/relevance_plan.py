"""Which rule of relevance serves which piece of a program, and of the loops in it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from ..errors import UnknownOperationError
from ..reading.layers import Layout
from ..tracing.operation import Operation
from ..tracing.program import Program, Replacement
from ..tracing.rules import Function, ruled_with
from ..tracing.vocabulary import COMPARISONS, ELEMENTWISE, PLUMBING
from .composite import Composite
from .pieces import PRODUCTS, Piece, find_pieces
from .relevance_of_pairs import constant_factors, halved, is_real, shared, softmax_scores
from .relevance_of_weights import WeightedProduct
from .turns import Turns

Known = Mapping[int, jax.Array]
Rule = Callable[..., Sequence[jax.Array]]
"""Of known values, a piece as a function, its inputs, its result and that one's relevance, the
relevance of each input."""

_ADDITIONS = frozenset(["add", "add_any"])
_SUMS = frozenset(["reduce_sum", "reduce_window_sum", "add", "sub", "add_any", "cumsum"])
_MOVES = (PLUMBING | {"concatenate", "pad", "split", "gather", "dynamic_slice"}) | {
    "reduce_window_max", "reduce_max", "select_and_gather_add"
}  # fmt: skip


@dataclass(frozen=True)
class Scheme:
    """What a plan follows: the rules, and the least and the largest value of an input."""

    rules: Composite
    ends: tuple[float, float]


class Plan:
    """Which function replaces what, in one program.

    Args:
        scheme: the rules.
        program: the network's, or one turn of a loop in it.
        layout: which steps its operations are part of.
        wanted: numbers of the values from which relevance comes.
        known: all values that do not depend on the input.
        around: the layer that holds the program, if it is a turn of a loop.
    """

    def __init__(
        self,
        scheme: Scheme,
        program: Program,
        layout: Layout,
        wanted: Sequence[int],
        known: Known,
        around: str = "",
    ) -> None:
        self.scheme = scheme
        self.program = program
        self.layout = layout
        self.wanted = wanted
        self.known = known
        self.around = around
        self.behind: set[int] = set()  # values that a product has been at
        self.products: set[int] = set()  # values that one has made

    def replaced(self) -> dict[int, Replacement]:
        """What to call in place of operations, by their indices."""
        found: dict[int, Replacement] = {}
        kinds = ("activation", "norm")
        for piece in find_pieces(self.program, self.layout, self.wanted, kinds):
            replacement = self._replacement(piece)
            if replacement is not None:
                found[piece.last.index] = replacement
            if piece.kind == "product" or not self.behind.isdisjoint(piece.inputs):
                self.behind.update(piece.last.outputs)
            if piece.kind == "product":
                self.products.update(piece.last.outputs)
        return found

    def _replacement(self, piece: Piece) -> Replacement | None:
        """What to call in place of a piece; `None` where its gradient moves relevance rightly."""
        for values in (piece.inputs, piece.last.outputs):
            if not any(is_real(self.program, value) for value in values):
                return None  # a mask, which has no relevance
        if piece.kind == "product":
            return self._ruled(piece, self._of_weights(piece))
        if piece.kind != "single":
            return self._ruled(piece, _passed_on)
        operation = piece.last
        scores = softmax_scores(self.program, operation)
        if scores is not None:
            return self._ruled(Piece("activation", (operation,), (scores,)), shared)
        if operation.name == "scan":
            return Replacement(piece.inputs, self._turns(operation, piece.inputs))
        return self._single(piece)

    def _single(self, piece: Piece) -> Replacement | None:
        name, program = piece.last.name, self.program
        shapes = [program.avals[value].shape for value in (*piece.inputs, *piece.last.outputs)]
        alike = len(shapes) == 2 and shapes[0] == shapes[1]
        if name == "select_n":
            return None
        if alike and name in ELEMENTWISE - COMPARISONS:
            return self._ruled(piece, shared if self._adds_bias(piece) else _passed_on)
        if name in _SUMS:
            return self._ruled(piece, shared)
        if name in ("mul", "div") or name in PRODUCTS:
            return self._of_pair(piece)
        if name == "concatenate" or (name in _MOVES and len(piece.inputs) == 1):
            return None
        raise self._unknown(piece.last)

    def _adds_bias(self, piece: Piece) -> bool:
        """Whether it adds to a sum of products, as in `x @ w + h @ u + b`.

        Such a bias takes its share, as it does where it is added to one of the products.
        """
        total = self.program.producer.get(self.program.origin(piece.inputs[0]))
        if total is None or not {piece.last.name, total.name} <= _ADDITIONS:
            return False
        return all(self.program.origin(summand) in self.products for summand in total.inputs)

    def _of_pair(self, piece: Piece) -> Replacement:
        softmax = self.scheme.rules.attention == "constant"
        constant = constant_factors(self.program, piece.last, softmax)
        through = [value for value in piece.inputs if value not in constant]
        if piece.last.name in PRODUCTS:
            rule = halved if len(through) == len(piece.inputs) else shared
            return self._ruled(piece, rule, constant)
        return self._ruled(piece, _dealt_out, constant)

    def _ruled(self, piece: Piece, rule: Rule, constant: Sequence[int] = ()) -> Replacement:
        """A piece with another backward pass, to which some of its inputs count as constants."""
        known = piece.known(self.program, self.known)
        passed = [k for k, value in enumerate(piece.inputs) if value not in constant]
        function = functools.partial(piece.function, self.program)
        return Replacement(piece.inputs, ruled_with(known, function, rule, passed))

    def _unknown(self, operation: Operation) -> UnknownOperationError:
        step = self.layout.steps.get(operation.index)
        layer = self.around or (step.layer if step else "")
        return UnknownOperationError(
            f"layer-wise relevance propagation has no rule for the operation {operation.name!r}"
            f"{f' in layer {layer!r}' if layer else ''}. It knows convolutions, dense layers, "
            "attention, norms, activations, gates, pooling, additions, scans and changes of shape. "
            "Choose another method, such as integrated_gradients."
        )

    def _of_weights(self, piece: Piece) -> Rule:
        rules, operation = self.scheme.rules, piece.operations[0]
        first = not self.around and self.behind.isdisjoint(piece.inputs)
        convolution = operation.name == "conv_general_dilated"
        name = rules.first if first else rules.convolution if convolution else rules.dense
        if name == "epsilon":
            options: tuple[Any, ...] = (rules.epsilon,)
        elif name == "gamma":
            options = (rules.gamma,)
        else:
            options = self._box(piece) if name == "z_box" else ()

        def rule(known: Known, _function: Function, *given: Any) -> Sequence[jax.Array]:
            return getattr(WeightedProduct(piece, self.program, known), name)(*options, *given)

        return rule

    def _box(self, piece: Piece) -> tuple[jax.Array, jax.Array]:
        """The least and the largest values that a first product's input can have."""
        x = self.program.avals[self.program.x]
        ends = [
            self.program.replay(
                {**self.known, self.program.x: jnp.full(x.shape, end, x.dtype)}, piece.inputs
            )[0]
            for end in self.scheme.ends
        ]
        return jnp.minimum(*ends), jnp.maximum(*ends)

    def _turns(self, scan: Operation, numbers: Sequence[int]) -> Function:
        """A loop whose turns follow the same rules, as a function of what depends on the input."""
        turns = Turns.of(scan, self.program, self.layout, self.around)
        own = {**self.program.literals, **self.known}
        body = turns.body

        def turn(values: Sequence[Any]) -> list[jax.Array]:
            known = turns.known(values)
            plan = Plan(self.scheme, body, turns.layout, body.outputs, known, turns.layer)
            given = {**known, **turns.hanging(values)}
            return body.replay(given, body.outputs, replaced=plan.replaced())

        def run(*values: jax.Array) -> list[jax.Array]:
            given = {**own, **dict(zip(numbers, values, strict=True))}
            return turns.run([given[value] for value in scan.inputs], turn)

        return run


def _passed_on(*given: Any) -> Sequence[jax.Array]:
    *_, relevance = given
    return [relevance]


def _dealt_out(*given: Any) -> Sequence[jax.Array]:
    """To all factors alike: it takes each of them to make a product."""
    *_, inputs, _, relevance = given
    return [relevance / len(inputs)] * len(inputs)
