"""Kernels that run before anybody asks: the next test's starts while the present one is at work.

A kernel takes seconds to start and to import what every notebook of these tests imports. A server
gives a notebook the kernel that runs for its path, as it does when a page is loaded anew; so a
kernel is started for the path of a notebook that is yet to be written. Each test has a kernel that
no other test has seen.
"""

import json
import sys
import urllib.request
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

from tools.lab import Server

SPEC = "warm"
WARM_UP = "import jax, cnnviz_widgets.widgets; jax.devices(); del jax, cnnviz_widgets"
PATIENCE = 60.0  # seconds


def describe(folder: Path) -> None:
    """Writes the description of a kernel that imports the package when it starts."""
    (folder / SPEC).mkdir(parents=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    command.append(f"--IPKernelApp.exec_lines={WARM_UP}")
    description = {"argv": command, "display_name": "Python 3 (warm)", "language": "python"}
    (folder / SPEC / "kernel.json").write_text(json.dumps(description))


class Kernels:
    """The server's kernels, one of them in reserve; they start and end in the background."""

    def __init__(self, server: Server) -> None:
        self._server = server
        # One for starts, the other for ends: a kernel that is at work takes its time to go.
        self._background = ThreadPoolExecutor(2)
        self._reserve = self._background.submit(self._start)
        self._ends: list[Future[None]] = []

    def take(self) -> str:
        """The path of a notebook whose kernel runs, and begins with another reserve."""
        path = self._reserve.result(PATIENCE)
        self._reserve = self._background.submit(self._start)
        return path

    def end(self, path: str) -> None:
        """Ends a notebook's kernel, and returns at once."""
        self._ends.append(self._background.submit(self._end, path))

    def close(self) -> None:
        """Waits for what is under way, and raises what went wrong in it."""
        self._background.shutdown()
        for end in self._ends:
            end.result()

    def _start(self) -> str:
        path = f"{uuid4().hex}.ipynb"
        asked = {"path": path, "name": path, "type": "notebook", "kernel": {"name": SPEC}}
        self._ask("POST", "api/sessions", asked)
        return path

    def _end(self, path: str) -> None:
        for session in self._ask("GET", "api/sessions"):
            if session["path"] == path:
                self._ask("DELETE", f"api/sessions/{session['id']}")

    def _ask(self, method: str, place: str, content: Any = None) -> Any:
        request = urllib.request.Request(
            f"{self._server.url}{place}",
            method=method,
            headers={"Authorization": f"token {self._server.token}"},
            data=None if content is None else json.dumps(content).encode(),
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
            return json.loads(reply.read() or "null")
