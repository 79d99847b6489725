"""``make test``: stages that each give a verdict, all of them run, and a summary at the end.

The type checker keeps one core busy for long, so it runs beside what comes after it. The browser
tests watch a clock: nothing runs beside them.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tools import chromium, console, environment, frontend, node
from tools.console import ROOT

PYTHON = sys.executable
COMPILED = ROOT / "build" / "compiled"
OLDEST = ROOT / ".venv-oldest"
OLDEST_PYTHONS = ("3.11", "3.12")  # there are no wheels of those versions for newer ones
# What other versions can break: reading and tracing models, every method once, the views.
OLDEST_TESTS = (
    "zoo/test_pretrained.py",
    "network",
    "methods/attribution/test_every_method.py",
    "methods/ascent/test_contract.py",
    "methods/operation/test_kinds.py",
    "live",
    "widgets",
)
# Files share fixtures and what was traced: each goes to one worker (see tests/conftest.py).
WORKERS = ("-n", "2", "--dist", "loadgroup")
# Their programs are compiled as they come: what is tested there is the libraries' interfaces.
UNOPTIMISED = {"XLA_FLAGS": "--xla_backend_optimization_level=0"}


@dataclass(frozen=True)
class Stage:
    """One command that passes or fails."""

    name: str
    command: Sequence[str]
    cwd: Path = ROOT
    env: Mapping[str, str] = field(default_factory=lambda: os.environ)
    beside: bool = False  # runs beside what follows, and says what it has to say when it ends
    alone: bool = False  # nothing runs beside it


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
        Stage(
            "pyright",
            [PYTHON, "-m", "pyright", "--pythonpath", PYTHON],
            env=found.env,
            beside=True,
        ),
        Stage("TypeScript", [*found.npm, "run", "check"], cwd=frontend.JS, env=found.env),
    ]


def dynamic() -> list[Stage]:
    """The checks that run the code."""
    chromium.require()
    found = node.require()
    # The browser tests and the others compile much the same programs: once is enough.
    shutil.rmtree(COMPILED, ignore_errors=True)
    env = {**os.environ, "JAX_COMPILATION_CACHE_DIR": str(COMPILED)}
    return [
        Stage("front end", [*found.npm, "test"], cwd=frontend.JS, env=found.env),
        _oldest_versions(),
        Stage("tests", [PYTHON, *_pytest(*WORKERS, "--ignore=tests/browser")], env=env),
        Stage("browser", [PYTHON, *_pytest("tests/browser")], env=env, alone=True),
    ]


def _oldest_versions() -> Stage:
    name, base = "oldest versions", environment.find_python(*OLDEST_PYTHONS)
    if base is None:
        reason = f"not run: no Python {' or '.join(OLDEST_PYTHONS)} here"
        return Stage(name, [PYTHON, "-c", f"print({reason!r})"])
    python = environment.install("test", folder=OLDEST, constraints="tests/oldest.txt", base=base)
    chosen = [f"tests/{name}" for name in OLDEST_TESTS]
    env = {**os.environ, **UNOPTIMISED}
    return Stage(name, [str(python), *_pytest(*WORKERS, *chosen)], env=env)


def run(stages: Sequence[Stage]) -> int:
    """Runs every stage, also after one that failed; returns the exit status for all."""
    verdicts: list[Verdict] = []
    with ThreadPoolExecutor() as background:
        under_way: list[Future[tuple[Verdict, str]]] = []
        for stage in stages:
            if stage.beside:
                under_way.append(background.submit(_run_quietly, stage))
                continue
            if stage.alone:
                verdicts += _ended(under_way)
            console.say(stage.name)
            verdicts.append(_run(stage, partial(print, end="", flush=True)))
        verdicts += _ended(under_way)
    console.say("Summary")
    for verdict in verdicts:
        print(f"  {verdict}")
    return int(any(verdict.status for verdict in verdicts))


def _ended(under_way: list[Future[tuple[Verdict, str]]]) -> list[Verdict]:
    """Waits for the stages that run beside others, and shows what they printed."""
    verdicts = []
    while under_way:
        verdict, printed = under_way.pop(0).result()
        console.say(verdict.name)
        print(printed, end="", flush=True)
        verdicts.append(verdict)
    return verdicts


def _run_quietly(stage: Stage) -> tuple[Verdict, str]:
    lines: list[str] = []
    return _run(stage, lines.append), "".join(lines)


def _run(stage: Stage, show: Callable[[str], object]) -> Verdict:
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
            show(line)
            closing = line.strip(" =\n") or closing
    return Verdict(stage.name, process.returncode, time.monotonic() - start, closing)


def _pytest(*arguments: str) -> list[str]:
    return ["-m", "pytest", "-q", *arguments]
