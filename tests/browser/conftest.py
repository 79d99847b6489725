"""A real JupyterLab and a real Chromium, started once; every test gets a kernel of its own."""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser import jupyterlab
from tests.browser.jupyterlab import Notebook
from tests.browser.kernels import Kernels
from tests.browser.pages import SIZE, Pages
from tools import lab
from tools.console import ROOT


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What JupyterLab shows: a copy of the notebooks, to run and save at will."""
    folder = tmp_path_factory.mktemp("notebooks")
    if (ROOT / "notebooks").is_dir():
        shutil.copytree(ROOT / "notebooks", folder, dirs_exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def server(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[lab.Server]:
    """A JupyterLab that knows nothing of this machine's settings."""
    with jupyterlab.serve(folder, tmp_path_factory.mktemp("jupyter")) as server:
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's Chromium, without a window."""
    with jupyterlab.chromium_browser() as browser:
        yield browser


@pytest.fixture(scope="session")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One profile for all pages, so that JupyterLab's own files are fetched once."""
    with browser.new_context(viewport=SIZE) as context:
        yield context


@pytest.fixture(scope="session")
def kernels(server: lab.Server) -> Iterator[Kernels]:
    """The kernels of notebooks that tests write."""
    with contextlib.closing(Kernels(server)) as kernels:
        yield kernels


@pytest.fixture(scope="session")
def pages(context: BrowserContext) -> Pages:
    """The pages that tests take in turn."""
    return Pages(context)


@pytest.fixture
def page(pages: Pages, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page at a laptop's size, with no notebook open."""
    failed = request.session.testsfailed
    yield pages.take()
    pages.give_back(sound=request.session.testsfailed == failed)


@pytest.fixture
def open_notebook(page: Page, server: lab.Server) -> Iterator[Callable[[str], Notebook]]:
    """Opens a notebook of the project by its name."""
    opened: list[Notebook] = []

    def open_it(name: str) -> Notebook:
        opened.append(Notebook(page, server, name))
        return opened[-1]

    yield open_it
    for notebook in opened:
        notebook.leave()
    problems = [problem for notebook in opened for problem in notebook.problems]
    assert not problems, problems


@pytest.fixture
def new_notebook(
    folder: Path, open_notebook: Callable[[str], Notebook], kernels: Kernels
) -> Callable[..., Notebook]:
    """Opens a new notebook that holds the given code cells; its kernel runs already."""

    def write_and_open(*cells: str) -> Notebook:
        return open_notebook(jupyterlab.write(folder, *cells, name=kernels.take()))

    return write_and_open
