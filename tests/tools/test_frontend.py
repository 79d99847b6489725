"""The built front end counts as fresh exactly when a build would change nothing."""

import os
from pathlib import Path

import pytest

from tools import frontend

OLD, NEW = 1_000_000, 2_000_000


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose front end was built after its sources were written."""
    monkeypatch.setattr(frontend, "JS", tmp_path / "js")
    monkeypatch.setattr(frontend, "STATIC", tmp_path / "static")
    write(tmp_path / "js" / "src" / "view.ts", OLD)
    write(tmp_path / "static" / "view.js", NEW)
    return tmp_path


def write(path: Path, time: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (time, time))


def test_newer_than_its_sources_is_fresh():
    assert frontend.is_fresh()


def test_equally_old_is_fresh(project: Path):
    """As in an sdist, where all files bear one date."""
    write(project / "js" / "src" / "view.ts", NEW)
    assert frontend.is_fresh()


def test_none_is_not_fresh(project: Path):
    (project / "static" / "view.js").unlink()
    assert not frontend.is_fresh()


@pytest.mark.parametrize("name", ["src/view.ts", "src/lib/deep.css", "package-lock.json"])
def test_older_than_a_source_is_not_fresh(project: Path, name: str):
    write(project / "js" / name, NEW + 1)
    assert not frontend.is_fresh()


@pytest.mark.parametrize("name", ["node_modules/esbuild/main.js", "test/test-view.ts"])
def test_what_is_not_built_from_does_not_count(project: Path, name: str):
    write(project / "js" / name, NEW + 1)
    assert frontend.is_fresh()
