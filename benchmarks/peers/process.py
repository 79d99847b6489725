"""A peer's process, which answers one line for each line."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools import console, environment
from tools.console import ROOT

FOLDER = ROOT / ".venv-bench"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")


class Peer:
    """A running peer."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    @property
    def id(self) -> int:
        """Of the process."""
        return self._process.pid

    def __call__(self, task: str, count: int = 1) -> list[float]:
        """What the peer answers to a task."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{task} {count}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise console.TaskError(f"The peer ended at {task!r}; what it said is above.")
        return json.loads(answer)


@contextmanager
def peer(script: str, *arguments: str) -> Iterator[Peer]:
    """Runs a script of this folder with the peers' Python for as long as the context lasts."""
    command = [str(_python()), str(Path(__file__).with_name(script)), *arguments]
    with _started(command) as process:
        try:
            yield Peer(process)
        finally:
            process.terminate()


def _started(command: Sequence[str]) -> "subprocess.Popen[str]":
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)


def _python() -> Path:
    """The Python of the peers' environment, which is made where there is none."""
    python = environment.create(FOLDER)
    stamp, wanted = FOLDER / ".installed", REQUIREMENTS.read_text()
    if not stamp.exists() or stamp.read_text() != wanted:
        console.step(
            f"Installing the peers into {FOLDER.name} (several GB)",
            [str(python), "-m", "pip", "install", "--requirement", str(REQUIREMENTS)],
        )
        stamp.write_text(wanted)
    return python
