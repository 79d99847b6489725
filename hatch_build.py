"""Packaging hook: a wheel, an sdist or an editable install always has a built front end.

So ``pip install git+https://…`` works, also where there is no Node: the hook then asks the
installer for the one from PyPI. An sdist carries the built front end and builds nothing.
"""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parent))

from tools import frontend, node


class FrontEndHook(BuildHookInterface):
    """Builds ``js/`` into ``cnnviz_widgets/static/`` when that is missing or old."""

    def dependencies(self) -> list[str]:
        """What the build needs beside hatchling."""
        return [] if frontend.is_fresh() or node.find() else [node.REQUIREMENT]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Runs before hatchling collects the files."""
        frontend.build()
