"""What each target of the Makefile does, once inside the project's environment."""

import os
import shutil
import sys
from collections.abc import Callable

from tools import checks, console, demo, environment, frontend, lab
from tools.console import ROOT


def show() -> int:
    """Opens the quickstart notebook in JupyterLab."""
    environment.install("lab")
    frontend.build()
    return demo.run()


def test() -> int:
    """Runs every check."""
    _ready_for_checks()
    return checks.run([*checks.static(), *checks.dynamic()])


def lint() -> int:
    """Runs the checks that execute nothing."""
    _ready_for_checks()
    return checks.run(checks.static())


def format_code() -> int:
    """Puts the Python code into its format."""
    _ready_for_checks()
    return checks.run(
        [
            checks.Stage("fixes", [sys.executable, "-m", "ruff", "check", "--fix", "."]),
            checks.Stage("format", [sys.executable, "-m", "ruff", "format", "."]),
        ]
    )


def build() -> int:
    """Builds wheel and sdist into dist/."""
    _ready_for_checks()
    console.step("Building the wheel and the sdist", [sys.executable, "-m", "build"])
    for path in sorted((ROOT / "dist").iterdir()):
        print(f"  {path.relative_to(ROOT)}")
    return 0


def bench() -> int:
    """Measures speed, against peers where there are some, and writes the results."""
    _ready_for_checks()
    command = [sys.executable, "-m", "benchmarks"]
    return checks.run(
        [
            checks.Stage("benchmarks", command),
            checks.Stage(
                "gradients and ascents, with huge pages",
                [*command, "gradients", "ascents"],
                env={**os.environ, **lab.HUGE_PAGES},
            ),
        ]
    )


def clean() -> int:
    """Removes everything that was built or installed here."""
    for name in ("build", "dist", ".venv", ".venv-oldest", ".venv-bench", "js/node_modules"):
        shutil.rmtree(ROOT / name, ignore_errors=True)
    shutil.rmtree(frontend.STATIC, ignore_errors=True)
    return 0


def _ready_for_checks() -> None:
    environment.install("dev")
    frontend.build()
    frontend.install_packages()


TASKS: dict[str, Callable[[], int]] = {
    "demo": show,
    "test": test,
    "lint": lint,
    "format": format_code,
    "build": build,
    "bench": bench,
    "clean": clean,
}
