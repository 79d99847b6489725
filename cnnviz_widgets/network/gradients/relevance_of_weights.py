"""Rules of relevance for products with weights: convolutions and dense layers.

What each rule is good for is told by Montavon et al. 2019,
https://doi.org/10.1007/978-3-030-28954-6_10.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import jax
import jax.numpy as jnp

from ..tracing.program import Program
from .pieces import Piece

STABILISER = 1e-6
"""Keeps what is divided by away from zero; Zennit's."""


def stable(value: jax.Array, epsilon: float = STABILISER) -> jax.Array:
    """A value to divide by, moved away from zero by `epsilon`."""
    return value + jnp.where(value < 0, -epsilon, epsilon).astype(value.dtype)


class WeightedProduct:
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
        """By what each input contributes; `epsilon` takes what weak outputs would hand on."""
        (x,) = inputs
        _, back = jax.vjp(self._plain, x)
        return (x * back(g / stable(output, epsilon))[0],)

    def z_plus(self, inputs: Sequence[jax.Array], _: jax.Array, g: jax.Array) -> tuple[jax.Array]:
        """Only what raises the output counts: positive inputs by positive weights, and so on."""
        up, down = jnp.maximum(inputs[0], 0), jnp.minimum(inputs[0], 0)
        one, back_up = jax.vjp(lambda x: self._signed(x, 1), up)
        two, back_down = jax.vjp(lambda x: self._signed(x, -1), down)
        share = g / stable(one + two + jnp.maximum(self.bias, 0))
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
            share = jnp.where(chosen, g / stable(one + two + self.bias + gamma * clipped), 0)
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
        share = g / stable(all_ - least - most)
        return (x * back(share)[0] - low * back_low(share)[0] - high * back_high(share)[0],)

    def flat(self, inputs: Sequence[jax.Array], _: jax.Array, g: jax.Array) -> tuple[jax.Array]:
        """Alike to all inputs that are seen, whatever they are."""
        ones = jnp.ones_like(self.known[self.weight])
        counted, back = jax.vjp(lambda x: self._times(x, ones), jnp.ones_like(inputs[0]))
        return back(g / stable(counted))
