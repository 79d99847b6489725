"""How long a person waits at the start: the import, and the first picture in a fresh kernel."""

import statistics
import subprocess
import sys
import time

from benchmarks.measured import Measured
from benchmarks.notebooks import notebooks
from tests.browser.jupyterlab import await_frame

IMPORTS = 15
KERNELS = 5
IMPORT = """
import time
start = time.perf_counter()
import cnnviz_widgets
print(time.perf_counter() - start)
"""
FIRST = """
import cnnviz_widgets as cw
cw.FeatureMaps(cw.load("photos"), cw.image("cat"))
"""


def measure() -> list[Measured]:
    """All rows of this suite."""
    return [_import(), _first_picture()]


def _import() -> Measured:
    command = [sys.executable, "-c", IMPORT]
    seconds = [
        float(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
        for _ in range(IMPORTS)
    ]
    details = f"median of {IMPORTS} processes, {min(seconds):.3f} to {max(seconds):.3f} s"
    return Measured("`import cnnviz_widgets`", "s", statistics.median(seconds), 0.3, False, details)


def _first_picture() -> Measured:
    seconds = []
    with notebooks() as open_notebook:
        for _ in range(KERNELS):
            notebook = open_notebook(FIRST)
            start = time.perf_counter()
            notebook.run_all()
            await_frame(notebook.view("feature-maps"))
            seconds.append(time.perf_counter() - start)
            notebook.close()
    details = (
        "imports, loads the network, compiles, paints in Chromium; "
        f"median of {KERNELS} kernels, {min(seconds):.1f} to {max(seconds):.1f} s"
    )
    what = "First picture in a fresh kernel, “photos” with the cat"
    return Measured(what, "s", statistics.median(seconds), 6.0, False, details)
