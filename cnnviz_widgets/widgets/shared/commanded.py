"""What the views share whose buttons are methods: the page names one, and it is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .base import View
from .wire import MalformedMessageError, text


class Commanded(View):
    """A view whose page may call some of its methods.

    Attributes:
        commands: the names of those methods, which are the page's commands.
        interrupted: what the view says after an interrupt of one.
    """

    commands: tuple[str, ...] = ()
    interrupted = "Interrupted."

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._handlers["command"] = self._command

    def _command(self, content: Mapping[str, Any], _buffers: Sequence[Any]) -> None:
        command = text(content, "command")
        if command not in self.commands:
            raise MalformedMessageError(f"expected one of {list(self.commands)}")
        try:
            getattr(self, command)()
        except KeyboardInterrupt:  # in Colab, where the job was in this thread
            self.message = self.interrupted
