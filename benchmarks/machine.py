"""The machine, and whether somebody else is at work on it."""

import os
import platform
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

QUIET = 0.08
"""The share of the processors that others may take while a sample counts."""


def description() -> dict[str, str]:
    """What the figures were measured on."""
    import jax

    packages = ("jax", "flax", "keras", "jupyterlab", "anywidget", "ipywidgets")
    return {
        "device": jax.devices()[0].device_kind,
        "processors": f"{os.cpu_count()} x {_processor()}",
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
    }


def shared(call: Callable[[], T], *processes: int) -> tuple[T, float]:
    """What `call` gives, and the share of the processors that went to others meanwhile.

    Args:
        call: what is measured.
        processes: ids of other processes that belong to the measurement.
    """
    own = (os.getpid(), *processes)
    start, busy, ours = time.perf_counter(), _busy(), sum(map(_used, own))
    result = call()
    seconds = (time.perf_counter() - start) * (os.cpu_count() or 1)
    others = _busy() - busy - (sum(map(_used, own)) - ours)
    return result, max(others, 0.0) / seconds


def _busy() -> float:
    """Seconds of work of all processors, where the system tells."""
    try:
        fields = Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    except OSError:
        return 0.0
    times = [int(field) for field in fields]
    return (sum(times) - times[3] - times[4]) / os.sysconf("SC_CLK_TCK")


def _used(process: int) -> float:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
