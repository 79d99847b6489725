"""Starts and stops a JupyterLab, for the demonstration and for the browser tests."""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools import console

# Large arrays come and go with every picture. Where glibc asks Linux for huge pages for them, a
# gradient takes a fifth less time on a CPU; elsewhere this says nothing to anyone.
HUGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
PATIENCE = 120.0  # seconds until a JupyterLab that has not answered is given up


@dataclass(frozen=True)
class Server:
    """A running JupyterLab: where it answers, and what lets one in."""

    url: str
    token: str
    process: subprocess.Popen[bytes]

    def page(self, notebook: str, workspace: str = "") -> str:
        """The address of a notebook, given its path below the server's folder.

        A page in a workspace of its own does not restore what other pages have open.
        """
        place = f"lab/workspaces/{workspace}" if workspace else "lab"
        return f"{self.url}{place}/tree/{notebook}?token={self.token}"


@contextmanager
def serve(
    folder: Path, *options: str, log: Path, env: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Runs JupyterLab on a folder for as long as the context lasts.

    A taken port is no trouble: Jupyter tries the next ones, and tells us in its runtime folder,
    which is why it gets one of its own.

    Args:
        folder: what it shows.
        options: further arguments of ``jupyter lab``.
        log: the file that gets what it prints.
        env: further environment variables.

    Yields:
        The server, as soon as it answers.

    Raises:
        console.TaskError: when it ends before it answers, or never does.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="cnnviz-lab-") as runtime, log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", *options],
            cwd=folder,
            env={**HUGE_PAGES, **os.environ, **(env or {}), "JUPYTER_RUNTIME_DIR": runtime},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a Ctrl-C is ours to handle: Jupyter would ask twice
        )
        try:
            yield _await_answer(process, Path(runtime), log)
        finally:
            _stop(process)


def _await_answer(process: subprocess.Popen[bytes], runtime: Path, log: Path) -> Server:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        for path in runtime.glob("jpserver-*.json"):
            server = _read(path, process)
            if server is not None:
                return server
        time.sleep(0.1)
    tail = log.read_text(errors="replace").splitlines()[-console.TAIL :]
    raise console.TaskError("\n".join([*tail, f"JupyterLab did not start; its log is {log}."]))


def _read(path: Path, process: subprocess.Popen[bytes]) -> Server | None:
    """What the runtime file tells, once the file is whole and the server answers."""
    try:
        told = json.loads(path.read_text())
        urllib.request.urlopen(f"{told['url']}api?token={told['token']}", timeout=5).close()
    except (ValueError, urllib.error.URLError, ConnectionError, TimeoutError):
        return None
    return Server(told["url"], told["token"], process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ends the server, which ends its kernels."""
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
