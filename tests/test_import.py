"""What imports what: importing the package is cheap, and floors only know the ones below."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "cnnviz_widgets"
MODULES = sorted(PACKAGE.rglob("*.py"))
FLOORS = ("zoo", "network", "methods", "evaluate", "live", "widgets")
WIDGET_LIBRARIES = {
    "anywidget",
    "bqplot",
    "comm",
    "ipykernel",
    "IPython",
    "ipywidgets",
    "traitlets",
}


def imported(path: Path) -> Iterator[str]:
    """The dotted names of all that a module imports, wherever in it, relative ones resolved."""
    package = path.relative_to(PACKAGE.parent).parent.parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *filter(None, [node.module])])
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def floor_of(name: str) -> str | None:
    """The floor that a dotted name belongs to, if it is one of ours."""
    parts = name.split(".")
    return parts[1] if parts[0] == PACKAGE.name and parts[1:2] and parts[1] in FLOORS else None


def of_floors(*floors: str) -> list[Path]:
    return [path for path in MODULES if path.relative_to(PACKAGE).parts[0] in floors]


def name_of(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def test_import_of_the_package_loads_no_library():
    code = (
        "import sys, cnnviz_widgets\n"
        "print(*{name.partition('.')[0] for name in sys.modules} & "
        "{'jax', 'jaxlib', 'flax', 'optax', 'numpy', 'PIL', 'anywidget', 'ipywidgets', 'bqplot'})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_every_public_name_is_there():
    code = (
        "import cnnviz_widgets as cw\n"
        "assert set(cw.__all__) <= set(dir(cw)), sorted(set(cw.__all__) - set(dir(cw)))\n"
        "missing = [name for name in cw.__all__ if getattr(cw, name, None) is None]\n"
        "assert not missing, missing"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("path", of_floors(*FLOORS), ids=name_of)
def test_floors_import_downwards_only(path: Path):
    floor = FLOORS.index(path.relative_to(PACKAGE).parts[0])
    reached = {floor_of(name) for name in imported(path)} - {None}
    assert reached <= set(FLOORS[: floor + 1])


@pytest.mark.parametrize("path", of_floors(*FLOORS[:-1]), ids=name_of)
def test_lower_floors_import_no_widget_library(path: Path):
    assert not {name.partition(".")[0] for name in imported(path)} & WIDGET_LIBRARIES


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_private_of_a_dependency_is_imported(path: Path):
    foreign = {name for name in imported(path) if not name.startswith(PACKAGE.name)}
    private = {name for name in foreign if any(is_private(part) for part in name.split("."))}
    assert not private


def is_private(part: str) -> bool:
    return part.startswith("_") and not (part.startswith("__") and part.endswith("__"))
