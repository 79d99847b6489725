"""Layer-wise relevance propagation: what flows back is a share of the output, not a gradient.

Every piece of the program gets a backward pass that hands the relevance of its output to its
inputs (Bach et al. 2015; Montavon et al. 2019, https://doi.org/10.1007/978-3-030-28954-6_10):

- products with weights (convolutions and dense layers, bias and batch norm included) by the rule
  that a `Composite` names (`relevance_of_weights`);
- activations, norms and what shifts or scales single values pass it on; a bias that is added to a
  sum of products takes its share;
- products of two values, such as attention and gates, as `relevance_of_pairs` tells;
- sums, means and additions share it out by what each summand contributes;
- a maximum gives it to the winner; changes of shape and selections move it along;
- a loop hands it back turn by turn, each by these same rules.
"""

from __future__ import annotations

from collections.abc import Callable

import jax

from ..traced import Replay
from .composite import Composite
from .relevance_plan import Plan, Scheme


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
