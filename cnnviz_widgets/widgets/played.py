"""What the views share whose job the person starts, pauses and ends.

The page's buttons and the methods here do the same.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from .base import View
from .wire import MalformedMessageError, text


class Played(View):
    """A view with Play, Pause, Stop and Restart.

    A subclass says what is chosen (`_goal`) and begins a run of it (`_start`). A change of what is
    chosen begins a new run while one is running; else it waits for Play.
    """

    def __init__(self, *, rate: float) -> None:
        self._goal_of_run: Hashable | None = None  # none if it may not go on
        super().__init__(rate=rate)
        self._handlers["command"] = self._command

    def play(self) -> None:
        """Start a run, or go on with a paused one."""
        if self._can_go_on():
            self._runner.resume()
        else:
            self.restart()

    def pause(self) -> None:
        """Rest after the frame at hand."""
        self._runner.pause()

    def resume(self) -> None:
        """Go on with a paused run, or start one."""
        self.play()

    def restart(self) -> None:
        """Begin from the start."""
        self._goal_of_run = self._goal()
        self._start()

    def stop(self) -> None:
        """End the run; what was kept of it can still be looked at."""
        self._goal_of_run = None
        self._runner.stop()

    def run(self) -> None:
        """Like `play`, but in the calling thread: returns when the run has ended or is paused.

        Raises:
            KeyboardInterrupt: after an interrupt (the notebook's stop button), which pauses.
        """
        self.play()
        self._runner.run_here()

    def _goal(self) -> Hashable:
        """What is chosen now."""
        raise NotImplementedError

    def _start(self) -> None:
        """Begin a run of what is chosen now."""
        raise NotImplementedError

    def _new_goal(self, _change: Any = None) -> None:
        running = self.state == "running" and self._goal_of_run is not None
        if running and self._goal() != self._goal_of_run:
            self.restart()

    def _can_go_on(self) -> bool:
        return self.state in ("running", "paused") and self._goal() == self._goal_of_run

    def _command(self, content: Mapping[str, Any], _buffers: Sequence[Any]) -> None:
        command = text(content, "command")
        orders = {
            "play": self.play, "pause": self.pause, "stop": self.stop, "restart": self.restart,
        }  # fmt: skip
        if command not in orders:
            raise MalformedMessageError(f"expected one of {list(orders)}")
        try:
            orders[command]()
        except KeyboardInterrupt:  # in Colab, where the run was in this thread
            self.message = "Interrupted. Play goes on."
