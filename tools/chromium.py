"""Finds the Chromium that the browser tests drive, and fetches one where there is none."""

import shutil
import subprocess
import sys
from pathlib import Path

from tools import console, debian

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> Path | None:
    """The machine's own Chromium or Chrome, else Playwright's, else none."""
    for name in NAMES:
        found = shutil.which(name)
        if found and _runs(found):
            return Path(found)
    return _of_playwright()


def require() -> Path:
    """Like ``find``, and installs one where there is none."""
    found = find()
    if found is None:
        _install()
        found = find()
    assert found is not None, "the installed Chromium is not where it should be"
    return found


def _install() -> None:
    if debian.is_debian() and debian.can_install():
        debian.install("chromium", "A browser")
        return
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    if debian.can_install():  # Ubuntu has Chromium as a snap only, but the libraries it needs
        command.insert(-1, "--with-deps")
    console.step("Fetching a browser for the tests", command)


def _runs(program: str) -> bool:
    """Whether a program is more than the stub that asks for a snap."""
    return subprocess.run([program, "--version"], capture_output=True).returncode == 0


def _of_playwright() -> Path | None:
    ask = (
        "from playwright.sync_api import sync_playwright\n"
        "with sync_playwright() as p: print(p.chromium.executable_path)"
    )
    said = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True)
    path = Path(said.stdout.strip())
    return path if said.returncode == 0 and path.is_file() else None
