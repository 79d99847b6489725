"""``make demo``: the quickstart notebook in JupyterLab, in the browser of whoever asked."""

import os
import signal
import sys
import webbrowser

from tools import console, lab
from tools.console import LOGS, ROOT

NOTEBOOK = "quickstart.ipynb"


def run() -> int:
    """Serves the notebooks until Ctrl-C."""
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.default_int_handler)
    console.say("Starting JupyterLab …")
    try:
        with lab.serve(ROOT / "notebooks", log=LOGS / "jupyterlab.log") as server:
            address = server.page(NOTEBOOK)
            opened = has_screen() and webbrowser.open(address)
            console.say("Your browser shows:" if opened else "Open this address in a browser:")
            print(f"\n    {address}\n", flush=True)
            console.say("Ctrl-C stops it.")
            server.process.wait()
            raise console.TaskError(f"JupyterLab has ended; see {LOGS / 'jupyterlab.log'}.")
    except KeyboardInterrupt:
        print()
        console.say("JupyterLab is stopped.")
    return 0


def has_screen() -> bool:
    """Whether a browser started here would be seen by the person, and is wanted."""
    if os.environ.get("OPEN") == "0" or os.environ.get("BROWSER", "").lower() == "none":
        return False
    if sys.platform == "darwin":
        return "SSH_CONNECTION" not in os.environ
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
