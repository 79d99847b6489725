"""One step of a traced program: an equation with its name, its place and a way to evaluate it.

Only the public `jax.extend.core` is used: a `Jaxpr` of one equation, through `jaxpr_as_fun`,
evaluates any equation, whatever its primitive.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
from jax.extend import core

Scope = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Operation:
    """One equation of a program.

    Attributes:
        index: its place in the program.
        name: what it does: the primitive's name, or what a custom call wraps (`relu`, `silu`).
        equation: the equation as traced.
        jaxpr: the jaxpr that it stands in.
        inputs: numbers of the values that it takes, one for each of the equation's inputs.
        outputs: numbers of the values that it gives.
        scope: path of the module that it came from.
        function: name and number of the jitted function around it (`("gelu", 3)`), if known.
    """

    index: int
    name: str
    equation: core.JaxprEqn
    jaxpr: core.Jaxpr
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    scope: Scope
    function: tuple[str, int] | None

    @property
    def params(self) -> dict[str, Any]:
        """The equation's parameters."""
        return self.equation.params

    @functools.cached_property
    def _evaluate(self) -> tuple[tuple[int, ...], Callable[..., list[jax.Array]]]:
        """Which inputs are variables (each once), and the equation as a function of them."""
        atoms = self.equation.invars
        first = {
            id(v): k for k, v in reversed(list(enumerate(atoms))) if not isinstance(v, core.Literal)
        }
        places = tuple(sorted(first.values()))
        single = self.jaxpr.replace(
            constvars=[],
            invars=[atoms[k] for k in places],
            outvars=list(self.equation.outvars),
            eqns=[self.equation],
            effects=self.equation.effects,
        )
        return places, core.jaxpr_as_fun(core.ClosedJaxpr(single, ()))

    def __call__(self, *inputs: Any) -> list[jax.Array]:
        """Evaluate, given one array or number for each input (those for literals are ignored)."""
        places, function = self._evaluate
        return function(*(inputs[k] for k in places))
