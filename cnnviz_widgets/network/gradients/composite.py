"""Which rule of relevance serves which product of a network."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import InputError
from .relevance_of_weights import STABILISER

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
