"""One version: what pip shows, what the package says, what the front end is built as."""

import json
import re
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


def test_the_oldest_supported_versions_are_the_tested_ones():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    required = [*project["dependencies"], *project["optional-dependencies"]["keras"]]
    bounds = dict(re.fullmatch(r"(\w+)>=([\d.]+)(?:,<\d+)?", each).groups() for each in required)
    lines = (ROOT / "tests" / "oldest.txt").read_text().splitlines()
    tested = dict(line.split("==") for line in lines if not line.startswith("#"))
    assert tested.pop("jaxlib") == bounds["jax"]
    assert tested == bounds
    _, _, readme = (ROOT / "README.md").read_text().partition("oldest that are supported:")
    stated = dict(re.findall(r"(\w+) ([\d.]+\d)", readme.partition("\n\n")[0]))
    assert f">={stated.pop('Python')}" == project["requires-python"]
    stated = {name.lower(): number for name, number in stated.items()}
    assert {"jax", "flax", "keras", "anywidget", "ipywidgets", "bqplot"} <= stated.keys()
    assert stated.items() <= tested.items()
