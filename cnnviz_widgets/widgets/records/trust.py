"""How far to trust a map, in words: what is measured when it is done."""

from __future__ import annotations

import inspect
from collections.abc import Generator, Iterator, Mapping
from typing import Any

import numpy as np

from ... import evaluate
from ...evaluate.baselines import baseline_images
from ...evaluate.curves import area, counts_of, curve_steps
from ...evaluate.judged import judge
from ...evaluate.similarity import spearman
from ...methods.attribution.guide import GUIDE
from ...methods.attribution.method import METHODS, Attribution
from ...network import Network

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
        self._chance: tuple[float, float] | None = None

    def line(self, found: Attribution) -> Iterator[Line | None]:
        """Whether a map points at what the network needs; `None` while it is measured."""
        net, batch, target = self._given
        deletion, insertion = yield from _scores(net, batch, found)
        if self._chance is None:
            noise = evaluate.random_map(net, batch, target=target)
            self._chance = yield from _scores(net, batch, noise)
        chance, chance_in = self._chance
        better = (deletion < chance, insertion > chance_in)
        verdict = {2: "better than random", 1: "one better than random"}.get(sum(better))
        yield {
            "text": (
                f"Deletion {deletion:.2f} (random {chance:.2f}), insertion {insertion:.2f} "
                f"(random {chance_in:.2f}): {verdict or 'no better than random'}"
            ),
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
    alike = float(spearman(_flat(values, batch.ndim), _flat(found.values, batch.ndim))[0])
    if abs(alike) > ALIKE:
        words, tone = "Hardly changes with random weights", "bad"
    else:
        words, tone = "Changes with random weights", "good"
    yield {"text": f"{words} (rank correlation {alike:.2f})", "tone": tone}


def _scores(
    net: Network, batch: Any, found: Attribution
) -> Generator[None, None, tuple[float, float]]:
    """Deletion and insertion, left after each pass: a view has other things to do as well."""
    judged = judge(net, batch, found, found.target)
    counts = counts_of(judged.pixels, STEPS)
    black, blur = (baseline_images(judged, name) for name in ("black", "blur"))
    areas = []
    for start, end in ((judged.batch, black), (blur, judged.batch)):
        points = []
        for point in curve_steps(judged, start, end, counts, "probability"):
            points.append(point)
            yield None
        areas.append(float(area(np.stack(points, 1), counts)[0]))
    return areas[0], areas[1]


def _flat(values: np.ndarray, axes: int) -> np.ndarray:
    """The absolute values of a map, a row for each image; with `axes` axes it has channels."""
    maps = values.sum(-1) if values.ndim == axes else values
    return np.abs(maps).reshape(len(maps), -1)
