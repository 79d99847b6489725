"""Notebooks in a real JupyterLab and a real Chromium, as in the browser tests."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.browser import jupyterlab
from tests.browser.jupyterlab import Notebook


@contextmanager
def notebooks() -> Iterator[Callable[[str], Notebook]]:
    """Gives a function that opens a new notebook with one cell, not yet run."""
    with (
        tempfile.TemporaryDirectory() as home,
        tempfile.TemporaryDirectory() as folder,
        jupyterlab.serve(Path(folder), Path(home)) as server,
        jupyterlab.chromium_browser() as browser,
    ):

        def open_notebook(cell: str) -> Notebook:
            page = browser.new_page(viewport={"width": 1280, "height": 1000})
            return Notebook(page, server, jupyterlab.write(Path(folder), cell))

        yield open_notebook
