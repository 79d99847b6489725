"""A notebook in a real JupyterLab, as the browser tests see it.

Notebook matters (open, run, restart) go through JupyterLab's own commands, whose promises tell
when they are done. The views themselves are for the tests to find and move like a person does,
through accessible names.
"""

import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import nbformat
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.browser import kernels
from tools import chromium, lab
from tools.console import LOGS, ROOT
from tools.lab import Server

SCREENSHOTS = ROOT / "build" / "screenshots"
SECOND = 1000.0
PATIENCE = 60 * SECOND  # until something that is waited for counts as missing: machines are busy
COLLECTED = 100  # milliseconds after which a page has sent what it collects for 50
# JupyterLab's own, of a kernel that is restarted while a subshell is being made.
RESTARTED = re.compile("Canceled future for create_subshell_request")
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}

READY = "() => window.jupyterapp?.shell.currentWidget?.context?.isReady"
CONNECTED = """async () => {
    const session = window.jupyterapp.shell.currentWidget.sessionContext;
    await session.ready;
    return session.session?.kernel?.status === "idle";
}"""
# The kernel's status does not tell: it turns idle after each message that a subshell handles.
BUSY = """() => {
    const { content } = window.jupyterapp.shell.currentWidget;
    return content.widgets.some(cell => cell.promptNode?.textContent.includes("*"));
}"""
ASK = """async expression => {
    const { session } = window.jupyterapp.shell.currentWidget.sessionContext;
    const asked = { code: "", silent: true, user_expressions: { asked: expression } };
    const reply = await session.kernel.requestExecute(asked).done;
    const { status, data, evalue } = reply.content.user_expressions.asked;
    return status === "ok" ? data["text/plain"] : evalue;
}"""
EXECUTE = "([command, args]) => window.jupyterapp.commands.execute(command, args)"
RESTART = """async () => {
    await window.jupyterapp.shell.currentWidget.sessionContext.restartKernel();
}"""
CLOSE = """async () => {
    await window.jupyterapp.shell.currentWidget.sessionContext.shutdown();
}"""
# In a JupyterLab that is there already; a person who opens a notebook loads no page either.
OPEN = """async path => {
    window.sentToKernel = [];
    await window.jupyterapp.commands.execute("docmanager:open", { path, factory: "Notebook" });
}"""
# Without the question whether to save it.
LEAVE = """path => {
    for (const widget of [...window.jupyterapp.shell.widgets("main")]) {
        if (widget.context?.path === path) widget.dispose();
    }
}"""
RUNS = "() => window.jupyterapp !== undefined"
SAVE = "() => window.jupyterapp.shell.currentWidget.context.save()"
# In one go: a view that takes the focus meanwhile would make its own cell the active one.
RUN_CELL = """source => {
    const { commands, shell } = window.jupyterapp;
    const { content } = shell.currentWidget;
    const at = content.model.cells.length;
    content.model.sharedModel.insertCell(at, { cell_type: "code", source });
    content.activeCellIndex = at;
    return { at, done: commands.execute("notebook:run-cell") };
}"""
RUN_TO_ITS_END = (
    f"async source => {{ const {{ at, done }} = ({RUN_CELL})(source); await done; return at; }}"
)
RUN_AND_LEAVE = f"source => {{ ({RUN_CELL})(source); }}"
# What pages send to a kernel: one binary websocket frame a message.
RECORD_SENT = """() => {
    window.sentToKernel = [];
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function (data) {
        if (typeof data !== "string") {
            window.sentToKernel.push(new TextDecoder("latin1").decode(data));
        }
        return send.call(this, data);
    };
}"""
REFRESHED = """() => new Promise(done =>
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"""
OUTPUTS = "at => window.jupyterapp.shell.currentWidget.content.model.cells.get(at).outputs.toJSON()"

expect.set_options(timeout=PATIENCE)

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
OPTIONS = (
    "--expose-app-in-browser",
    "--ServerApp.terminals_enabled=False",
    "--LabApp.extension_manager=readonly",
)
# Settings of a person who wants to see neither news nor advice.
QUIET = {
    "notification": {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True},
}


@contextmanager
def serve(folder: Path, home: Path) -> Iterator[Server]:
    """A JupyterLab that knows nothing of this machine's settings: its own are in `home`."""
    kernels.describe(home / "data" / "kernels")
    settings = home / "config" / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    for name, values in QUIET.items():
        (settings / f"{name}.jupyterlab-settings").write_text(json.dumps(values))
    env = {
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "IPYTHONDIR": str(home / "ipython"),
        "PYTHONPATH": str(ROOT),  # kernels run the package that is tested, installed or not
        # What one kernel compiled serves the next one: the tests are of pages, not of XLA.
        "JAX_COMPILATION_CACHE_DIR": os.environ.get(
            "JAX_COMPILATION_CACHE_DIR", str(home / "compiled")
        ),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }
    with lab.serve(folder, *OPTIONS, log=LOGS / "browser-tests.log", env=env) as server:
        yield server


@contextmanager
def chromium_browser() -> Iterator[Browser]:
    """The machine's Chromium, without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.require(), args=[*FLAGS])
        yield browser
        browser.close()


class Notebook:
    """One notebook, open in a page: alone, or in the JupyterLab that is there."""

    def __init__(self, page: Page, server: Server, path: str) -> None:
        self.page = page
        self.path = path
        self.problems: list[str] = []
        self._theme = "light"
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", self._note)
        if page.evaluate(RUNS):
            page.evaluate(OPEN, path)
        else:
            page.add_init_script(f"({RECORD_SENT})()")
            page.goto(server.page(path, workspace=uuid4().hex))
        self._await_kernel()

    def run_all(self, timeout: float = 180) -> None:
        """Runs every cell and waits for the last; a cell that fails fails the test."""
        self.page.set_default_timeout(timeout * SECOND)
        self.command("notebook:run-all-cells")
        self.page.set_default_timeout(PATIENCE)
        failed = self.page.locator(".jp-RenderedText[data-mime-type*='stderr'], .jp-mod-error")
        assert not failed.count(), failed.all_inner_texts()

    def run(self, code: str) -> str:
        """Runs code in a new last cell, waits for its end, and returns the text it put out.

        What the page collects goes ahead: else it would come after what the cell sets, and hold.
        """
        self.page.wait_for_timeout(COLLECTED)
        at = self.page.evaluate(RUN_TO_ITS_END, code)
        return "".join(_text(output) for output in self.page.evaluate(OUTPUTS, at))

    def start(self, code: str) -> None:
        """Like ``run``, but only waits until the kernel is at it."""
        self.page.evaluate(RUN_AND_LEAVE, code)
        self.page.wait_for_function(BUSY)

    def await_value(self, expression: str, expected: object, timeout: float = 60) -> None:
        """Waits until an expression has a value in Python: what a page saves takes a while."""
        deadline = time.monotonic() + timeout
        while (value := self.page.evaluate(ASK, expression)) != repr(expected):
            assert time.monotonic() < deadline, f"{expression} is {value}, not {expected!r}"

    def is_busy(self) -> bool:
        """Whether the kernel is at a cell."""
        return self.page.evaluate(BUSY)

    def command(self, name: str, **arguments: Any) -> Any:
        """Executes a command of JupyterLab, waits for its end and returns its result."""
        return self.page.evaluate(EXECUTE, [name, arguments])

    def restart(self) -> None:
        """Restarts the kernel; outputs stay."""
        self.page.evaluate(RESTART)
        self._await_kernel()

    def save(self) -> None:
        """Saves the notebook."""
        self.page.evaluate(SAVE)

    def close(self) -> None:
        """Ends the kernel; the notebook stays open."""
        self.page.evaluate(CLOSE)

    def leave(self) -> None:
        """Ends the kernel and closes the notebook as it is.

        In this order: a page that does not know that a kernel has ended tries to reach it again,
        and connects to no other meanwhile.
        """
        self.close()
        if self._theme != "light":
            self.set_theme("light")
        self.page.evaluate(LEAVE, self.path)
        self.page.remove_listener("pageerror", self._note)

    def reload(self) -> None:
        """Loads the page anew, as after a F5."""
        self.page.reload()
        self._await_kernel()

    def view(self, kind: str, at: int = 0) -> Locator:
        """The view of a kind ("feature-maps", …) that stands at a place among its like."""
        return self.page.locator(f".cnnviz[data-view='{kind}']").nth(at)

    def set_theme(self, theme: Literal["light", "dark"]) -> None:
        """Switches JupyterLab's theme."""
        self._theme = theme
        self.command("apputils:change-theme", theme=THEMES[theme])
        expected = "true" if theme == "light" else "false"
        expect(self.page.locator("body")).to_have_attribute("data-jp-theme-light", expected)

    def set_width(self, width: int) -> None:
        """Makes the window as wide as leaves this many CSS pixels for what cells put out."""
        area = self.page.locator(".jp-OutputArea-output").last
        box = area.bounding_box()
        assert box is not None
        size = self.page.viewport_size
        assert size is not None
        self.page.set_viewport_size(
            {"width": size["width"] + width - round(box["width"]), "height": size["height"]}
        )

    def screenshot(self, name: str, of: Locator | None = None) -> Path:
        """Takes a picture of an element, or of the page, for a person to look at."""
        path = SCREENSHOTS / f"{name}.png"
        (of or self.page).screenshot(path=path, animations="disabled")
        return path

    def _note(self, error: object) -> None:
        if not RESTARTED.search(str(error)):
            self.problems.append(str(error))

    def _await_kernel(self) -> None:
        self.page.wait_for_function(READY)
        self.page.wait_for_function(CONNECTED)


def await_refresh(page: Page) -> None:
    """Waits until what was asked for so far is on the screen."""
    page.evaluate(REFRESHED)


def await_state(view: Locator, *states: str, timeout: float = 60) -> None:
    """Waits until a view is in one of some states."""
    pattern = ", ".join(f"[data-state='{state}']" for state in states)
    expect(view.and_(view.page.locator(pattern))).to_be_visible(timeout=timeout * SECOND)


def await_frame(view: Locator, at_least: int = 1, timeout: float = 60) -> int:
    """Waits until a view has painted a frame with at least this number; returns its number."""
    handle = view.element_handle(timeout=timeout * SECOND)
    view.page.wait_for_function(
        "([view, least]) => Number(view.dataset.frame) >= least",
        arg=[handle, at_least],
        timeout=timeout * SECOND,
    )
    return int(view.get_attribute("data-frame") or 0)


def write(folder: Path, *cells: str, name: str = "") -> str:
    """Writes a notebook of code cells; returns its name, a new one unless it is given."""
    name = name or f"{uuid4().hex}.ipynb"
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    nbformat.write(notebook, folder / name)
    return name


def _text(output: dict[str, Any]) -> str:
    if output["output_type"] == "error":
        raise AssertionError("\n".join(output["traceback"]))
    text = output.get("text") or output.get("data", {}).get("text/plain", "")
    return text if isinstance(text, str) else "".join(text)
