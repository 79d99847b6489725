"""A network as a table: text for a terminal, HTML for a notebook.

Names come from users' models, so the HTML has them escaped.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .reading.layers import Layer

_HEADINGS = ("layer", "kind", "output", "parameters", "FLOPs", "sees")
_UNITS = (("G", 10**9), ("M", 10**6), ("k", 10**3))


@dataclass(frozen=True)
class Summary:
    """What a table says of a network."""

    title: str
    layers: tuple[Layer, ...]
    logits: str


def as_text(summary: Summary) -> str:
    """The table in columns."""
    rows = [_HEADINGS, *_rows(summary)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(_HEADINGS))]
    lines = [
        "  ".join(
            cell.rjust(width) if k in (3, 4) else cell.ljust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    rule = "  ".join("─" * width for width in widths)
    return "\n".join([summary.title, "", lines[0], rule, *lines[1:]])


def as_html(summary: Summary) -> str:
    """The table for a notebook, with numbers to the right and nested names indented."""
    head = "".join(f"<th{_align(k)}>{name}</th>" for k, name in enumerate(_HEADINGS))
    body = "".join(
        "<tr>"
        + "".join(f"<td{_align(k)}>{html.escape(cell)}</td>" for k, cell in enumerate(row))
        + "</tr>"
        for row in _rows(summary)
    )
    return (
        '<div style="max-height:32em;overflow:auto">'
        f"<p><strong>{html.escape(summary.title)}</strong></p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _align(column: int) -> str:
    side = "right" if column in (3, 4) else "left"
    return f' style="text-align:{side};white-space:nowrap"'


def _rows(summary: Summary) -> Iterator[tuple[str, ...]]:
    for layer in summary.layers:
        yield _row(layer, layer.name, summary.logits)
        for part in layer.parts:
            short = part.name.removeprefix(layer.name + "/")
            yield _row(part, f"  └ {short}", summary.logits)


def _row(layer: Layer, name: str, logits: str) -> tuple[str, ...]:
    seen = layer.receptive_field
    return (
        f"{name}  ← logits" if layer.name == logits else name,
        layer.kind if layer.kind == layer.operation else f"{layer.kind} ({layer.operation})",
        _size(layer.shape),
        f"{layer.parameters:,}" if layer.parameters else "",
        count(layer.flops).strip() if layer.flops else "",
        _size([round(n) for n in seen.size]) if seen else "",
    )


def _size(shape: Sequence[int]) -> str:
    return " × ".join(str(n) for n in shape) or "1"


def count(number: int) -> str:
    """A number in three digits, ready for its unit: "15.5 G", "312 "."""
    for unit, size in _UNITS:
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return f"{number} "
