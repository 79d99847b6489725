"""``make test``: stages that each give a verdict, all of them run, and a summary at the end."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools import chromium, console, environment, frontend, node
from tools.console import ROOT

PYTHON = sys.executable
OLDEST = ROOT / ".venv-oldest"
OLDEST_PYTHONS = ("3.11", "3.12")  # there are no wheels of those versions for newer ones
# What other versions can break: reading and tracing models, every method once, the views.
OLDEST_TESTS = (
    "zoo/test_pretrained.py",
    "network",
    "methods/test_attribution.py",
    "methods/test_ascent_contract.py",
    "methods/test_operation_kinds.py",
    "live",
    "widgets",
)
# Their programs are compiled as they come: what is tested there is the libraries' interfaces.
UNOPTIMISED = {"XLA_FLAGS": "--xla_backend_optimization_level=0"}


@dataclass(frozen=True)
class Stage:
    """One command that passes or fails."""

    name: str
    command: Sequence[str]
    cwd: Path = ROOT
    env: Mapping[str, str] = field(default_factory=lambda: os.environ)


@dataclass(frozen=True)
class Verdict:
    """How a stage ended: its status, the seconds it took, and the last line it printed."""

    name: str
    status: int
    seconds: float
    closing: str

    def __str__(self) -> str:
        word = "failed" if self.status else "passed"
        return f"{word}  {self.seconds:6.1f} s  {self.name:<24} {self.closing}"


def static() -> list[Stage]:
    """The checks that execute nothing."""
    found = node.require()
    return [
        Stage("ruff check", [PYTHON, "-m", "ruff", "check", "."]),
        Stage("ruff format", [PYTHON, "-m", "ruff", "format", "--check", "."]),
        Stage("pyright", [PYTHON, "-m", "pyright", "--pythonpath", PYTHON], env=found.env),
        Stage("TypeScript", [*found.npm, "run", "check"], cwd=frontend.JS, env=found.env),
    ]


def dynamic() -> list[Stage]:
    """The checks that run the code."""
    chromium.require()
    found = node.require()
    return [
        Stage("front end", [*found.npm, "test"], cwd=frontend.JS, env=found.env),
        _oldest_versions(),
        # The browser tests watch a clock, so that nothing else may run beside them.
        Stage("browser", [PYTHON, *_pytest("tests/browser")]),
        Stage("tests", [PYTHON, *_pytest("-n", "2", "--ignore=tests/browser")]),
    ]


def _oldest_versions() -> Stage:
    name, base = "oldest versions", environment.find_python(*OLDEST_PYTHONS)
    if base is None:
        reason = f"not run: no Python {' or '.join(OLDEST_PYTHONS)} here"
        return Stage(name, [PYTHON, "-c", f"print({reason!r})"])
    python = environment.install("test", folder=OLDEST, constraints="tests/oldest.txt", base=base)
    chosen = [f"tests/{name}" for name in OLDEST_TESTS]
    env = {**os.environ, **UNOPTIMISED}
    return Stage(name, [str(python), *_pytest("-n", "2", *chosen)], env=env)


def run(stages: Sequence[Stage]) -> int:
    """Runs every stage, also after one that failed; returns the exit status for all."""
    verdicts = [_run(stage) for stage in stages]
    console.say("Summary")
    for verdict in verdicts:
        print(f"  {verdict}")
    return int(any(verdict.status for verdict in verdicts))


def _run(stage: Stage) -> Verdict:
    console.say(stage.name)
    start = time.monotonic()
    closing = ""
    with subprocess.Popen(
        stage.command,
        cwd=stage.cwd,
        env=stage.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            closing = line.strip(" =\n") or closing
    return Verdict(stage.name, process.returncode, time.monotonic() - start, closing)


def _pytest(*arguments: str) -> list[str]:
    return ["-m", "pytest", "-q", *arguments]
