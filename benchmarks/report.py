"""The results: a file for machines, and the same as a table in the README of this folder."""

import json
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.measured import Measured

RESULTS = Path(__file__).with_name("results.json")
TABLE = Path(__file__).with_name("results.md")
DIGITS = {"x": 2, "ms": 0, "s": 2, "frames/s": 0, "GB": 2, "%": 1}


def save(suite: str, rows: Sequence[Measured]) -> None:
    """Puts a suite's rows in place of its older ones, and prints them."""
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    tunables = os.environ.get("GLIBC_TUNABLES", "")
    results[f"{suite} {tunables}".strip()] = {
        "date": time.strftime("%Y-%m-%d"),
        "machine": machine.description(),
        "rows": [{**asdict(row), "value": round(row.value, 4)} for row in rows],
    }
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    TABLE.write_text(table(results))
    for row in rows:
        print(f"{'' if row.reached else 'MISSED  '}{row.what}: {row.value:.3g} {row.unit}")
        print(f"    {row.details}")


def table(results: dict[str, Any]) -> str:
    """The results as Markdown."""
    lines = ["# Results", "", "Written by `make bench`, suite by suite; every row is from one run."]
    for name, suite in results.items():
        on = dict(suite["machine"])
        where = f"{on.pop('processors')} ({on.pop('device')})"
        packages = ", ".join(f"{package} {version}" for package, version in on.items())
        lines += ["", f"## {name}", "", f"{suite['date']}, {where}; {packages}."]
        lines += ["", "| what | must reach | measured | |", "| --- | --- | --- | --- |"]
        lines += _lines(Measured(**row) for row in suite["rows"])
    return "\n".join(lines) + "\n"


def _lines(rows: Iterable[Measured]) -> list[str]:
    return [
        f"| {row.what} | {_target(row)} | **{_figure(row.value, row.unit)}**"
        f"{'' if row.reached else ' (missed)'} | {row.details} |"
        for row in rows
    ]


def _target(row: Measured) -> str:
    if row.target is None:
        return ""
    bound = "at least" if row.more_is_better else "at most"
    return f"{bound} {row.target:g}{_unit(row.unit)}"


def _figure(value: float, unit: str) -> str:
    return f"{value:.{DIGITS[unit]}f}{_unit(unit)}"


def _unit(unit: str) -> str:
    return unit if unit == "x" else f" {unit}"
