"""One version: what pip shows, what the package says, what the front end is built as."""

import json
import tomllib
from importlib.metadata import version
from pathlib import Path

import cnnviz_widgets

ROOT = Path(__file__).parent.parent
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def test_python_package_has_the_version():
    assert cnnviz_widgets.__version__ == VERSION
    assert version("cnnviz_widgets") == VERSION


def test_front_end_has_the_version():
    package = json.loads((ROOT / "js" / "package.json").read_text())
    lock = json.loads((ROOT / "js" / "package-lock.json").read_text())
    assert package["version"] == lock["version"] == lock["packages"][""]["version"] == VERSION


def test_changelog_tells_of_the_version():
    assert f"## [{VERSION}]" in (ROOT / "CHANGELOG.md").read_text()
