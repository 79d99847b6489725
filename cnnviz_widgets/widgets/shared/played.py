"""What the views share whose job the person starts, pauses and ends.

The page's buttons and the methods here do the same.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from .commanded import Commanded


class Played(Commanded):
    """A view with Play, Pause, Step, Stop and Restart.

    A subclass says what is chosen (`_goal`) and begins a run of it (`_start`). A change of what is
    chosen begins a new run while one is running; else it waits for Play.
    """

    commands = ("play", "pause", "step", "stop", "restart")
    interrupted = "Interrupted. Play goes on."

    def __init__(self, *given: Any, **options: Any) -> None:
        self._goal_of_run: Hashable | None = None  # none if it may not go on
        super().__init__(*given, **options)

    def play(self) -> None:
        """Start a run, or go on with a paused one."""
        if self._can_go_on():
            self._runner.resume()
        else:
            self._begin()

    def pause(self) -> None:
        """Rest after the frame at hand."""
        self._runner.pause()

    def resume(self) -> None:
        """Go on with a paused run, or start one."""
        self.play()

    def step(self) -> None:
        """Make one frame, then rest."""
        if self._can_go_on():
            self._runner.step()
        else:
            self._begin(step=True)

    def restart(self) -> None:
        """Begin from the start."""
        self._begin()

    def stop(self) -> None:
        """End the run; what was kept of it can still be looked at."""
        self._goal_of_run = None
        self._runner.stop()

    def run(self) -> None:
        """Like `play`, but in the calling thread: returns when the run has ended or is paused.

        Frames reach the page while the cell runs, `rate` a second or, where the page can
        acknowledge them meanwhile, as fast as it paints.

        Raises:
            KeyboardInterrupt: after an interrupt (the notebook's stop button), which pauses.
        """
        self.play()
        self._runner.run_here()

    def _goal(self) -> Hashable:
        """What is chosen now; another one is another run."""
        raise NotImplementedError

    def _start(self, *, step: bool) -> None:
        """Begin a run of what is chosen now, or make one frame of it."""
        raise NotImplementedError

    def _begin(self, *, step: bool = False) -> None:
        self._goal_of_run = self._goal()
        self._start(step=step)

    def _new_goal(self, _change: Any = None) -> None:
        running = self.state == "running" and self._goal_of_run is not None
        if running and self._goal() != self._goal_of_run:
            self._begin()

    def _can_go_on(self) -> bool:
        """Whether there is an unfinished run of what is chosen now.

        Orders are carried out later, so the state tells what was, not what was asked for last.
        """
        return self.state in ("running", "paused") and self._goal() == self._goal_of_run
