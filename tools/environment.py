"""The virtual environments: made once, brought up to date when what they rest on has changed."""

import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from tools import console, debian
from tools.console import ROOT

FOLDER = ROOT / ".venv"
# An editable install has to be made again when one of these changes.
RESTS_ON = ("pyproject.toml", "hatch_build.py")


def is_active() -> bool:
    """Whether this very process runs in the project's environment."""
    return Path(sys.prefix).resolve() == FOLDER.resolve()


def run_inside(arguments: list[str]) -> int:
    """Runs the environment's Python in place of this one; returns the exit status."""
    command = [str(create(FOLDER)), *arguments]
    os.execv(command[0], command)


def create(folder: Path, base: str = sys.executable) -> Path:
    """Makes a virtual environment of the Python `base`, unless there is a working one.

    Returns:
        The environment's Python.
    """
    python = folder / "bin" / "python"
    if _succeeds([str(python), "-m", "pip", "--version"]):
        return python
    if importlib.util.find_spec("ensurepip") is None:  # Debian keeps it in a package of its own
        debian.install("python3-venv", "Python's venv module")
    console.step(
        f"Making a virtual environment in {folder.name}",
        [base, "-m", "venv", "--clear", str(folder)],
    )
    return python


def find_python(*versions: str) -> str | None:
    """A Python of one of these versions (such as "3.11"), the first that is there and complete."""
    ours = f"{sys.version_info.major}.{sys.version_info.minor}"
    for version in versions:
        python = sys.executable if version == ours else f"python{version}"
        if _succeeds([python, "-c", "import ensurepip, venv"]):
            return python
    return None


def install(
    *extras: str, folder: Path = FOLDER, constraints: str = "", base: str = sys.executable
) -> Path:
    """Installs this project, editable, unless that was done before.

    Args:
        extras: the extras of pyproject.toml to install with it.
        folder: the virtual environment; it is made where there is none.
        constraints: a file, relative to the project's folder, that fixes versions.
        base: the Python to make it of.

    Returns:
        The environment's Python.
    """
    python = create(folder, base)
    command = [str(python), "-m", "pip", "install", "--disable-pip-version-check"]
    command += ["--editable", f".[{','.join(extras)}]"]
    if constraints:
        command += ["--constraint", constraints]
    stamp = folder / f".installed-{'-'.join(extras)}"
    content = _digest(command, [*RESTS_ON, *filter(None, [constraints])])
    if not stamp.exists() or stamp.read_text() != content:
        console.step(f"Installing cnnviz_widgets[{','.join(extras)}] into {folder.name}", command)
        stamp.write_text(content)
    return python


def _digest(command: list[str], files: list[str]) -> str:
    digest = hashlib.sha256(repr((command, sys.version)).encode())
    for name in files:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def _succeeds(command: list[str]) -> bool:
    try:
        subprocess.run(command, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True
