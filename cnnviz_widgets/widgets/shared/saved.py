"""What the views share whose run can be saved: what is shown as a picture, all of it as a film.

A file is made in a job beside the view's own, so that a long film holds up nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...network import InputError
from .aside import Aside
from .base import View
from .run_files import FORMATS
from .wire import MalformedMessageError, text


class SavedView(View):
    """A view whose run can be saved.

    A subclass makes the file (`_file`) and names it (`_file_name`). It may have further jobs aside.
    """

    formats: tuple[str, ...] = ("png", "gif", "webp")
    _asides: tuple[Aside, ...] = ()  # a view that was refused is closed, too

    def __init__(self, *given: Any, **options: Any) -> None:
        self._saving = Aside(self._complain)
        self._asides = (self._saving,)
        super().__init__(*given, **options)
        self._handlers["save"] = self._save_for_page

    def save(self, path: str | Path) -> Path:
        """Write what is shown as a picture, or the whole run as a film.

        Args:
            path: ends in .png for the picture of the chosen iteration, in .gif or .webp for a film
                of all kept iterations; where the result is a sound, in .wav for that of the chosen
                one.

        Returns:
            The path.

        Raises:
            InputError: if it ends in something else, or there was no run yet.
        """
        target = Path(path)
        kind = target.suffix.lower().removeprefix(".")
        if kind not in self.formats:
            *most, last = (f".{name}" for name in self.formats)
            raise InputError(
                f"expected a path that ends in {', '.join(most)} or {last}, got {path!s}."
            )
        target.write_bytes(self._file(kind))
        return target

    def wait(self, timeout: float = 60.0) -> None:
        """Block until the view has come to rest, and its jobs aside have ended.

        Args:
            timeout: in seconds.

        Raises:
            TimeoutError: if it is still at work then.
        """
        super().wait(timeout)
        for aside in self._asides:
            aside.wait(timeout)

    def close(self) -> None:
        """End the view's jobs and take the view off the page."""
        for aside in self._asides:
            aside.close()
        super().close()

    def _file(self, kind: str) -> bytes:
        """The run as a file of one of `formats`.

        Raises:
            InputError: if there was no run yet.
        """
        raise NotImplementedError

    def _file_name(self) -> str:
        """What a file is called, without its ending."""
        raise NotImplementedError

    def _save_for_page(self, content: Mapping[str, Any], _buffers: Sequence[Any]) -> None:
        kind = text(content, "format")
        if kind not in self.formats:
            raise MalformedMessageError(f"expected one of {list(self.formats)}")
        self._saving.start(lambda: self._sending(kind))

    def _sending(self, kind: str) -> Iterator[None]:
        name = f"{self._file_name()}.{kind}"
        content = {"type": "file", "name": name, "media": FORMATS[kind]}
        self.send({**content, "buffers": ["content"]}, [self._file(kind)])
        yield


def no_run() -> InputError:
    """What is raised where there is nothing to save."""
    return InputError("expected a run to save, there was none yet. Call play() first.")
