"""Says what is going on, and keeps quiet about how.

A slow command (``step``) writes into ``build/logs`` instead of the terminal, which shows its last
line only; its log is shown when it fails.
"""

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / "build" / "logs"
TAIL = 40


class TaskError(Exception):
    """Something went wrong that the person can read about; no traceback is wanted."""


def say(text: str) -> None:
    """Prints one line of news."""
    mark, end = ("\033[1m==>", "\033[0m") if sys.stdout.isatty() else ("==>", "")
    print(f"{mark} {text}{end}", flush=True)


def step(
    text: str,
    command: Sequence[str],
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
) -> None:
    """Runs a slow command, showing only its last line while it works.

    Args:
        text: what is going on, for the person who waits.
        command: program and arguments.
        cwd: the folder to run it in.
        env: its environment; by default the present one.

    Raises:
        TaskError: when the command fails; holds the end of what it printed.
    """
    say(f"{text} …")
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{time.strftime('%H%M%S')}-{Path(command[0]).name}-{os.getpid()}.log"
    with (
        log.open("a+", encoding="utf-8", errors="replace") as output,
        subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            output.write(line)
            _show_for_now(line)
        _show_for_now("")
    if process.returncode:
        lines = log.read_text(encoding="utf-8").splitlines()
        raise TaskError(
            "\n".join(
                [
                    *lines[-TAIL:],
                    f"Failed: {shlex.join(command)}",
                    f"It ended with status {process.returncode}; all it said is in {log}.",
                ]
            )
        )


def _show_for_now(line: str) -> None:
    """Replaces the terminal's last line; does nothing where there is no terminal."""
    if sys.stdout.isatty():
        width = os.get_terminal_size().columns
        print(f"\r\033[K\033[2m{line.strip()[: width - 1]}\033[0m", end="", flush=True)
