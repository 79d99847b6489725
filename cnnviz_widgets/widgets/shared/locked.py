"""One lock for all traits of all views.

JupyterLab delivers the page's messages on another thread than the cells', and the worker is a third
one. traitlets and ipywidgets expect a single thread: while a message is applied, ipywidgets holds
back notifications, and a trait that another thread sets meanwhile would be checked too late or
taken for the page's own change. So whoever sets a trait holds this lock, and a message is applied
as a whole.

It is one lock for all views, because linked views set each other's traits: with a lock each, two
threads could wait for one another for ever. Nothing is computed while it is held; observers only
note what to do.
"""

from __future__ import annotations

import threading
from typing import Any

import traitlets

LOCK = threading.RLock()


class Locked(traitlets.HasTraits):
    """Traits that several threads may set."""

    def __setattr__(self, name: str, value: Any) -> None:
        with LOCK:
            super().__setattr__(name, value)
