"""All metrics by name, with what each of them needs and which direction is better."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, ParamSpec

from .judged import Scores

P = ParamSpec("P")
Needs = Literal["values", "method", "where", "cells"]


@dataclass(frozen=True)
class Metric:
    """A metric of explanations.

    Attributes:
        name: of its column in a ranking.
        function: `function(net, x, values, target=…) -> (N,)`; in the place of `values` a method
            where it needs one, and with `where=` or `cells=` where it needs those.
        better: "higher" or "lower".
        needs: what it judges by: "values", the "method" itself, values and a mask of the object
            ("where"), or values and the "cells" of a collage.
    """

    name: str
    function: Callable[..., Any]
    better: Literal["higher", "lower"]
    needs: Needs = "values"


METRICS: dict[str, Metric] = {}
"""All metrics of explanations by name."""


def metric(
    *, better: Literal["higher", "lower"], needs: Needs = "values"
) -> Callable[[Callable[P, Scores]], Callable[P, Scores]]:
    """Make a function known by its name as a metric."""

    def known(function: Callable[P, Scores]) -> Callable[P, Scores]:
        METRICS[function.__name__] = Metric(function.__name__, function, better, needs)
        return function

    return known
