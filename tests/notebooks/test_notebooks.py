"""Every notebook runs from top to bottom, and is committed without what a run leaves in it."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.rglob("[!.]*.ipynb"))
TIMEOUT = 300  # seconds for one cell
# Kernels run the package that is tested, installed or not.
ENV = {**os.environ, "PYTHONPATH": str(FOLDER.parent)}

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def test_there_is_a_quickstart():
    assert FOLDER / "quickstart.ipynb" in NOTEBOOKS


@each_notebook
def test_runs_without_an_error(path: Path):
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=TIMEOUT,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
    )
    # In a thread of its own, since an event loop that a browser test left running would be in
    # the way here. A cell that fails raises CellExecutionError, which shows the cell.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, client.async_execute(env=ENV)).result()


@each_notebook
def test_is_valid_and_holds_no_traces_of_a_run(path: Path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == [], "clear all outputs before you commit the notebook"
            assert cell.execution_count is None
    assert "widgets" not in notebook.metadata


@each_notebook
def test_asks_for_the_usual_kernel(path: Path):
    metadata = nbformat.read(path, as_version=4).metadata
    assert metadata.kernelspec.name == "python3"
    assert metadata.kernelspec.language == "python"
