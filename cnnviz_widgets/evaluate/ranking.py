"""A ranking of methods: the numbers, and a table of them as text and HTML.

Names come from people's own functions, so the HTML has them escaped.
"""

from __future__ import annotations

import html
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32
from scipy.stats import rankdata

_ARROWS = {"higher": "↑", "lower": "↓"}
_WORSE = "*"


@dataclass(frozen=True, repr=False)
class Ranking:
    """Methods judged by metrics; the last method is the random map.

    Attributes:
        methods: names of the rows; the last is "random_map", the floor.
        metrics: names of the columns.
        better: for each metric, "higher" or "lower".
        scores: (methods, metrics, images); NaN where it is not computed yet or cannot be.
        progress: from 0 to 1, the share of the work that is done.
        notes: why a method could not be judged.
    """

    methods: tuple[str, ...]
    metrics: tuple[str, ...]
    better: tuple[str, ...]
    scores: Float32[np.ndarray, "methods metrics n"]
    progress: float = 1.0
    notes: tuple[str, ...] = ()

    @property
    def values(self) -> Float32[np.ndarray, "methods metrics"]:
        """The mean over images."""
        return self.scores.mean(-1)

    @property
    def ranks(self) -> Float32[np.ndarray, "methods metrics"]:
        """The place of each method by each metric, from 1, the best; equals share their mean."""
        signs = np.array([-1 if each == "higher" else 1 for each in self.better])
        found = rankdata(signs * self.values, axis=0, nan_policy="omit")
        return np.where(np.isnan(self.values), np.nan, found).astype(np.float32)

    @property
    def mean_ranks(self) -> Float32[np.ndarray, " methods"]:
        """The mean place of each method; NaN where no metric judged it."""
        ranks = self.ranks
        judged = ~np.isnan(ranks)
        count = judged.sum(1)
        total = np.where(judged, ranks, 0).sum(1)
        return np.where(count > 0, total / np.maximum(count, 1), np.nan).astype(np.float32)

    @property
    def order(self) -> tuple[str, ...]:
        """The methods by their mean place, the best first; those that nothing judged are last."""
        return tuple(self.methods[k] for k in np.argsort(self.mean_ranks, kind="stable"))

    @property
    def no_better_than_random(self) -> Bool[np.ndarray, "methods metrics"]:
        """Where a method is not better than the random map."""
        signs = np.array([1 if each == "higher" else -1 for each in self.better])
        values = signs * self.values
        found = values <= values[-1:]
        found[-1] = False
        return found

    def __str__(self) -> str:
        rows = [self._headings(), *self._rows()]
        widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
        lines = [
            "  ".join(
                cell.rjust(width) if k else cell.ljust(width)
                for k, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in rows
        ]
        rule = "  ".join("─" * width for width in widths)
        return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1], "", *self._remarks()])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        def row(cells: tuple[str, ...], tag: str, style: str = "") -> str:
            aligned = (
                f'<{tag} style="text-align:{"right" if k else "left"};white-space:nowrap">'
                f"{html.escape(cell)}</{tag}>"
                for k, cell in enumerate(cells)
            )
            return f"<tr{style}>{''.join(aligned)}</tr>"

        *rows, floor = self._rows()
        body = "".join(row(each, "td") for each in rows)
        body += row(floor, "td", ' style="border-top:1px solid"')
        remarks = "".join(f"<p>{html.escape(each)}</p>" for each in self._remarks())
        return (
            '<div style="max-height:32em;overflow:auto"><table>'
            f"<thead>{row(self._headings(), 'th')}</thead><tbody>{body}</tbody></table>"
            f"{remarks}</div>"
        )

    def _headings(self) -> tuple[str, ...]:
        arrows = (_ARROWS[each] for each in self.better)
        named = (f"{name} {arrow}" for name, arrow in zip(self.metrics, arrows, strict=True))
        return ("method", *named, "mean rank ↓")

    def _rows(self) -> list[tuple[str, ...]]:
        """The methods in order, and the floor under them."""
        mean, random = self.mean_ranks, self.no_better_than_random
        values, last = self.values, len(self.methods) - 1
        order = [k for k in np.argsort(mean, kind="stable") if k != last] + [last]
        return [
            (
                self.methods[k],
                *(
                    _number(value) + (_WORSE if worse else " ")
                    for value, worse in zip(values[k].tolist(), random[k], strict=True)
                ),
                f"{mean[k]:.2f}" if mean[k] > 0 else "–",
            )
            for k in order
        ]

    def _remarks(self) -> list[str]:
        images = self.scores.shape[-1]
        said = f"Mean over {images} image{'s' if images > 1 else ''}. ↑: higher is better, ↓: lower"
        found = [f"{said}. {_WORSE}: no better than a random map."]
        if self.progress < 1:
            found.append(f"{self.progress:.0%} done.")
        return found + list(self.notes)


def _number(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.3g}"
