"""Layer-wise relevance propagation: what flows back is a share of the output, not a gradient.

Every piece of the program gets a backward pass that hands the relevance of its output to its
inputs (Bach et al. 2015; Montavon et al. 2019, https://doi.org/10.1007/978-3-030-28954-6_10):

- products (convolutions and dense layers, with the bias and the batch norm behind them) by the rule
  that a `Composite` names;
- activations, norms and what shifts or scales single values pass it on;
- sums, means and additions share it out by what each summand contributes;
- a maximum gives it to the winner; changes of shape move it along.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp

from .errors import InputError, UnknownOperationError
from .operation import Operation
from .pieces import Piece, find_pieces
from .program import Program, Replacement
from .rules import Function, ruled
from .traced import Replay
from .vocabulary import COMPARISONS, ELEMENTWISE, PLUMBING

RULES = ("epsilon", "gamma", "z_plus", "z_box", "flat")

STABILISER = 1e-6
"""Keeps what is divided by away from zero; Zennit's."""

_SUMS = frozenset(["reduce_sum", "reduce_window_sum", "add", "sub", "add_any", "cumsum"])
_MOVES = (PLUMBING | {"concatenate", "pad", "split", "gather", "dynamic_slice"}) | {
    "reduce_window_max", "reduce_max", "select_and_gather_add"
}  # fmt: skip


@dataclass(frozen=True)
class Composite:
    """Which rule serves which product.

    Attributes:
        first: rule of the products that see the input, before any other one.
        convolution: rule of the other convolutions.
        dense: rule of the other dense layers.
        epsilon: stabiliser of the rule "epsilon", in units of what the layer gives.
        gamma: of the rule "gamma": by how much positive weights are favoured.
    """

    first: str = "flat"
    convolution: str = "z_plus"
    dense: str = "epsilon"
    epsilon: float = STABILISER
    gamma: float = 0.25

    def __post_init__(self) -> None:
        for rule in (self.first, self.convolution, self.dense):
            if rule not in RULES:
                raise InputError(f"expected a rule of {RULES}, got {rule!r}.")
        for name, value in (("epsilon", self.epsilon), ("gamma", self.gamma)):
            if not 0 <= value < float("inf"):
                raise InputError(f"expected {name} to be a number from 0, got {value!r}.")
        if "z_box" in (self.convolution, self.dense):
            raise InputError("expected z_box for the first layer only: it needs the input's range.")


def relevance(
    replay: Replay,
    x: jax.Array,
    layer: str,
    composite: Composite,
    start: Callable[..., jax.Array],
    ends: tuple[float, float] = (0.0, 1.0),
) -> tuple[jax.Array, jax.Array]:
    """Propagate relevance from a layer to the input.

    Args:
        replay: with any rules; they are not used.
        x: the batch.
        layer: where relevance starts.
        composite: the rules.
        start: gives the relevance of the layer's value from that value.
        ends: the least and the largest value of an input, for the rule "z_box".

    Returns:
        The relevance of the input, of its shape, and of the layer.

    Raises:
        UnknownOperationError: names an operation for which there is no rule.
    """
    number = replay.layer(layer).value
    replaced = _Plan(replay, composite, number, ends).replaced()
    value, back = jax.vjp(lambda x: replay.values(x, [number], replaced=replaced)[0], x)
    started = start(value)
    return back(started)[0], started


class _Plan:
    """Which function replaces what, in one program."""

    def __init__(
        self, replay: Replay, composite: Composite, wanted: int, ends: tuple[float, float]
    ) -> None:
        self.replay = replay
        self.program: Program = replay.program
        self.composite = composite
        self.wanted = wanted
        self.ends = ends
        self.behind: set[int] = set()  # values that a product has been at

    def replaced(self) -> dict[int, Replacement]:
        found: dict[int, Replacement] = {}
        kinds = ("activation", "norm")
        for piece in find_pieces(self.program, self.replay.layout, [self.wanted], kinds):
            function = self._function(piece)
            if function is not None:
                found[piece.last.index] = Replacement(piece.inputs, function)
            if piece.kind == "product" or not self.behind.isdisjoint(piece.inputs):
                self.behind.update(piece.last.outputs)
        return found

    def _function(self, piece: Piece) -> Function | None:
        """What to call in place of a piece; `None` where its gradient moves relevance rightly."""
        if piece.kind == "product":
            return self._product(piece)
        evaluate = piece.function(self.program, self.replay.frozen)
        name = piece.last.name
        shapes = [self.program.avals[value].shape for value in (*piece.inputs, *piece.last.outputs)]
        alike = len(shapes) == 2 and shapes[0] == shapes[1]
        if piece.kind != "single" or (alike and name in ELEMENTWISE - COMPARISONS):
            return ruled(evaluate, lambda _inputs, _result, g: [g])
        if name in _SUMS:
            return ruled(evaluate, functools.partial(_shared, evaluate))
        if name == "concatenate" or (name in _MOVES and len(piece.inputs) == 1):
            return None
        raise self._unknown(piece.last)

    def _unknown(self, operation: Operation) -> UnknownOperationError:
        step = self.replay.layout.steps.get(operation.index)
        place = "" if step is None else f" in layer {step.layer!r}"
        return UnknownOperationError(
            f"layer-wise relevance propagation has no rule for the operation {operation.name!r}"
            f"{place}. It knows convolutions, dense layers, batch norm, activations, pooling, "
            "additions and changes of shape. Choose another method, such as integrated_gradients."
        )

    def _product(self, piece: Piece) -> Function:
        operation = piece.operations[0]
        first = self.behind.isdisjoint(piece.inputs)
        convolution = operation.name == "conv_general_dilated"
        composite = self.composite
        rule = (
            composite.first if first
            else composite.convolution if convolution
            else composite.dense
        )  # fmt: skip
        product = _Product(piece, self.program, self.replay.frozen)
        if rule == "epsilon":
            backward = functools.partial(product.epsilon, composite.epsilon)
        elif rule == "gamma":
            backward = functools.partial(product.gamma, composite.gamma)
        elif rule == "z_plus":
            backward = product.z_plus
        elif rule == "z_box":
            backward = functools.partial(product.z_box, *self._box(piece))
        else:
            backward = product.flat
        return ruled(piece.function(self.program, self.replay.frozen), backward)

    def _box(self, piece: Piece) -> tuple[jax.Array, jax.Array]:
        """The least and the largest values that a first product's input can have."""
        x = self.program.avals[self.program.x]
        ends = [
            self.program.replay(
                {**self.replay.frozen, self.program.x: jnp.full(x.shape, end, x.dtype)},
                piece.inputs,
            )[0]
            for end in self.ends
        ]
        return jnp.minimum(*ends), jnp.maximum(*ends)


def _stable(value: jax.Array, epsilon: float = STABILISER) -> jax.Array:
    return value + jnp.where(value < 0, -epsilon, epsilon).astype(value.dtype)


def _shared(
    evaluate: Callable[..., list[jax.Array]],
    inputs: Sequence[jax.Array],
    output: jax.Array,
    relevance: jax.Array,
) -> tuple[jax.Array, ...]:
    """Of a linear function: to each input by what it contributes."""
    _, back = jax.vjp(lambda *inputs: evaluate(*inputs)[0], *inputs)
    shares = back(relevance / _stable(output))
    return tuple(value * share for value, share in zip(inputs, shares, strict=True))


class _Product:
    """A convolution or a dense layer, `x W s + b`, and its rules.

    `s` is what a batch norm behind it multiplies by, and `b` all that is added. The rules see the
    product as if it were merged into weights `W s`.
    """

    def __init__(self, piece: Piece, program: Program, frozen: Mapping[int, jax.Array]) -> None:
        self.operation = piece.operations[0]
        (self.x,) = piece.inputs
        self.known = {**program.literals, **frozen}
        (self.weight,) = (v for v in self.operation.inputs if v not in program.live)
        self.bias, self.scale = piece.affine(program, frozen)

    def _times(self, x: jax.Array, weight: jax.Array) -> jax.Array:
        given = {self.x: x, self.weight: weight}
        inputs = (given.get(v, self.known.get(v)) for v in self.operation.inputs)
        return self.operation(*inputs)[0]

    def _signed(self, x: jax.Array, sign: int, favour: float | None = None) -> jax.Array:
        """`x` by the merged weights of one sign; or by all, with those of `sign` favoured."""

        def part(weight: jax.Array, sign: int) -> jax.Array:
            clipped = jnp.maximum(weight, 0) if sign > 0 else jnp.minimum(weight, 0)
            return clipped if favour is None else weight + favour * clipped

        weight = self.known[self.weight]
        if self.scale is None:
            return self._times(x, part(weight, sign))
        up, down = jnp.maximum(self.scale, 0), jnp.minimum(self.scale, 0)
        return up * self._times(x, part(weight, sign)) + down * self._times(x, part(weight, -sign))

    def _plain(self, x: jax.Array) -> jax.Array:
        product = self._times(x, self.known[self.weight])
        return product if self.scale is None else self.scale * product

    def epsilon(
        self, epsilon: float, inputs: Sequence[jax.Array], output: jax.Array, g: jax.Array
    ) -> tuple[jax.Array]:
        (x,) = inputs
        _, back = jax.vjp(self._plain, x)
        return (x * back(g / _stable(output, epsilon))[0],)

    def z_plus(self, inputs: Sequence[jax.Array], _: jax.Array, g: jax.Array) -> tuple[jax.Array]:
        """Only what raises the output counts: positive inputs by positive weights, and so on."""
        up, down = jnp.maximum(inputs[0], 0), jnp.minimum(inputs[0], 0)
        one, back_up = jax.vjp(lambda x: self._signed(x, 1), up)
        two, back_down = jax.vjp(lambda x: self._signed(x, -1), down)
        share = g / _stable(one + two + jnp.maximum(self.bias, 0))
        return (up * back_up(share)[0] + down * back_down(share)[0],)

    def gamma(
        self, gamma: float, inputs: Sequence[jax.Array], output: jax.Array, g: jax.Array
    ) -> tuple[jax.Array]:
        """Weights that work in the direction of the output are favoured by `gamma`."""
        up, down = jnp.maximum(inputs[0], 0), jnp.minimum(inputs[0], 0)
        found = jnp.zeros_like(inputs[0])
        for sign, chosen in ((1, output > 0), (-1, output < 0)):
            one, back_up = jax.vjp(lambda x, s=sign: self._signed(x, s, gamma), up)
            two, back_down = jax.vjp(lambda x, s=sign: self._signed(x, -s, gamma), down)
            clipped = jnp.maximum(sign * self.bias, 0) * sign
            share = jnp.where(chosen, g / _stable(one + two + self.bias + gamma * clipped), 0)
            found += up * back_up(share)[0] + down * back_down(share)[0]
        return (found,)

    def z_box(
        self,
        low: jax.Array,
        high: jax.Array,
        inputs: Sequence[jax.Array],
        _: jax.Array,
        g: jax.Array,
    ) -> tuple[jax.Array]:
        """For inputs within bounds: what they contribute beyond the least that they could."""
        (x,) = inputs
        all_, back = jax.vjp(self._plain, x)
        least, back_low = jax.vjp(lambda x: self._signed(x, 1), low)
        most, back_high = jax.vjp(lambda x: self._signed(x, -1), high)
        share = g / _stable(all_ - least - most)
        return (x * back(share)[0] - low * back_low(share)[0] - high * back_high(share)[0],)

    def flat(self, inputs: Sequence[jax.Array], _: jax.Array, g: jax.Array) -> tuple[jax.Array]:
        """Alike to all inputs that are seen, whatever they are."""
        ones = jnp.ones_like(self.known[self.weight])
        counted, back = jax.vjp(lambda x: self._times(x, ones), jnp.ones_like(inputs[0]))
        return back(g / _stable(counted))
