"""Kernels that run before anybody asks: the next test's starts while the present one is at work.

A kernel takes seconds to start and to import what every notebook of these tests imports. A server
gives a notebook the kernel that runs for its path, as it does when a page is loaded anew; so a
kernel is started for the path of a notebook that is yet to be written. Each test has a kernel that
no other test has seen.
"""

import json
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
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
    """Starts kernels in the background, one ahead of what is asked for."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._background = ThreadPoolExecutor(1)
        self._reserve = self._background.submit(self._start)

    def take(self) -> str:
        """The path of a notebook whose kernel runs, and begins with another reserve."""
        path = self._reserve.result(PATIENCE)
        self._reserve = self._background.submit(self._start)
        return path

    def close(self) -> None:
        """Waits for the start that is under way; the reserve ends with the server."""
        self._background.shutdown()

    def _start(self) -> str:
        path = f"{uuid4().hex}.ipynb"
        asked = {"path": path, "name": path, "type": "notebook", "kernel": {"name": SPEC}}
        self._post("api/sessions", asked)
        return path

    def _post(self, place: str, content: Any) -> None:
        request = urllib.request.Request(
            f"{self._server.url}{place}",
            headers={"Authorization": f"token {self._server.token}"},
            data=json.dumps(content).encode(),
        )
        urllib.request.urlopen(request, timeout=PATIENCE).close()
