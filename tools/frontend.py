"""Builds the front end: TypeScript in ``js/`` into ``cnnviz_widgets/static/``.

Both the Makefile's tasks and the packaging hook (``hatch_build.py``) come here, the latter also
for an unpacked sdist, which brings a built front end and hence needs no Node.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from tools import console, node
from tools.console import ROOT

JS = ROOT / "js"
STATIC = ROOT / "cnnviz_widgets" / "static"
NOT_SOURCES = {"node_modules", "test", "dev"}


def is_fresh() -> bool:
    """Whether the built front end exists and is not older than its sources."""
    built = [path.stat().st_mtime for path in STATIC.glob("*.*")]
    return bool(built) and min(built) >= max(path.stat().st_mtime for path in _sources())


def build() -> None:
    """Builds the front end, unless it is fresh."""
    if not is_fresh():
        install_packages()
        npm("Building the front end", "run", "build")


def install_packages() -> None:
    """Installs what package-lock.json says into js/node_modules, unless that was done."""
    stamp = JS / "node_modules" / ".installed"
    content = hashlib.sha256((JS / "package-lock.json").read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != content:
        npm("Installing the front end's tools", "ci", "--no-audit", "--no-fund")
        stamp.write_text(content)


def npm(text: str, *arguments: str) -> None:
    """Runs npm in js/, saying what for."""
    found = node.require()
    console.step(text, [*found.npm, *arguments], cwd=JS, env=found.env)


def _sources() -> Iterator[Path]:
    for folder, folders, files in os.walk(JS):
        folders[:] = [name for name in folders if name not in NOT_SOURCES]
        yield from (Path(folder, name) for name in files)
