"""Real views on the real bundled networks. Only the wire is ours: it leads to a page made here."""

import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import comm
import ipykernel.comm
import ipywidgets
import numpy as np
import pytest
from ipywidgets.widgets import widget as ipywidgets_widget

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import bqplot  # noqa: F401 (it calls traitlets in an outdated way while it is imported)

import cnnviz_widgets as cw
from cnnviz_widgets.live import shared_worker
from cnnviz_widgets.widgets.shared import bundles

PATIENCE = 60.0  # seconds until a test that waits in vain gives up
LONG = 10**6  # steps of an ascent: more than a test waits for
VIEWS = (
    "activation-atlas", "activations", "architecture", "attention", "attribution",
    "deconvolution", "deep-dream", "embedding", "feature-maps", "gradient-ascent", "health",
    "hidden-states", "image-chooser", "intervention", "layer-list", "operation", "text",
    "training", "waveform", "weights",
)  # fmt: skip


class Page:
    """The far end of a view's comm: knows what a front end knows, paints when it is told to."""

    def __init__(self, wire: "Wire") -> None:
        self.changed = threading.Condition()
        self.traits: dict[str, Any] = {}
        self.updates: list[dict[str, Any]] = []
        self.echoes: list[dict[str, Any]] = []
        self.messages: list[dict[str, Any]] = []
        self.numbers: list[int] = []  # of all frames, in the order of their arrival
        self.open = True
        self.paints = False  # acknowledges every frame at once
        self._wire = wire

    def receive(self, kind: str, data: dict[str, Any], buffers: list[Any]) -> None:
        with self.changed:
            if kind == "comm_close":
                self.open = False
            elif kind == "comm_open" or data["method"] in ("update", "echo_update"):
                self._update(data, buffers)
            else:
                self._message(data["content"], buffers)
            self.changed.notify_all()
        if self.paints and self.numbers:
            self.paint()

    def _update(self, data: dict[str, Any], buffers: list[Any]) -> None:
        state = dict(data["state"])
        for path, buffer in zip(data["buffer_paths"], buffers, strict=True):
            place = state[path[0]] = _copied(state.get(path[0]))
            for key in path[1:-1]:
                place = place[key]
            place[path[-1]] = bytes(buffer)
        self.traits |= state
        (self.echoes if data.get("method") == "echo_update" else self.updates).append(state)
        if state.get("frame"):
            self.numbers.append(state["frame"]["number"])

    def _message(self, content: dict[str, Any], buffers: list[Any]) -> None:
        names = content.get("buffers", [])
        self.messages.append(content | dict(zip(names, map(bytes, buffers), strict=True)))
        if "number" in content:
            self.numbers.append(content["number"])

    def set(self, **traits: Any) -> None:
        """What `set` and `save_changes` do."""
        self.traits |= traits
        self._deliver({"method": "update", "state": traits, "buffer_paths": []}, [])

    def send(self, content: Any, *buffers: bytes) -> None:
        """Send a custom message."""
        self._deliver({"method": "custom", "content": content}, list(map(memoryview, buffers)))

    def paint(self) -> None:
        """Acknowledge the newest frame."""
        self.send({"type": "painted", "number": self.numbers[-1]})

    def close(self) -> None:
        """Close the comm from this end."""
        self._wire.handle_close({"content": {"data": {}}})

    def request_state(self) -> None:
        """What a page does that is opened later."""
        self._deliver({"method": "request_state"}, [])

    def command(self, command: str) -> None:
        self.send({"type": "command", "command": command})

    def wait_for(self, condition: Callable[[], object]) -> None:
        with self.changed:
            assert self.changed.wait_for(condition, PATIENCE), self.traits.get("state")

    def wait_for_state(self, state: str) -> None:
        self.wait_for(lambda: self.traits["state"] == state)

    def _deliver(self, data: dict[str, Any], buffers: list[Any]) -> None:
        self._wire.handle_msg({"content": {"data": data}, "buffers": buffers})


def _copied(value: Any) -> Any:
    return list(value) if isinstance(value, list) else dict(value or {})


class Wire(ipykernel.comm.Comm):
    """A comm whose far end is a `Page`, for ipywidgets 7 and 8."""

    kernel: Any = object()  # without one, ipywidgets 7 sends nothing

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.page = Page(self)
        super().__init__(*args, show_warning=False, **kwargs)

    def publish_msg(
        self, msg_type: str, data: Any = None, *_: Any, buffers: Any = None, **_more: Any
    ) -> None:
        self.page.receive(msg_type, data or {}, buffers or [])


@pytest.fixture(autouse=True)
def _wired(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comm, "create_comm", Wire)
    if hasattr(ipywidgets_widget, "Comm"):  # ipywidgets 7
        monkeypatch.setattr(ipywidgets_widget, "Comm", Wire)


@pytest.fixture(scope="session")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stand-ins for the built front end, which these tests do not run."""
    folder = tmp_path_factory.mktemp("static")
    for name in VIEWS:
        (folder / f"{name}.js").write_text(f"export default {{ name: '{name}' }}")
        (folder / f"{name}.css").write_text(f"/* {name} */")
    return folder


@pytest.fixture(autouse=True)
def _bundled(monkeypatch: pytest.MonkeyPatch, static: Path) -> None:
    monkeypatch.setattr(bundles, "STATIC", static)


@pytest.fixture(autouse=True)
def _tidy() -> Iterator[None]:
    """Close every view, and see that no thread is left."""
    yield
    ipywidgets.Widget.close_all()
    shared_worker.shutdown(PATIENCE)
    assert not worker_threads()


def worker_threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "cnnviz-worker"]


@pytest.fixture(scope="session")
def digits() -> cw.Network:
    return cw.load("digits")


@pytest.fixture(scope="session")
def photos() -> cw.Network:
    return cw.load("photos")


@pytest.fixture(scope="session")
def three(digits: cw.Network) -> np.ndarray:
    """A picture of a three, as the digits network takes it."""
    return digits.fit(cw.image("digit-3"))


@pytest.fixture(scope="session")
def seven(digits: cw.Network) -> np.ndarray:
    return digits.fit(cw.image("digit-7"))


@pytest.fixture
def page_of() -> Callable[[ipywidgets.Widget], Page]:
    return lambda view: view.comm.page


@pytest.fixture
def make_ascent(
    digits: cw.Network, page_of: Callable[[ipywidgets.Widget], Page]
) -> Callable[..., tuple[cw.GradientAscent, Page]]:
    """Makes a GradientAscent and its page, which paints at once."""

    def make(
        objective: Any = "conv3:5", *, steps: int = 12, paints: bool = True, **options: Any
    ) -> tuple[cw.GradientAscent, Page]:
        view = cw.GradientAscent(digits, objective, steps=steps, **options)
        page = page_of(view)
        page.paints = paints
        return view, page

    return make
