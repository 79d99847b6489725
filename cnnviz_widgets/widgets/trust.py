"""How far to trust a map, in words: what is measured when it is done."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from .. import evaluate
from ..evaluate.similarity import spearman
from ..methods.attribution import METHODS, Attribution
from ..methods.guide import GUIDE
from ..network import Network

STEPS = 16
"""Of deletion and insertion: coarse, but quick enough to look at."""

ALIKE = 0.5
"""Rank correlation above which a map counts as unmoved by other weights."""

Line = dict[str, str]
"""`text`, and `tone`: good, bad or plain."""


def completeness_line(found: Attribution) -> list[Line]:
    """Whether the values sum to what they should, for methods that claim it."""
    if found.delta is None:
        return []
    total = float(found.values[0].sum(dtype=np.float64))
    wanted = total - float(found.delta[0])
    missed = abs(total - wanted) / max(abs(wanted), 1e-9)
    words = f"Completeness: sums to {total:.3g} of {wanted:.3g}"
    if GUIDE[found.method].leaks:
        return [{"text": f"{words}; biases take the rest", "tone": "plain"}]
    if missed <= 0.05:
        return [{"text": words, "tone": "good"}]
    return [{"text": f"{words}, {min(missed, 9.99):.0%} off", "tone": "bad"}]


class Floor:
    """What a random map of the same image gets; measured once, when it is first asked for."""

    def __init__(self, net: Network, batch: Any, target: int) -> None:
        self._given = net, batch, target
        self._scores: tuple[float, float] | None = None

    def scores(self) -> tuple[float, float]:
        """Deletion and insertion."""
        if self._scores is None:
            net, batch, target = self._given
            self._scores = _scores(net, batch, evaluate.random_map(net, batch, target=target))
        return self._scores

    def line(self, found: Attribution) -> Line:
        """Whether a map points at what the network needs, beside the random one."""
        net, batch, _ = self._given
        deletion, insertion = _scores(net, batch, found)
        chance, chance_in = self.scores()
        words = (
            f"Deletion {deletion:.2f} (random {chance:.2f}), insertion {insertion:.2f} "
            f"(random {chance_in:.2f})"
        )
        better = (deletion < chance, insertion > chance_in)
        verdict = {2: "better than random", 1: "one better than random"}.get(sum(better))
        return {
            "text": f"{words}: {verdict or 'no better than random'}",
            "tone": "good" if all(better) else "plain" if any(better) else "bad",
        }


def randomised_line(
    net: Network, batch: Any, found: Attribution, options: Mapping[str, Any]
) -> Iterator[Line | None]:
    """Whether the map changes when all weights are drawn anew; `None` while it is computed."""
    other = evaluate.randomised(net)
    values, method = found.values, METHODS[found.method]
    # Another draw as well: that two maps share their random masks says nothing of the network.
    drawn = {"seed": 1} if "seed" in inspect.signature(method).parameters else {}
    for frame in method(other, batch, target=found.target, **drawn, **options):
        values = frame.values
        yield None
    alike = float(spearman(_flat(values), _flat(found.values))[0])
    if abs(alike) > ALIKE:
        words, tone = "Hardly changes with random weights", "bad"
    else:
        words, tone = "Changes with random weights", "good"
    yield {"text": f"{words} (rank correlation {alike:.2f})", "tone": tone}


def _scores(net: Network, batch: Any, found: Attribution) -> tuple[float, float]:
    given = {"target": found.target, "steps": STEPS}
    return (
        float(evaluate.deletion(net, batch, found, **given)[0]),
        float(evaluate.insertion(net, batch, found, **given)[0]),
    )


def _flat(values: np.ndarray) -> np.ndarray:
    """The absolute values of a map, a row for each image."""
    maps = values.sum(-1) if values.ndim == 4 else values
    return np.abs(maps).reshape(len(maps), -1)
