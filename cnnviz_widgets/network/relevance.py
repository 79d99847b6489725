"""Layer-wise relevance propagation: what flows back is a share of the output, not a gradient.

Every piece of the program gets a backward pass that hands the relevance of its output to its
inputs (Bach et al. 2015; Montavon et al. 2019, https://doi.org/10.1007/978-3-030-28954-6_10):

- products with weights (convolutions and dense layers, bias and batch norm included) by the rule
  that a `Composite` names (`relevance_of_weights`);
- activations, norms and what shifts or scales single values pass it on;
- products of two values, such as attention and gates, as `relevance_of_pairs` tells;
- sums, means and additions share it out by what each summand contributes;
- a maximum gives it to the winner; changes of shape move it along;
- a loop hands it back turn by turn, each by these same rules.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jax

from .errors import InputError
from .relevance_of_weights import STABILISER
from .relevance_plan import Plan, Scheme
from .traced import Replay

RULES = ("epsilon", "gamma", "z_plus", "z_box", "flat")


@dataclass(frozen=True)
class Composite:
    """Which rule serves which product.

    Attributes:
        first: rule of the products that see the input, before any other one.
        convolution: rule of the other convolutions.
        dense: rule of the other dense layers, and of those in a loop.
        epsilon: stabiliser of the rule "epsilon", in units of what the layer gives.
        gamma: of the rule "gamma": by how much positive weights are favoured.
        attention: "constant" (all relevance goes to the values that attention sums up, none to what
            it chose them by: Ali et al. 2022) or "taylor" (half of it goes through the softmax to
            queries and keys: AttnLRP, Achtibat et al. 2024).
    """

    first: str = "flat"
    convolution: str = "z_plus"
    dense: str = "epsilon"
    epsilon: float = STABILISER
    gamma: float = 0.25
    attention: str = "constant"

    def __post_init__(self) -> None:
        for rule in (self.first, self.convolution, self.dense):
            if rule not in RULES:
                raise InputError(f"expected a rule of {RULES}, got {rule!r}.")
        for name, value in (("epsilon", self.epsilon), ("gamma", self.gamma)):
            if not 0 <= value < float("inf"):
                raise InputError(f"expected {name} to be a number from 0, got {value!r}.")
        if self.attention not in ("constant", "taylor"):
            raise InputError(
                f'expected attention to be "constant" or "taylor", got {self.attention!r}.'
            )
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
    plan = Plan(Scheme(composite, ends), replay.program, replay.layout, [number], replay.frozen)
    replaced = plan.replaced()
    value, back = jax.vjp(lambda x: replay.values(x, [number], replaced=replaced)[0], x)
    started = start(value)
    return back(started)[0], started
