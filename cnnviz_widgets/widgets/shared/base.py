"""What all views share: state, words and frame for the page, messages from it, and a still picture.

Three ways lead to the page. A trait survives a reload and is saved with the notebook: `state`,
`message`, and `frame`, the last one of a job that came to rest. A custom message is cheap and is
forgotten: the frames of a running job. The still picture goes into the output of the cell, for
places without widgets.

What comes from the page is not trusted: a message that no page of ours sends is logged and dropped,
a trait that is not the page's to set is left alone, and a value that makes no sense is answered
with words and with what still holds.

Page and kernel may set the same trait while word of it is on its way, and the page's own change may
lie behind another one that the kernel is still at. Two rules keep them of one mind. What the page
sets of a trait that was ever set here is said again, so that the last word is the same on both
sides. And an order that is about what is chosen says what that is, under `chosen`.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from typing import Any

import anywidget
import traitlets as t

from ...live import Frame, State
from .bundles import read_bundle
from .locked import LOCK, Locked
from .names import keywords_of, refuse_unknown, takes_any
from .running import Runner
from .wire import MalformedMessageError, pack, whole

FIRST_PICTURE = 4.0
"""Seconds that the display of a view waits for its first picture."""

Handler = Callable[[Mapping[str, Any], Sequence[Any]], None]


class View(Locked, anywidget.AnyWidget):
    """A view of a network, as a widget.

    Attributes:
        state: idle, running, paused, done or error.
        message: words for the person, or "".
        frame: what the page shows once the view has come to rest.

    Args:
        rate: frames a second when the calling thread runs the view's job and no acknowledgements
            can arrive, as in Colab.
    """

    bundle = ""  # name of the built front end's files
    patience = FIRST_PICTURE  # seconds; 0 for a view whose still picture needs no frame
    _ipython_display_ = None  # that of ipywidgets 7 would leave out the still picture

    state = t.Enum(["idle", "running", "paused", "done", "error"], "idle").tag(
        sync=True, kernel_only=True
    )
    message = t.Unicode("").tag(sync=True, kernel_only=True)
    frame = t.Dict(default_value=None, allow_none=True).tag(sync=True, kernel_only=True)

    def __new__(cls, *args: Any, **kwargs: Any):
        """Refuse unknown keywords before ipywidgets swallows them."""
        if not takes_any(cls.__init__):
            refuse_unknown(cls.__name__, kwargs, keywords_of(cls.__init__))
        return super().__new__(cls, *args, **kwargs)

    def __init__(self, *, rate: float = 4.0) -> None:
        self._complaint: Exception | None = None  # about a request of the page
        self._said: set[str] = set()  # names of the traits that were ever set here, not by the page
        self._arriving: Set[str] = frozenset()  # names of those that the page is setting just now
        self._handlers: dict[str, Handler] = {"painted": self._painted, "ping": self._ping}
        self._at_close: list[Callable[[], None]] = []
        self._runner = Runner(self, rate)
        super().__init__()
        self.on_msg(self._receive)
        if self.comm is not None:
            self.comm.on_close(lambda _message: self.close())
            listen_where_the_page_speaks(self.comm)

    @property
    def _esm(self) -> str:
        return read_bundle(f"{self.bundle}.js")

    @property
    def _css(self) -> str:
        return read_bundle(f"{self.bundle}.css")

    @property
    def error(self) -> Exception | None:
        """What went wrong last, or `None` if all is well."""
        return self._complaint or self._runner.error

    def wait(self, timeout: float = 60.0) -> None:
        """Block until the view has come to rest. For scripts; a notebook needs no waiting.

        Args:
            timeout: in seconds.

        Raises:
            TimeoutError: if it is still at work then.
        """
        self._runner.wait(timeout)

    def close(self) -> None:
        """End the view's job and take the view off the page."""
        if self.comm is None:
            return  # it is closed; the garbage collector closes again
        for leave in self._at_close:
            leave()
        self._at_close.clear()
        self._runner.close()
        super().close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}, {self.state}>"

    @contextmanager
    def _building(self) -> Iterator[None]:
        """Send all first values at once, and leave nothing behind if one of them is refused."""
        try:
            with self.hold_sync():
                yield
        except BaseException:
            self.close()
            raise

    # --- to the page

    def send_frame(self, frame: Frame, settled: bool) -> None:
        """Send a frame, as the trait if it is the settled one."""
        if settled:
            super().send_state("frame")
        else:
            self.send(*pack(frame))

    def send_state(self, key: Any = None) -> None:
        """Send traits; `frame` alone is left to the outbox, which keeps the order of frames."""
        if key != "frame":
            self._said |= {key} if isinstance(key, str) else set(key or ())
            super().send_state(key)

    def settle_frame(self, frame: Frame) -> Frame:
        """Make a frame the one that stays."""
        self.frame = frame
        return frame

    def note_state(self, state: State, error: Exception | None, /) -> None:
        """Show the state of the job and, if it failed, why."""
        self._complaint = None
        self.message = "" if error is None else in_words(error)
        self.state = state
        if error is not None:
            self.log.info("%s failed", type(self).__name__, exc_info=error)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        found = super()._repr_mimebundle_(**kwargs)
        if found is None:  # pragma: no cover - only for views that anywidget cannot show
            return {"text/plain": repr(self)}, {}
        data, metadata = found
        self._runner.rests(self.patience)
        picture = self._still()
        if picture is not None:
            data["image/png"] = base64.b64encode(picture).decode()
        return data, metadata

    def _still(self) -> bytes | None:
        """The view as a PNG picture, if there is something to see."""
        return None

    # --- from the page

    def set_state(self, sync_data: Mapping[str, Any]) -> None:
        """Take over what the page has changed, as far as it is the page's to change."""
        self._take_over(sync_data)

    def _take_over(self, sync_data: Mapping[str, Any]) -> bool:
        """Whether what the page has changed could be taken over."""
        changes = {
            name: value
            for name, value in sync_data.items()
            if not self.trait_metadata(name, "kernel_only", False)
        }
        if len(changes) < len(sync_data):
            self.log.warning("ignored %s from the page", sorted(sync_data.keys() - changes.keys()))
        fitting = self._fitting(changes)
        with LOCK:
            self._arriving = changes.keys()
            try:
                super().set_state(fitting)
            except t.TraitError as error:
                self._complain(error)
                self.send_state(list(changes))  # so that the page shows what still holds
                return False
            finally:
                self._arriving = frozenset()
            self._withdraw_complaint()
            self._say_again(changes.keys() & self._said)
            if mended := [name for name in changes if fitting[name] != changes[name]]:
                self.send_state(mended)
        return True

    def _fitting(self, changes: dict[str, Any]) -> dict[str, Any]:
        """What the page has changed, made to fit together.

        A page collects changes while the kernel is at an earlier one: a channel of one layer may
        come with the next layer, which has fewer. What no layer has is refused later, as ever.
        """
        return changes

    def _bring(self, **values: Any) -> None:
        """Set what a choice brings with it, as a preset its numbers.

        What the page chose after it may come together with it, and stays.
        """
        for name in values.keys() - self._arriving:
            setattr(self, name, values[name])

    def _say_again(self, names: Set[str]) -> None:
        """Let the page know which of two values holds, should its own have crossed one from here.

        A page drops this if it has gone on to another value meanwhile, which is yet to come.
        """
        if names and self.comm is not None:
            state = self.get_state(sorted(names))
            self.comm.send({"method": "echo_update", "state": state, "buffer_paths": []})

    def _receive(self, _view: View, content: Any, buffers: Sequence[Any]) -> None:
        kind = content.get("type") if isinstance(content, dict) else None
        handler = self._handlers.get(kind) if isinstance(kind, str) else None
        try:
            if handler is None:
                raise MalformedMessageError(f"expected one of {sorted(self._handlers)}")
            chosen = content.get("chosen", {})
            if not isinstance(chosen, dict):
                raise MalformedMessageError(f"expected traits under chosen, got {chosen!r}")
            if not chosen or self._take_over(chosen):
                handler(content, buffers)
        except MalformedMessageError as error:
            self.log.warning("ignored a message from the page: %s: %.200r", error, content)
        except ValueError as error:
            self._complain(error)

    def _painted(self, content: Mapping[str, Any], _buffers: Sequence[Any]) -> None:
        self._runner.acknowledge(whole(content, "number", low=1))

    def _ping(self, _content: Mapping[str, Any], _buffers: Sequence[Any]) -> None:
        """Tell a page that has heard nothing for a while that there is someone."""
        self.send({"type": "pong"})

    def _complain(self, error: Exception) -> None:
        """Say what was wrong with a request; a job that there is goes on."""
        with LOCK:
            self._complaint = error
            self.message = in_words(error)
            if self.state not in ("running", "paused"):
                self.state = "error"

    def _withdraw_complaint(self) -> None:
        with LOCK:
            if self._complaint is not None:
                self.note_state(self._runner.state, self._runner.error)


def listen_where_the_page_speaks(comm: Any) -> None:
    """Have the page's messages handled in the subshell that the page names.

    ipykernel 7.4 sends them where the comm was last written from instead. For a comm that a worker
    writes to, that is the last message of all: of a cell, which keeps the page waiting while it
    runs, or of a page that was reloaded, whose subshell is gone and all messages with it.
    """
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = None


def in_words(error: Exception) -> str:
    """An error for the person: as it is if it was written for people, else with its kind."""
    words = str(error) or type(error).__name__
    ours = type(error).__module__.startswith("cnnviz_widgets.")
    return words if ours or isinstance(error, t.TraitError) else f"{type(error).__name__}: {words}"
